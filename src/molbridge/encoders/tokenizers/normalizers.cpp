#include "molbridge/encoders/tokenizers/normalizers.hpp"

#include <array>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/tokenizers/byte_level.hpp"
#include "molbridge/encoders/tokenizers/precompiled.hpp"
#include "molbridge/encoders/tokenizers/regex.hpp"
#include "molbridge/encoders/tokenizers/unicode.hpp"

namespace molbridge::encoders {
namespace {

// Keeps the characters that `keep` wants, as `map` has them.
template <class Keep, class Map>
void filter_chars(NormalText& value, Keep keep, Map map) {
  std::string out;
  out.reserve(value.text.size());
  for (std::size_t i = 0; i < value.text.size();) {
    const std::size_t at = i;
    const char32_t c = next_char(value.text, i);
    if (keep(c)) {
      append_char(out, map(c));
    } else if (at == 0) {
      value.moved = true;
    }
  }
  value.text = std::move(out);
}

constexpr auto kAsItIs = [](char32_t c) { return c; };

class Bert final : public Normalizer {
 public:
  explicit Bert(const BertNormalizerOptions& options) : options_(options) {}

  void apply(NormalText& value) const override {
    if (is_ascii(value.text)) {
      ascii(value);
      return;
    }
    if (options_.clean_text) {
      filter_chars(
          value, [](char32_t c) { return !is_class(c, kControl); },
          [](char32_t c) { return is_class(c, kWhite) ? U' ' : c; });
    }
    if (options_.handle_chinese_chars) space_chinese(value.text);
    if (options_.strip_accents) {
      value.text = to_form(value.text, Form::kNfd);
      filter_chars(
          value, [](char32_t c) { return !is_class(c, kAccent); }, kAsItIs);
    }
    if (options_.lowercase) value.text = to_lower_unicode(value.text);
  }

 private:
  void ascii(NormalText& value) const {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < value.text.size(); ++i) {
      char c = value.text[i];
      if (options_.clean_text) {
        if (is_class(static_cast<unsigned char>(c), kControl)) {
          value.moved |= i == 0;
          continue;
        }
        if (is_class(static_cast<unsigned char>(c), kWhite)) c = ' ';
      }
      if (options_.lowercase && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
      value.text[kept++] = c;
    }
    value.text.resize(kept);
  }

  static void space_chinese(std::string& text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t at = i;
      const bool chinese = is_chinese(next_char(text, i));
      if (chinese) out += ' ';
      out.append(text, at, i - at);
      if (chinese) out += ' ';
    }
    text = std::move(out);
  }

  BertNormalizerOptions options_;
};

class FormNormalizer final : public Normalizer {
 public:
  explicit FormNormalizer(Form form) : form_(form) {}
  void apply(NormalText& value) const override { value.text = to_form(value.text, form_); }

 private:
  Form form_;
};

class Lowercase final : public Normalizer {
 public:
  void apply(NormalText& value) const override { value.text = to_lower_unicode(value.text); }
};

class StripAccents final : public Normalizer {
 public:
  void apply(NormalText& value) const override {
    filter_chars(
        value, [](char32_t c) { return !is_class(c, kCombining); }, kAsItIs);
  }
};

class Nmt final : public Normalizer {
 public:
  void apply(NormalText& value) const override { filter_chars(value, keep, map); }

 private:
  static bool keep(char32_t c) {
    return !((c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F);
  }
  static char32_t map(char32_t c) {
    const bool space = c == 0x9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
                       c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
    return space ? U' ' : c;
  }
};

class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  void apply(NormalText& value) const override {
    std::size_t begin = 0;
    std::size_t end = value.text.size();
    for (std::size_t i = 0; left_ && i < end && is_class(next_char(value.text, i), kWhite);) begin = i;
    while (right_ && end > begin) {
      std::size_t i = last_char(std::string_view(value.text).substr(0, end));
      const std::size_t at = i;
      if (!is_class(next_char(value.text, i), kWhite)) break;
      end = at;
    }
    value.moved |= begin > 0;
    value.text = value.text.substr(begin, end - begin);
  }

 private:
  bool left_;
  bool right_;
};

class Replace final : public Normalizer {
 public:
  Replace(Regex regex, std::string content) : regex_(std::move(regex)), content_(std::move(content)) {}
  void apply(NormalText& value) const override {
    std::vector<Match> matches;
    regex_.find_all(value.text, matches);
    std::string out;
    out.reserve(value.text.size());
    for (const auto& match : matches) {
      const auto part = std::string_view(value.text).substr(match.begin, match.end - match.begin);
      if (match.hit && match.begin == 0 && (content_.empty() ? !part.empty() : count_chars(part) > 1))
        value.moved = true;
      out += match.hit ? std::string_view(content_) : part;
    }
    value.text = std::move(out);
  }

 private:
  Regex regex_;
  std::string content_;
};

class ReplaceText final : public Normalizer {  // the usual case, without a regular expression
 public:
  ReplaceText(std::string pattern, std::string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}
  void apply(NormalText& value) const override {
    std::size_t at = value.text.find(pattern_);
    if (at == std::string::npos) return;
    if (at == 0 && (content_.empty() || count_chars(pattern_) > 1)) value.moved = true;
    std::string out;
    std::size_t done = 0;
    for (; at != std::string::npos; at = value.text.find(pattern_, done)) {
      out.append(value.text, done, at - done);
      out += content_;
      done = at + pattern_.size();
    }
    out.append(value.text, done);
    value.text = std::move(out);
  }

 private:
  std::string pattern_;
  std::string content_;
};

class Affix final : public Normalizer {
 public:
  Affix(std::string prefix, std::string suffix) : prefix_(std::move(prefix)), suffix_(std::move(suffix)) {}
  void apply(NormalText& value) const override {
    if (!value.text.empty()) value.text = prefix_ + value.text + suffix_;
  }

 private:
  std::string prefix_;
  std::string suffix_;
};

class Precompiled final : public Normalizer {
 public:
  explicit Precompiled(PrecompiledMap map) : map_(std::move(map)) {}
  void apply(NormalText& value) const override { value.text = map_.apply(value.text); }

 private:
  PrecompiledMap map_;
};

class ByteNormalizer final : public Normalizer {
 public:
  void apply(NormalText& value) const override {
    std::string out;
    append_byte_chars(value.text, out);
    value.text = std::move(out);
  }
};

class Sequence final : public Normalizer {
 public:
  void add(std::unique_ptr<Normalizer> step) { steps_.push_back(std::move(step)); }
  void apply(NormalText& value) const override {
    for (const auto& step : steps_) step->apply(value);
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
};

std::unique_ptr<Normalizer> make_replace(const JsonFields& fields) {
  const auto pattern = fields.at("pattern");
  const auto content = fields.text("content");
  if (const auto text = pattern.find("String")) {
    if (!text->text().empty()) return std::make_unique<ReplaceText>(text->text(), content);
    return std::make_unique<Replace>(Regex(""), content);
  }
  return std::make_unique<Replace>(Regex(pattern.text("Regex")), content);
}

std::unique_ptr<Normalizer> make_bert(const JsonFields& fields) {
  BertNormalizerOptions options;
  options.clean_text = fields.boolean("clean_text", true);
  options.handle_chinese_chars = fields.boolean("handle_chinese_chars", true);
  options.lowercase = fields.boolean("lowercase", true);
  options.strip_accents = fields.boolean("strip_accents", options.lowercase);
  return make_bert_normalizer(options);
}

std::unique_ptr<Normalizer> make_precompiled(const JsonFields& fields) {
  const auto bytes = decode_base64(fields.text("precompiled_charsmap"));
  if (!bytes) fields.refuse("precompiled_charsmap is not base64");
  return std::make_unique<Precompiled>(PrecompiledMap(*bytes));
}

std::unique_ptr<Normalizer> make_sequence(const JsonFields& fields) {
  auto sequence = std::make_unique<Sequence>();
  fields.at("normalizers").each_element([&](const JsonFields& step) { sequence->add(make_normalizer(step)); });
  return sequence;
}

std::unique_ptr<Normalizer> make_form(std::string_view type) {
  constexpr std::array kForms = {std::pair("NFC", Form::kNfc), std::pair("NFD", Form::kNfd),
                                 std::pair("NFKC", Form::kNfkc), std::pair("NFKD", Form::kNfkd)};
  for (const auto& [name, form] : kForms) {
    if (type == name) return std::make_unique<FormNormalizer>(form);
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<Normalizer> make_bert_normalizer(const BertNormalizerOptions& options) {
  return std::make_unique<Bert>(options);
}

std::unique_ptr<Normalizer> make_normalizer(const JsonFields& fields) {
  const auto type = fields.type();
  if (auto form = make_form(type)) return form;
  if (type == "BertNormalizer") return make_bert(fields);
  if (type == "Lowercase") return std::make_unique<Lowercase>();
  if (type == "StripAccents") return std::make_unique<StripAccents>();
  if (type == "Strip")
    return std::make_unique<Strip>(fields.boolean("strip_left", true), fields.boolean("strip_right", true));
  if (type == "Replace") return make_replace(fields);
  if (type == "Prepend") return std::make_unique<Affix>(fields.text("prepend"), "");
  if (type == "Append") return std::make_unique<Affix>("", fields.text("append"));
  if (type == "Nmt") return std::make_unique<Nmt>();
  if (type == "Precompiled") return make_precompiled(fields);
  if (type == "ByteLevel") return std::make_unique<ByteNormalizer>();
  if (type == "Sequence") return make_sequence(fields);
  fields.refuse("the normalizer '" + type + "' is not known");
}

}  // namespace molbridge::encoders
