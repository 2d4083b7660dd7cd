#include "molbridge/corpus/name_mask.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "molbridge/core/text.hpp"

namespace molbridge::corpus {
namespace {

// As in names of drugs: what stands behind the name of the active part, or the metal before it.
constexpr std::array<std::string_view, 48> kSalts{
    "hydrochloride", "dihydrochloride", "trihydrochloride", "monohydrochloride", "hcl",
    "hydrobromide",  "dihydrobromide",  "bromide",          "chloride",          "iodide",
    "fluoride",      "sodium",          "disodium",         "trisodium",         "potassium",
    "dipotassium",   "calcium",         "magnesium",        "lithium",           "zinc",
    "sulfate",       "sulphate",        "bisulfate",        "phosphate",         "diphosphate",
    "nitrate",       "mesylate",        "mesilate",         "dimesylate",        "besylate",
    "tosylate",      "ditosylate",      "maleate",          "fumarate",          "tartrate",
    "bitartrate",    "citrate",         "succinate",        "acetate",           "lactate",
    "malate",        "gluconate",       "hydrate",          "monohydrate",       "dihydrate",
    "anhydrous",     "hemihydrate",     "tromethamine",
};
constexpr std::size_t kShortName = 3;

bool is_separator(char c) { return c == '-' || c == ' ' || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) {  // bytes of UTF-8 letters too
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || (static_cast<unsigned char>(c) & 0x80) != 0;
}
bool is_word(char c) { return is_digit(c) || is_letter(c); }
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool is_salt(std::string_view word) { return std::ranges::find(kSalts, to_lower(word)) != kSalts.end(); }

/// Letters, then digits, perhaps letters again, of at most three runs: "STI-571", "CGP 52411A".
bool is_research_code(std::string_view name) {
  std::size_t runs = 0, longest_letters = 0, letters = 0;
  char before = 0;
  for (const char c : name) {
    if (is_separator(c)) continue;
    if (!is_word(c)) return false;
    const char kind = is_digit(c) ? '0' : 'a';
    if (kind != before) ++runs;
    letters = kind == 'a' && before == 'a' ? letters + 1 : kind == 'a' ? 1 : 0;
    longest_letters = std::max(longest_letters, letters);
    before = kind;
  }
  constexpr std::size_t kMostRuns = 3, kMostLetters = 5;
  return runs >= 2 && runs <= kMostRuns && longest_letters <= kMostLetters && !name.empty() && is_letter(name.front());
}

}  // namespace

std::vector<std::string> with_salt_stripped(std::string_view name) {
  std::vector<std::string> forms{std::string(trim(name))};
  std::vector<std::string_view> words = split_whitespace(name);
  const auto rest = [&] {
    std::vector<std::string> kept(words.begin(), words.end());
    forms.push_back(join(kept, " "));
  };
  while (words.size() > 1 && is_salt(words.back())) {
    words.pop_back();
    rest();
  }
  if (words.size() > 1 && is_salt(words.front())) {
    words.erase(words.begin());
    rest();
  }
  return forms;
}

NameMasker::NameMasker(std::span<const std::string> names) {
  for (const std::string& name : names) {
    for (const std::string& form : with_salt_stripped(name)) add(form);
  }
  std::ranges::stable_sort(patterns_,
                           [](const Pattern& a, const Pattern& b) { return a.letters.size() > b.letters.size(); });
}

void NameMasker::add(std::string_view name) {
  const bool code = is_research_code(name);
  Pattern pattern;
  bool parted = false;
  for (const char c : trim(name)) {
    if (is_separator(c)) {
      parted = true;
      continue;
    }
    const bool kind_changes = !pattern.letters.empty() && is_word(c) && is_digit(c) != is_digit(pattern.letters.back());
    pattern.must_part.push_back(parted && !code);
    pattern.may_part.push_back(!pattern.letters.empty() && (parted || (code && kind_changes)));
    pattern.letters += lower(c);
    parted = false;
  }
  const bool named = std::ranges::any_of(pattern.letters, is_letter);
  if (!named || pattern.letters.size() < 2) return;
  pattern.capitals_only = pattern.letters.size() <= kShortName;
  patterns_.push_back(std::move(pattern));
}

std::size_t NameMasker::match_length(const Pattern& pattern, std::string_view text, std::size_t begin) const {
  std::size_t at = begin;
  for (std::size_t i = 0; i < pattern.letters.size(); ++i) {
    const bool separator = at < text.size() && is_separator(text[at]);
    if (pattern.must_part[i] && !separator) return 0;
    if (separator && pattern.may_part[i]) ++at;
    if (at >= text.size() || lower(text[at]) != pattern.letters[i]) return 0;
    if (pattern.capitals_only && std::islower(static_cast<unsigned char>(text[at])) != 0) return 0;
    ++at;
  }
  const bool inside_before = begin > 0 && is_word(text[begin - 1]) && is_word(text[begin]);
  const bool inside_after = at < text.size() && is_word(text[at]) && is_word(text[at - 1]);
  return inside_before || inside_after ? 0 : at - begin;
}

std::vector<NameMasker::Span> NameMasker::find_all(std::string_view text) const {
  std::vector<Span> found;
  const auto overlaps = [&](std::size_t begin, std::size_t end) {
    return std::ranges::any_of(found, [&](const Span& span) { return begin < span.end && span.begin < end; });
  };
  for (const Pattern& pattern : patterns_) {
    for (std::size_t begin = 0; begin < text.size(); ++begin) {
      const std::size_t length = match_length(pattern, text, begin);
      if (length > 0 && !overlaps(begin, begin + length)) found.push_back({begin, begin + length});
    }
  }
  std::ranges::sort(found, {}, &Span::begin);
  return found;
}

NameMasker::Masked NameMasker::mask(std::string_view text) const {
  Masked made;
  std::size_t done = 0;
  for (const Span& span : find_all(text)) {
    made.text += text.substr(done, span.begin - done);
    made.text += kMask;
    done = span.end;
    ++made.replaced;
  }
  made.text += text.substr(done);
  return made;
}

std::optional<std::string> NameMasker::find(std::string_view text) const {
  const std::vector<Span> found = find_all(text);
  if (found.empty()) return std::nullopt;
  return std::string(text.substr(found.front().begin, found.front().end - found.front().begin));
}

}  // namespace molbridge::corpus
