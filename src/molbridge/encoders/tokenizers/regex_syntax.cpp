#include <algorithm>
#include <array>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/tokenizers/regex.hpp"

namespace molbridge::encoders {
namespace {

// Outside of classes Oniguruma asks a Latin-1 table first, which has superscripts and fractions as word characters; in classes it does not.
constexpr std::string_view kLatinWordSet = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\xb2\xb3\xb9\xbc-\xbe)";
constexpr std::string_view kWordSet = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";
constexpr std::string_view kRustWordSet = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d})";

// What these classes are in Oniguruma and not in PCRE2.
using Named = std::pair<std::string_view, std::string_view>;
constexpr std::array kPosixSets = {
    Named{"[:space:]", R"(\p{White_Space})"},
    Named{"[:^space:]", R"(\P{White_Space})"},
    Named{"[:word:]", kWordSet},
    Named{"[:punct:]", R"(\p{P}\p{S})"},
    Named{"[:alpha:]", R"(\p{Alphabetic})"},
    Named{"[:^alpha:]", R"(\P{Alphabetic})"},
    Named{"[:alnum:]", R"(\p{Alphabetic}\p{Nd})"},
    Named{"[:digit:]", R"(\p{Nd})"},
    Named{"[:^digit:]", R"(\P{Nd})"},
    Named{"[:lower:]", R"(\p{Lowercase})"},
    Named{"[:upper:]", R"(\p{Uppercase})"},
    Named{"[:blank:]", R"(\p{Zs}\t)"},
};

// Long names of categories, which PCRE2 does not know.
constexpr std::array kPropertyNames = {
    Named{"Letter", "L"},
    Named{"Mark", "M"},
    Named{"Number", "N"},
    Named{"Punctuation", "P"},
    Named{"Symbol", "S"},
    Named{"Separator", "Z"},
    Named{"Other", "C"},
    Named{"Uppercase_Letter", "Lu"},
    Named{"Lowercase_Letter", "Ll"},
    Named{"Decimal_Number", "Nd"},
    Named{"Alpha", "Alphabetic"},
    Named{"Space", "White_Space"},
    Named{"Upper", "Uppercase"},
    Named{"Lower", "Lowercase"},
    Named{"Digit", "Nd"},
};

// A script alone means its extensions too in PCRE2, as it does in neither of the others.
constexpr std::array<std::string_view, 36> kScripts = {
    "Arabic",    "Armenian", "Bengali", "Bopomofo", "Cherokee", "Common", "Coptic", "Cyrillic",  "Devanagari",
    "Ethiopic",  "Georgian", "Greek",   "Gujarati", "Gurmukhi", "Han",    "Hangul", "Hebrew",    "Hiragana",
    "Inherited", "Javanese", "Kannada", "Katakana", "Khmer",    "Lao",    "Latin",  "Malayalam", "Mongolian",
    "Myanmar",   "Oriya",    "Sinhala", "Syriac",   "Tamil",    "Telugu", "Thaana", "Thai",      "Tibetan"};

class Translator {
 public:
  Translator(std::string_view pattern, RegexSyntax syntax) : pattern_(pattern), syntax_(syntax) {}

  std::string run() {
    while (at_ < pattern_.size()) {
      if (pattern_[at_] == '\\') {
        escape(false);
      } else if (pattern_[at_] == '[') {
        char_class();
      } else if (pattern_[at_] == '(' && peek(1) == '?') {
        group();
      } else if (pattern_[at_] == '{' && peek(1) == ',' && digits_until_brace(at_ + 2)) {
        out_ += "{0";  // {,n} is {0,n} in Ruby and a literal in PCRE2
        ++at_;
      } else {
        out_ += pattern_[at_++];
      }
    }
    return std::move(out_);
  }

 private:
  char peek(std::size_t ahead) const { return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0'; }

  bool digits_until_brace(std::size_t i) const {
    const std::size_t begin = i;
    while (i < pattern_.size() && pattern_[i] >= '0' && pattern_[i] <= '9') ++i;
    return i > begin && i < pattern_.size() && pattern_[i] == '}';
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::kModel, "the regular expression '" + std::string(pattern_.substr(0, 200)) + "' uses " + what)
        .remedy("molbridge has no counterpart for it; please report the tokenizer");
  }

  void escape(bool in_class) {
    const char c = peek(1);
    const std::string word(syntax_ == RegexSyntax::kRust ? kRustWordSet : in_class ? kWordSet : kLatinWordSet);
    at_ += 2;
    switch (c) {
      case '\0': refuse("a backslash at its end");
      case 's': out_ += R"(\p{White_Space})"; return;
      case 'S': out_ += R"(\P{White_Space})"; return;
      case 'w': out_ += in_class ? word : "[" + word + "]"; return;
      case 'W':
        if (in_class) refuse("\\W inside a class");
        out_ += "[^" + word + "]";
        return;
      case 'b':
        if (in_class) break;
        out_ += "(?:(?<=[" + word + "])(?![" + word + "])|(?<![" + word + "])(?=[" + word + "]))";
        return;
      case 'B':
        if (in_class) break;
        out_ += "(?:(?<=[" + word + "])(?=[" + word + "])|(?<![" + word + "])(?![" + word + "]))";
        return;
      case 'h':
      case 'H':
        if (syntax_ == RegexSyntax::kRust) break;
        if (c == 'H' && in_class) refuse("\\H inside a class");
        out_ += in_class ? "0-9a-fA-F" : c == 'h' ? "[0-9a-fA-F]" : "[^0-9a-fA-F]";  // Ruby: a hexadecimal digit
        return;
      case 'p':
      case 'P':
        if (peek(0) == '{' && property(c)) return;
        break;
      default: break;
    }
    out_ += '\\';
    out_ += c;
  }

  bool property(char letter) {
    const auto end = pattern_.find('}', at_);
    if (end == std::string_view::npos) return false;
    auto name = pattern_.substr(at_ + 1, end - at_ - 1);
    out_ += '\\';
    out_ += letter;
    out_ += '{';
    if (name.starts_with('^')) {
      out_ += '^';
      name.remove_prefix(1);
    }
    const auto known = std::find_if(kPropertyNames.begin(), kPropertyNames.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    if (std::find(kScripts.begin(), kScripts.end(), name) != kScripts.end()) out_ += "sc:";
    out_ += known != kPropertyNames.end() ? known->second : name;
    out_ += '}';
    at_ = end + 1;
    return true;
  }

  void group() {  // (?m) is PCRE2's (?s) in Ruby, and the flags of Rust are those of PCRE2
    std::size_t i = at_ + 2;
    while (i < pattern_.size() && ((pattern_[i] >= 'a' && pattern_[i] <= 'z') || pattern_[i] == '-')) ++i;
    const bool flags = i < pattern_.size() && (pattern_[i] == ')' || pattern_[i] == ':') && i > at_ + 2;
    out_ += "(?";
    for (std::size_t k = at_ + 2; k < i && flags; ++k) {
      out_ += pattern_[k] == 'm' && syntax_ == RegexSyntax::kOniguruma ? 's' : pattern_[k];
    }
    at_ = flags ? i : at_ + 2;
  }

  void char_class() {
    out_ += '[';
    ++at_;
    if (peek(0) == '^') {
      out_ += '^';
      ++at_;
    }
    bool first = true;
    for (; at_ < pattern_.size(); first = false) {
      const char c = pattern_[at_];
      if (c == ']' && !first) {
        out_ += ']';
        ++at_;
        return;
      }
      if (c == ']') {
        out_ += R"(\])";
        ++at_;
      } else if (c == '[' && peek(1) == ':') {
        posix_class();
      } else if (c == '[') {
        refuse("a class inside a class");
      } else if (c == '&' && peek(1) == '&') {
        refuse("an intersection of classes");
      } else if (c == '\\') {
        escape(true);
      } else {
        out_ += c;
        ++at_;
      }
    }
    refuse("a class that does not end");
  }

  void posix_class() {
    const auto end = pattern_.find(":]", at_);
    if (end == std::string_view::npos) refuse("a class inside a class");
    const auto name = pattern_.substr(at_, end + 2 - at_);
    const auto known =
        std::find_if(kPosixSets.begin(), kPosixSets.end(), [&](const auto& set) { return set.first == name; });
    out_ += known != kPosixSets.end() ? known->second : name;
    at_ = end + 2;
  }

  std::string_view pattern_;
  RegexSyntax syntax_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string translate_regex(std::string_view pattern, RegexSyntax syntax) { return Translator(pattern, syntax).run(); }

std::string escape_regex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(R"(\.+*?()|[]{}^$#&-~)").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace molbridge::encoders
