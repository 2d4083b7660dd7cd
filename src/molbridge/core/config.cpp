#include "molbridge/core/config.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <set>
#include <utility>

#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge {

struct Config::State {
  toml::table table;
  std::string name;
  ErrorCode code = ErrorCode::kUsage;
  mutable std::set<std::string, std::less<>> asked;

  Error error(const std::string& message, const toml::node* node = nullptr) const {
    Error e(code, message);
    if (node != nullptr) return e.at_line(name, node->source().begin.line);
    return e.in_file(name);
  }
  const toml::node* find(std::string_view key) const {
    asked.emplace(key);
    return table.at_path(key).node();
  }
  template <typename T>
  T value(std::string_view key, const std::optional<T>& fallback, const char* kind) const {
    const toml::node* node = find(key);
    if (node == nullptr) {
      if (fallback) return *fallback;
      throw error("missing key " + std::string(key));
    }
    if (const auto v = node->value<T>()) return *v;
    throw error("key " + std::string(key) + " must be " + kind, node);
  }
};

namespace {

void collect(const toml::table& table, const std::string& prefix,
             std::vector<std::pair<std::string, const toml::node*>>& out) {
  for (const auto& [key, node] : table) {
    const std::string dotted = prefix.empty() ? std::string(key.str()) : prefix + "." + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      collect(*inner, dotted, out);
    } else if (node.is_array_of_tables()) {
      std::size_t index = 0;
      for (const auto& item : *node.as_array()) collect(*item.as_table(), fmt::format("{}[{}]", dotted, index++), out);
    } else {
      out.emplace_back(dotted, &node);
    }
  }
}

/// TOML tells 2.0 from 2.
std::string toml_number(double value) {
  const std::string text = format_shortest(value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

/// A basic string of TOML; the library's own printer writes a literal one that breaks at "'''".
std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : valid_utf8(value)) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

Config::Config(std::unique_ptr<State> state) : state_(std::move(state)) {}
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(Config&&) noexcept = default;
Config::~Config() = default;

Config Config::read(const std::string& path, bool code_is_model) {
  constexpr std::uint64_t kLimit = 16 << 20;
  try {
    return parse(read_text_file(path, kLimit), path, code_is_model);
  } catch (const Error& e) {
    if (!code_is_model || e.code() != ErrorCode::kInput) throw;
    throw Error(ErrorCode::kModel, e.message()).in_file(path);
  }
}

Config Config::parse(std::string_view text, const std::string& name, bool code_is_model) {
  auto state = std::make_unique<State>();
  state->name = name;
  state->code = code_is_model ? ErrorCode::kModel : ErrorCode::kUsage;
  try {
    state->table = toml::parse(text, name);
  } catch (const toml::parse_error& e) {
    throw Error(state->code, "not valid TOML: " + std::string(e.description())).at_line(name, e.source().begin.line);
  }
  return Config(std::move(state));
}

void Config::replace(std::string_view assignment) {
  const std::size_t equal = assignment.find('=');
  const std::vector<std::string_view> path = split(trim(assignment.substr(0, equal)), '.');
  if (equal == std::string_view::npos || path.back().empty()) {
    throw Error(ErrorCode::kUsage, "\"" + std::string(assignment) + "\" is not key=value")
        .remedy("Write for example train.epochs=2");
  }
  const std::string value(trim(assignment.substr(equal + 1)));
  toml::table parsed;
  try {
    parsed = toml::parse("v = " + value);
  } catch (const toml::parse_error&) {
    parsed.insert_or_assign("v", value);
  }
  toml::table* table = &state_->table;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    table = table->insert(path[i], toml::table{}).first->second.as_table();  // an existing entry stays
    if (table == nullptr)
      throw Error(ErrorCode::kUsage, "\"" + std::string(path[i]) + "\" is a value, not a table").in_file(state_->name);
  }
  table->insert_or_assign(path.back(), std::move(*parsed.get("v")));
}

bool Config::has(std::string_view key) const { return state_->find(key) != nullptr; }

std::string Config::text(std::string_view key, const std::optional<std::string>& fallback) const {
  return state_->value<std::string>(key, fallback, "a text in quotes");
}
double Config::number(std::string_view key, std::optional<double> fallback) const {
  return state_->value<double>(key, fallback, "a number");
}
std::int64_t Config::integer(std::string_view key, std::optional<std::int64_t> fallback) const {
  return state_->value<std::int64_t>(key, fallback, "a whole number");
}
bool Config::flag(std::string_view key, std::optional<bool> fallback) const {
  return state_->value<bool>(key, fallback, "true or false");
}

std::vector<std::string> Config::texts(std::string_view key) const {
  std::vector<std::string> out;
  const toml::node* node = state_->find(key);
  if (node == nullptr) return out;
  if (const auto single = node->value<std::string>()) return {*single};
  const auto* array = node->as_array();
  if (array == nullptr) throw state_->error("key " + std::string(key) + " must be a list of texts", node);
  for (const auto& item : *array) {
    const auto v = item.value<std::string>();
    if (!v) throw state_->error("key " + std::string(key) + " must be a list of texts", node);
    out.push_back(*v);
  }
  return out;
}

std::vector<double> Config::numbers(std::string_view key) const {
  std::vector<double> out;
  const toml::node* node = state_->find(key);
  if (node == nullptr) return out;
  const auto* array = node->as_array();
  if (array == nullptr) throw state_->error("key " + std::string(key) + " must be a list of numbers", node);
  for (const auto& item : *array) {
    const auto v = item.value<double>();
    if (!v) throw state_->error("key " + std::string(key) + " must be a list of numbers", node);
    out.push_back(*v);
  }
  return out;
}

std::vector<std::string> Config::keys(std::string_view prefix) const {
  std::vector<std::pair<std::string, const toml::node*>> all;
  collect(state_->table, "", all);
  std::string below(prefix);
  if (!below.empty() && !below.ends_with('.')) below += '.';
  std::vector<std::string> out;
  for (auto& [key, node] : all) {
    if (key.starts_with(below)) out.push_back(std::move(key));
  }
  return out;
}

void Config::reject_unused() const {
  std::vector<std::pair<std::string, const toml::node*>> all;
  collect(state_->table, "", all);
  const std::vector<std::string> known(state_->asked.begin(), state_->asked.end());
  for (const auto& [key, node] : all) {
    if (state_->asked.contains(key)) continue;
    std::string message = "unknown key " + key;
    if (const auto guess = nearest(key, known)) message += " (did you mean " + *guess + "?)";
    throw state_->error(message, node);
  }
}

const std::string& Config::name() const { return state_->name; }

void ConfigWriter::put(std::string_view key, std::string_view value) {
  const std::size_t dot = key.rfind('.');
  const std::string table(dot == std::string_view::npos ? std::string_view() : key.substr(0, dot));
  if (table != table_) {
    MOLBRIDGE_CHECK(!table.empty(), "top-level key after a table: " + std::string(key));
    out_ += "\n[" + table + "]\n";
    table_ = table;
  }
  out_ += std::string(dot == std::string_view::npos ? key : key.substr(dot + 1)) + " = ";
  out_ += value;
  out_ += "\n";
}

void ConfigWriter::text(std::string_view key, std::string_view value) { put(key, quoted(value)); }
void ConfigWriter::number(std::string_view key, double value) { put(key, toml_number(value)); }
void ConfigWriter::numbers(std::string_view key, const std::vector<double>& values) {
  std::vector<std::string> parts;
  for (const double value : values) parts.push_back(toml_number(value));
  put(key, "[" + join(parts, ", ") + "]");
}
void ConfigWriter::integer(std::string_view key, std::int64_t value) { put(key, std::to_string(value)); }
void ConfigWriter::flag(std::string_view key, bool value) { put(key, value ? "true" : "false"); }
void ConfigWriter::texts(std::string_view key, const std::vector<std::string>& values) {
  std::vector<std::string> parts;
  for (const auto& value : values) parts.push_back(quoted(value));
  put(key, "[" + join(parts, ", ") + "]");
}
void ConfigWriter::integers(std::string_view key, const std::vector<std::int64_t>& values) {
  std::vector<std::string> parts;
  for (const std::int64_t value : values) parts.push_back(std::to_string(value));
  put(key, "[" + join(parts, ", ") + "]");
}
void ConfigWriter::comment(std::string_view line) { out_ += "# " + std::string(line) + "\n"; }
std::string ConfigWriter::str() const { return out_; }

}  // namespace molbridge
