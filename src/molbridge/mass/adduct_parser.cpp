// The grammar of adducts, after the text is freed of spaces and typographic signs:
//   adduct = "[" body "]" charge | "(" body ")" charge | body [charge]
//   body   = [number] ("M" | "Cat") { ("+" | "-") [number] (formula | abbreviation) }
//   charge = { "+" } | { "-" } | number sign | sign number, with the marks of radicals "." and "*" anywhere

#include <array>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/text.hpp"
#include "molbridge/mass/adduct.hpp"
#include "molbridge/mass/adduct_terms.hpp"

namespace molbridge::mass {
namespace {

constexpr int kMaxCharge = 30;
constexpr int kMaxMultiplicity = 50;
constexpr int kMaxTerms = 32;
constexpr int kMaxTermAtoms = 10'000;  // of one kind, in one term
constexpr int kMaxBalanceAtoms =
    1000;  // of one kind, in all; below kMaxTermAtoms so that what str() writes can be read
constexpr std::size_t kMaxDigits = 5;

struct Refusal {  // leaves this file as a Failure only
  std::string reason;
};

[[noreturn]] void refuse(std::string reason) { throw Refusal{std::move(reason)}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_sign(char c) { return c == '+' || c == '-'; }
bool is_radical_mark(char c) { return c == '.' || c == '*'; }

/// Spaces go; minus signs, superscripts and bullets of typeset tables become ASCII.
std::string to_ascii(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 10> kGlyphs = {{{"\u2212", '-'},
                                                                                 {"\u2013", '-'},
                                                                                 {"\u2010", '-'},
                                                                                 {"\u207a", '+'},
                                                                                 {"\u207b", '-'},
                                                                                 {"\u2022", '.'},
                                                                                 {"\u25cf", '.'},
                                                                                 {"\u00b7", '.'},
                                                                                 {"\u00b2", '2'},
                                                                                 {"\u00b3", '3'}}};
  std::string ascii;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    char c = text[i];
    for (const auto& [glyph, replacement] : kGlyphs) {
      if (!text.substr(i).starts_with(glyph)) continue;
      c = replacement;
      length = glyph.size();
    }
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') ascii += c;
    i += length;
  }
  return ascii;
}

/// Digits at the front of `text`, taken off it; `absent` where there are none.
int take_number(std::string_view& text, int absent) {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  if (length == 0) return absent;
  if (length > kMaxDigits) refuse("has the absurd number " + std::string(text.substr(0, 12)));
  const auto value = parse_int(text.substr(0, length));
  text.remove_prefix(length);
  return static_cast<int>(value.value_or(0));
}

std::string without_radical_marks(std::string_view text) {
  std::string clean;
  for (const char c : text) {
    if (!is_radical_mark(c)) clean += c;
  }
  return clean;
}

/// "", "+", "--", "2+", "+2". Returns 0 for "".
int read_charge(std::string_view written) {
  const std::string clean = without_radical_marks(written);
  std::string_view text = clean;
  if (text.empty()) return 0;
  int size = take_number(text, -1);
  const std::size_t signs = text.find_first_not_of(text.empty() ? '+' : text[0]);
  const std::string_view run = text.substr(0, signs);
  std::string_view rest = text.substr(run.size());
  if (run.empty() || !is_sign(run[0])) refuse("has a charge that cannot be read, '" + std::string(written) + "'");
  if (size < 0 && run.size() == 1) size = take_number(rest, 1);
  if (size < 0) size = static_cast<int>(run.size());
  const bool consistent = rest.empty() && (run.size() == 1 || static_cast<std::size_t>(size) == run.size());
  if (!consistent) refuse("has a charge that cannot be read, '" + std::string(written) + "'");
  if (size == 0 || size > kMaxCharge)
    refuse("has the charge " + std::to_string(size) + "; 1 to " + std::to_string(kMaxCharge) + " can be read");
  return run[0] == '+' ? size : -size;
}

/// What stands inside the brackets and behind them; without brackets the trailing signs are the charge.
struct Parts {
  std::string body;
  int charge = 0;  ///< 0 is unwritten
  bool bracketed = false;
};

std::size_t matching_bracket(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[' || text[i] == '(') ++depth;
    if ((text[i] == ']' || text[i] == ')') && --depth == 0) return i;
  }
  refuse(std::string("lacks the '") + (text[0] == '[' ? ']' : ')') + "' of its first bracket");
}

Parts split_parts(const std::string& text) {
  Parts parts;
  parts.body = text;
  if (text[0] == '[' || text[0] == '(') {
    const std::size_t close = matching_bracket(text);
    parts.body = text.substr(1, close - 1);
    parts.charge = read_charge(std::string_view(text).substr(close + 1));
    parts.bracketed = parts.charge != 0;
  }
  if (parts.charge != 0) return parts;
  std::size_t cut = parts.body.size();
  while (cut > 0 && (is_sign(parts.body[cut - 1]) || is_radical_mark(parts.body[cut - 1]))) --cut;
  parts.charge = read_charge(std::string_view(parts.body).substr(cut));
  parts.body.resize(cut);
  return parts;
}

int take_multiplicity(std::string_view& body) {
  const int multiplicity = take_number(body, 1);
  if (multiplicity < 1 || multiplicity > kMaxMultiplicity) refuse("has " + std::to_string(multiplicity) + " molecules");
  for (const std::string_view molecule : {"M", "m", "Cat", "cat"}) {
    if (!body.starts_with(molecule)) continue;
    body.remove_prefix(molecule.size());
    return multiplicity;
  }
  refuse("names no molecule M");
}

struct WrittenTerm {
  AdductTerm term;
  bool acid = false;
};

/// The text of one term, up to the next sign outside brackets, taken off the front.
std::string_view take_term_text(std::string_view& body) {
  int depth = 0;
  std::size_t end = 0;
  for (; end < body.size(); ++end) {
    if (body[end] == '(' || body[end] == '[') ++depth;
    if (body[end] == ')' || body[end] == ']') --depth;
    if (depth <= 0 && is_sign(body[end])) break;
  }
  const std::string_view text = body.substr(0, end);
  body.remove_prefix(end);
  return text;
}

Abbreviation read_unit(std::string_view text) {
  if (const auto known = find_abbreviation(text)) return *known;
  const auto parsed = Formula::parse(text);
  const bool actinium = parsed && parsed->count("Ac") != 0;  // "Ac" is acetic acid here
  if (parsed && !actinium && parsed->charge() == 0) return {*parsed, false};
  if (const auto known = find_abbreviation_any_case(text)) return *known;
  refuse(actinium ? "has 'Ac', which is acetic acid here and no element"
                  : "has a term that cannot be read: " + parsed.reason());
}

WrittenTerm take_term(std::string_view& body) {
  const char sign = body[0];
  if (!is_sign(sign)) refuse("has an unexpected '" + std::string(body.substr(0, 1)) + "'");
  body.remove_prefix(1);
  std::string_view text = take_term_text(body);
  const int count = take_number(text, 1);
  if (text.empty() && count != 1) refuse("names an isotope peak; give the m/z of the monoisotopic peak and its adduct");
  if (text.empty()) refuse("names an isotope peak or has a sign without a term");
  if (count == 0) refuse("has a term with count 0");
  const Abbreviation unit = read_unit(text);
  for (const auto& [nuclide, atoms] : unit.formula.counts()) {
    if (std::int64_t{atoms} * count > kMaxTermAtoms)
      refuse("has more than " + format_count(kMaxTermAtoms) + " atoms in a term");
  }
  return {{sign == '+' ? count : -count, unit.formula}, unit.acid};
}

std::vector<WrittenTerm> take_terms(std::string_view body) {
  std::vector<WrittenTerm> terms;
  while (!body.empty()) {
    if (terms.size() == kMaxTerms) refuse("has more than " + std::to_string(kMaxTerms) + " terms");
    terms.push_back(take_term(body));
  }
  return terms;
}

/// Charge that follows from the terms alone.
int carried_charge(const std::vector<WrittenTerm>& terms) {
  int charge = 0;
  for (const auto& [term, acid] : terms) {
    const bool gained = term.count > 0;
    const bool is_hydrogen = term.formula.counts().size() == 1 && term.formula.count("H") == 1;
    if (gained || is_hydrogen) charge += term.count * usual_charge(term.formula);  // other losses are neutral
  }
  return charge;
}

int settle_charge(int carried, IonMode mode) {
  const int wanted = mode == IonMode::kUnknown ? 0 : (mode == IonMode::kPositive ? 1 : -1);
  if (carried != 0 && wanted * carried >= 0) return carried;
  if (wanted != 0) return wanted;
  refuse("says nothing about its charge; write it behind the bracket, as in [M+H]+");
}

/// "M+2H2+" and "M+2H+" without brackets: is the number of the atoms or of the charge?
void refuse_ambiguous_charge(const Parts& parts, int carried, const std::vector<WrittenTerm>& terms) {
  if (parts.bracketed || parts.charge == 0 || terms.empty()) return;
  const Formula& last = terms.back().term.formula;
  const bool counted_carrier = last.counts().size() == 1 && last.counts().begin()->second > 1;
  const bool too_few_signs = std::abs(carried) > std::abs(parts.charge);
  if (counted_carrier || too_few_signs) refuse("leaves its charge open; write it with brackets, as in [M+2H]2+");
}

Formula balance_of(const std::vector<WrittenTerm>& terms, int carried, int charge) {
  Formula balance;
  bool has_acid = false;
  for (const auto& [term, acid] : terms) {
    balance += term.formula * term.count;
    has_acid = has_acid || (acid && term.count > 0);
  }
  if (has_acid && carried == 0 && charge == -1) balance.add({1, 0}, -1);  // "[M+FA]-" means the formate
  for (const auto& [nuclide, count] : balance.counts()) {
    if (std::abs(count) > kMaxBalanceAtoms)
      refuse("has more than " + format_count(kMaxBalanceAtoms) + " atoms of one kind");
  }
  return balance;
}

}  // namespace

Result<Adduct> Adduct::parse(std::string_view text, IonMode mode) {
  if (text.size() > kMaxTextLength)
    return Failure{"adduct is longer than " + std::to_string(kMaxTextLength) + " characters"};
  const std::string ascii = to_ascii(text);
  if (ascii.empty()) return Failure{"adduct is empty"};
  try {
    if (ascii.find_first_of(",;/|") != std::string::npos) refuse("names several adducts");
    const Parts parts = split_parts(ascii);
    std::string_view body = parts.body;
    const int multiplicity = take_multiplicity(body);
    const auto terms = take_terms(body);
    const int carried = carried_charge(terms);
    refuse_ambiguous_charge(parts, carried, terms);
    const int charge = parts.charge != 0 ? parts.charge : settle_charge(carried, mode);
    if (std::abs(charge) > kMaxCharge) refuse("has the charge " + std::to_string(charge));
    return Adduct(multiplicity, charge, balance_of(terms, carried, charge));
  } catch (const Refusal& refusal) {
    return Failure{"adduct '" + ascii.substr(0, 60) + (ascii.size() > 60 ? "..." : "") + "' " + refusal.reason};
  }
}

}  // namespace molbridge::mass
