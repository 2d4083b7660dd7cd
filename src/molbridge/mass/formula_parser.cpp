// The grammar of formulas:
//   formula  = part { "." part } [charge]            part  = [number] { unit [number] }
//   unit     = element | "D" | "T" | "(" part ")" | "[" number element "]" | "[" part "]"
//   charge   = "+"... | "-"... | sign number         after a bracket around the whole text also: number sign

#include <cctype>
#include <cstdint>
#include <string>

#include "molbridge/core/text.hpp"
#include "molbridge/mass/formula.hpp"

namespace molbridge::mass {
namespace {

constexpr int kMaxDepth = 16;
constexpr int kMaxCharge = 100;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_sign(char c) { return c == '+' || c == '-'; }

/// Thrown within this file only: recursion is easier to read with it, and parse() turns it into a Failure.
struct Refusal {
  std::string reason;
};

[[noreturn]] void refuse(std::string reason) { throw Refusal{std::move(reason)}; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Formula parse() {
    const int charge = take_charge();
    Formula sum = dotted_parts();
    if (sum.empty()) refuse("has no atoms");
    sum.set_charge(charge);
    return sum;
  }

 private:
  bool at_end() const { return position_ == text_.size(); }
  char peek() const { return text_[position_]; }

  /// Digits at the cursor as a count; `absent` where there are none.
  int number(int absent) {
    const std::size_t start = position_;
    std::int64_t value = 0;
    while (!at_end() && is_digit(peek())) {
      value = value * 10 + (text_[position_++] - '0');
      if (value > Formula::kMaxAtoms) refuse("has a count above " + format_count(Formula::kMaxAtoms));
    }
    return position_ == start ? absent : static_cast<int>(value);
  }

  static void add_checked(Formula& sum, const Formula& part, int times) {
    for (const auto& [nuclide, count] : part.counts()) {
      const std::int64_t total = std::int64_t{count} * times + sum.count(nuclide);
      if (total > Formula::kMaxAtoms)
        refuse("has more than " + format_count(Formula::kMaxAtoms) + " atoms of one kind");
      sum.add(nuclide, count * times);
    }
  }

  Formula dotted_parts() {
    Formula sum;
    while (true) {
      const bool first = position_ == 0;
      if (first && !at_end() && is_digit(peek())) refuse("starts with a digit; isotopes are written as [13C]");
      const int times = number(1);
      const Formula part = sequence(0);
      if (!at_end() && peek() != '.') refuse(std::string("has an unexpected '") + peek() + "'");
      if (part.empty()) refuse("has an empty part");
      add_checked(sum, part, times);
      if (at_end()) return sum;
      ++position_;
    }
  }

  Formula sequence(int depth) {
    if (depth > kMaxDepth) refuse("has brackets nested deeper than " + std::to_string(kMaxDepth));
    Formula sum;
    while (!at_end() && (is_upper(peek()) || peek() == '(' || peek() == '[')) {
      const Formula one = unit(depth);
      add_checked(sum, one, number(1));
    }
    return sum;
  }

  Formula unit(int depth) {
    if (peek() != '(' && peek() != '[') return single(element());
    const char closing = peek() == '(' ? ')' : ']';
    ++position_;
    if (closing == ']' && !at_end() && is_digit(peek())) return isotope();
    Formula group = sequence(depth + 1);
    if (at_end() || peek() != closing) refuse(std::string("lacks a '") + closing + "'");
    ++position_;
    if (group.empty()) refuse("has empty brackets");
    return group;
  }

  Formula isotope() {
    const int mass_number = number(0);
    Nuclide nuclide = element();
    if (nuclide.mass_number != 0) refuse("names an isotope twice");
    nuclide.mass_number = mass_number;
    if (mass_number == 0 || !nuclide_mass(nuclide)) {
      refuse("names an unknown isotope [" + std::to_string(mass_number) +
             std::string(element_symbol(nuclide.atomic_number)) + "]");
    }
    if (at_end() || peek() != ']') refuse("lacks a ']' after an isotope");
    ++position_;
    return single(nuclide);
  }

  static Formula single(Nuclide nuclide) {
    Formula one;
    one.add(nuclide, 1);
    return one;
  }

  Nuclide element() {
    if (at_end() || !is_upper(peek())) refuse("lacks an element symbol");
    const std::size_t start = position_++;
    if (!at_end() && is_lower(peek())) ++position_;
    const std::string_view symbol = text_.substr(start, position_ - start);
    if (symbol == "D") return {1, 2};
    if (symbol == "T") return {1, 3};
    const auto known = atomic_number(symbol);
    if (!known) refuse("has an unknown element '" + std::string(symbol) + "'");
    return {*known, 0};
  }

  int take_charge();
  bool take_outer_bracket(std::string_view inside, std::string_view tail, int& charge);

  std::string_view text_;
  std::size_t position_ = 0;
};

/// "+", "--", "+2", and with `digits_first` "2+". 0 where it is none of these.
int read_charge(std::string_view text, bool digits_first) {
  if (text.empty()) return 0;
  std::size_t signs = 0;
  while (signs < text.size() && text[signs] == text[0]) ++signs;
  const bool leading = is_sign(text[0]);
  if (leading && signs == text.size())
    return (text[0] == '+' ? 1 : -1) * static_cast<int>(std::min<std::size_t>(signs, 1000));
  if (!leading && !(digits_first && is_sign(text.back()))) return 0;
  const std::string_view digits = leading ? text.substr(1) : text.substr(0, text.size() - 1);
  for (const char c : digits) {
    if (!is_digit(c)) return 0;
  }
  if (digits.size() > 4) refuse("has a charge above " + std::to_string(kMaxCharge));
  const char sign = leading ? text[0] : text.back();
  return (sign == '+' ? 1 : -1) * static_cast<int>(parse_int(digits).value_or(0));
}

/// Cuts the charge off the end of the text.
int Parser::take_charge() {
  int charge = 0;
  const std::size_t bracket = text_.rfind(']');
  const bool bracketed = text_.starts_with('[') && bracket != std::string_view::npos && text_.find(']') != 0;
  if (bracketed && take_outer_bracket(text_.substr(1, bracket - 1), text_.substr(bracket + 1), charge)) return charge;
  std::size_t cut = text_.size();
  while (cut > 0 && is_digit(text_[cut - 1])) --cut;
  if (cut == 0 || !is_sign(text_[cut - 1])) return 0;
  while (cut > 0 && is_sign(text_[cut - 1])) --cut;
  charge = read_charge(text_.substr(cut), false);
  if (charge == 0) refuse("has a charge that cannot be read, '" + std::string(text_.substr(cut)) + "'");
  if (std::abs(charge) > kMaxCharge) refuse("has a charge above " + std::to_string(kMaxCharge));
  text_ = text_.substr(0, cut);
  return charge;
}

/// "[C6H5]+": one bracket around everything, which then is no more than a place to hang the charge on.
bool Parser::take_outer_bracket(std::string_view inside, std::string_view tail, int& charge) {
  if (inside.empty() || is_digit(inside[0])) return false;  // an isotope, "[13C]+"
  int open = 1;
  for (const char c : inside) {
    if (c == '[') ++open;
    if (c == ']' && --open == 0) return false;  // the first bracket closes before the last one: "[C][H]+"
  }
  const int value = read_charge(tail, true);
  if (value == 0) return false;
  if (std::abs(value) > kMaxCharge) refuse("has a charge above " + std::to_string(kMaxCharge));
  charge = value;
  text_ = inside;
  return true;
}

}  // namespace

Result<Formula> Formula::parse(std::string_view text) {
  std::string compact;
  if (text.size() > kMaxTextLength)
    return Failure{"formula is longer than " + std::to_string(kMaxTextLength) + " characters"};
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) compact += c;
  }
  const std::string shown = "formula '" + compact.substr(0, 60) + (compact.size() > 60 ? "..." : "") + "' ";
  if (compact.empty()) return Failure{"formula is empty"};
  try {
    return Parser(compact).parse();
  } catch (const Refusal& refusal) {
    return Failure{shown + refusal.reason};
  }
}

}  // namespace molbridge::mass
