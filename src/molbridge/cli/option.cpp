#include "molbridge/cli/option.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::cli {
namespace {

[[noreturn]] void refuse(const std::string& origin, const std::string& text, const std::string& wanted) {
  throw Error(ErrorCode::kUsage, origin + ": '" + text + "' is not " + wanted);
}

double to_number(const std::string& text, const std::string& origin) {
  const auto value = parse_double(text);
  if (!value || !(std::abs(*value) <= std::numeric_limits<double>::max())) refuse(origin, text, "a number");
  return *value;
}

std::int64_t to_integer(const std::string& text, const std::string& origin) {
  const auto value = parse_int(text);
  if (!value) refuse(origin, text, "a whole number");
  return *value;
}

bool to_flag(const std::string& text, const std::string& origin) {
  for (const char* yes : {"1", "true", "yes", "on"}) {
    if (iequals(text, yes)) return true;
  }
  for (const char* no : {"0", "false", "no", "off"}) {
    if (iequals(text, no)) return false;
  }
  refuse(origin, text, "true or false");
}

std::uint64_t to_bytes(const std::string& text, const std::string& origin) {
  constexpr std::string_view kUnits = "KMGT";
  std::string_view digits = text;
  if (!digits.empty() && (digits.back() == 'B' || digits.back() == 'b')) digits.remove_suffix(1);
  int shift = 0;
  if (!digits.empty()) {
    const auto unit = kUnits.find(to_upper(digits.substr(digits.size() - 1)));
    if (unit != std::string_view::npos) {
      shift = 10 * (static_cast<int>(unit) + 1);
      digits.remove_suffix(1);
    }
  }
  const auto value = parse_double(digits);
  const double bytes = value ? *value * static_cast<double>(std::uint64_t{1} << shift) : -1;
  if (!(bytes >= 0 && bytes <= 9e15)) refuse(origin, text, "a size such as 512M or 1G");
  return static_cast<std::uint64_t>(bytes);
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::string_view kUnits = "KMGT";
  for (int unit = 3; unit >= 0; --unit) {
    const std::uint64_t size = std::uint64_t{1} << (10 * (unit + 1));
    if (bytes >= size && bytes % size == 0)
      return std::to_string(bytes / size) + kUnits[static_cast<std::size_t>(unit)];
  }
  return std::to_string(bytes);
}

template <typename T>
T checked_integer(std::int64_t value, const std::string& origin) {
  if (!std::in_range<T>(value)) refuse(origin, std::to_string(value), "a whole number in range");
  return static_cast<T>(value);
}

/// The last of several texts wins, so that a wrapper script's option can be overridden.
struct TextSetter {
  const std::vector<std::string>& texts;
  const std::string& origin;

  void operator()(bool* v) const { *v = to_flag(texts.back(), origin); }
  void operator()(std::string* v) const { *v = texts.back(); }
  void operator()(double* v) const { *v = to_number(texts.back(), origin); }
  void operator()(ByteSize* v) const { v->bytes = to_bytes(texts.back(), origin); }
  void operator()(std::vector<std::string>* v) const { *v = texts; }
  void operator()(std::optional<std::string>* v) const { *v = texts.back(); }
  void operator()(std::optional<double>* v) const { *v = to_number(texts.back(), origin); }
  template <typename T>
  void operator()(T* v) const {
    *v = checked_integer<T>(to_integer(texts.back(), origin), origin);
  }
};

struct ConfigSetter {
  const Config& config;
  const std::string& key;
  const std::string& origin;

  void operator()(bool* v) const { *v = config.flag(key); }
  void operator()(std::string* v) const { *v = config.text(key); }
  void operator()(double* v) const { *v = config.number(key); }
  void operator()(ByteSize* v) const { v->bytes = to_bytes(config.text(key), origin); }
  void operator()(std::vector<std::string>* v) const { *v = config.texts(key); }
  void operator()(std::optional<std::string>* v) const { *v = config.text(key); }
  void operator()(std::optional<double>* v) const { *v = config.number(key); }
  template <typename T>
  void operator()(T* v) const {
    *v = checked_integer<T>(config.integer(key), origin);
  }
};

struct ConfigPutter {
  ConfigWriter& writer;
  const std::string& key;

  void operator()(const bool* v) const { writer.flag(key, *v); }
  void operator()(const std::string* v) const {
    if (!v->empty()) return writer.text(key, *v);
    writer.comment(key + " is not set");
  }
  void operator()(const double* v) const { writer.number(key, *v); }
  void operator()(const ByteSize* v) const { writer.text(key, bytes_text(v->bytes)); }
  void operator()(const std::vector<std::string>* v) const { writer.texts(key, *v); }
  void operator()(const std::optional<std::string>* v) const {
    if (*v) return writer.text(key, **v);
    writer.comment(key + " is not set");
  }
  void operator()(const std::optional<double>* v) const {
    if (*v) return writer.number(key, **v);
    writer.comment(key + " is not set");
  }
  template <typename T>
  void operator()(const T* v) const {
    writer.integer(key, static_cast<std::int64_t>(*v));
  }
};

struct Shower {
  std::string operator()(const bool*) const { return ""; }
  std::string operator()(const std::string* v) const { return *v; }
  std::string operator()(const double* v) const { return format_shortest(*v); }
  std::string operator()(const ByteSize* v) const { return bytes_text(v->bytes); }
  std::string operator()(const std::vector<std::string>* v) const { return join(*v, ","); }
  std::string operator()(const std::optional<std::string>* v) const { return v->value_or(""); }
  std::string operator()(const std::optional<double>* v) const { return *v ? format_shortest(**v) : ""; }
  template <typename T>
  std::string operator()(const T* v) const {
    return std::to_string(*v);
  }
};

}  // namespace

Option::Option(std::string names, ValueRef value, std::string placeholder, std::string help)
    : names_(std::move(names)), placeholder_(std::move(placeholder)), help_(std::move(help)), value_(value) {
  for (const auto part : split(names_, ',')) {
    if (part.starts_with("--")) long_name_ = part;
  }
  MOLBRIDGE_CHECK(names_.empty() || !long_name_.empty(), "option without a long name: " + names_);
  default_text_ = std::visit(Shower{}, value_);
}

Option& Option::choices(std::vector<std::string> allowed) {
  choices_ = std::move(allowed);
  return *this;
}

Option& Option::range(double low, double high) {
  range_ = {low, high};
  return *this;
}

Option& Option::not_required() {
  required_ = false;
  return *this;
}

Option& Option::required() {
  required_ = true;
  return *this;
}

Option& Option::flag_only() {
  flag_only_ = true;
  return *this;
}

std::string Option::label() const { return is_positional() ? placeholder_ : long_name_; }

std::string Option::key() const {
  std::string key = is_positional() ? to_lower(placeholder_) : long_name_.substr(2);
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

std::string Option::environment() const { return is_positional() || flag_only_ ? "" : "MOLBRIDGE_" + to_upper(key()); }

std::string Option::default_text() const { return default_text_; }

bool Option::is_unset() const { return !is_flag() && std::visit(Shower{}, value_).empty(); }

void Option::set_texts(const std::vector<std::string>& texts, const std::string& origin) {
  if (texts.empty()) return;
  std::visit(TextSetter{texts, origin}, value_);
  check(origin);
}

void Option::set_from_config(const Config& config) {
  const std::string origin = config.name() + ": " + key();
  const std::string name = key();
  std::visit(ConfigSetter{config, name, origin}, value_);
  check(origin);
}

void Option::write_config(ConfigWriter& writer) const {
  const std::string name = key();
  std::visit([&](auto* value) { ConfigPutter{writer, name}(std::as_const(value)); }, value_);
}

void Option::check(const std::string& origin) {
  if (const auto* text = std::get_if<std::string*>(&value_); text != nullptr && !choices_.empty()) {
    if (std::find(choices_.begin(), choices_.end(), **text) == choices_.end()) {
      refuse(origin, **text, "one of " + join(choices_, ", "));
    }
  }
  if (!range_) return;
  if (const auto* v = std::get_if<double*>(&value_)) check_range(**v, origin);
  if (const auto* v = std::get_if<int*>(&value_)) check_range(**v, origin);
  if (const auto* v = std::get_if<std::int64_t*>(&value_)) check_range(static_cast<double>(**v), origin);
  if (const auto* v = std::get_if<std::uint64_t*>(&value_)) check_range(static_cast<double>(**v), origin);
  if (const auto* v = std::get_if<std::optional<double>*>(&value_); v != nullptr && **v) check_range(***v, origin);
}

void Option::check_range(double value, const std::string& origin) const {
  if (value >= range_->first && value <= range_->second) return;
  throw Error(ErrorCode::kUsage, origin + ": " + format_shortest(value) + " is not between " +
                                     format_shortest(range_->first) + " and " + format_shortest(range_->second));
}

}  // namespace molbridge::cli
