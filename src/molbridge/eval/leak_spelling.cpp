#include "molbridge/eval/leak_spelling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "molbridge/core/text.hpp"

namespace molbridge::eval {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool is_aromatic_letter(char c) { return std::string_view("bcnops").find(c) != std::string_view::npos; }

/// Characters of `wanted` outside of brackets.
int count_outside(std::string_view smiles, std::string_view wanted) {
  int count = 0;
  bool inside = false;
  for (const char c : smiles) {
    if (c == '[') inside = true;
    if (!inside && wanted.find(c) != std::string_view::npos) ++count;
    if (c == ']') inside = false;
  }
  return count;
}

int count_inside(std::string_view smiles, char wanted) {
  int count = 0;
  bool inside = false;
  for (const char c : smiles) {
    if (c == '[') inside = true;
    if (inside && c == wanted) ++count;
    if (c == ']') inside = false;
  }
  return count;
}

int count_char(std::string_view text, char wanted) {
  return static_cast<int>(std::count(text.begin(), text.end(), wanted));
}

/// Largest ring closure number, "%12" included; 0 for none.
int largest_ring_number(std::string_view smiles) {
  int largest = 0;
  bool inside = false;
  for (std::size_t i = 0; i < smiles.size(); ++i) {
    if (smiles[i] == '[') inside = true;
    if (smiles[i] == ']') inside = false;
    if (inside) continue;
    int number = smiles[i] >= '0' && smiles[i] <= '9' ? smiles[i] - '0' : 0;
    if (smiles[i] == '%' && i + 2 < smiles.size()) {
      number = static_cast<int>(parse_int(smiles.substr(i + 1, 2)).value_or(0));
      i += 2;
    }
    largest = std::max(largest, number);
  }
  return largest;
}

/// How often `count` finds more in the string than in the spelling that RDKit would give the same structure.
template <typename Count>
double excess(const SpelledCandidate& candidate, const Count& count) {
  if (!candidate.parsed) return kNan;
  return static_cast<double>(count(trim(candidate.given))) - static_cast<double>(count(candidate.own));
}

double share(int part, int whole) {
  return whole > 0 ? std::min(1.0, static_cast<double>(part) / static_cast<double>(whole)) : kNan;
}

double odd_characters(const SpelledCandidate& candidate) {
  return static_cast<double>(std::count_if(candidate.given.begin(), candidate.given.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code <= 0x20 || code > 0x7e;
  }));
}

constexpr const char* kOneSpelling =
    "Spell truths and decoys by one function (RDKit canonical) before anything looks at them, in training too.";
constexpr const char* kOneCuration =
    "Curate truths and decoys alike: remove stereo, salts, charges and isotopes from all, or from none.";

std::vector<SpellingLabel> make_labels() {
  using C = SpelledCandidate;
  return {
      {"aromatic_form", "aromatic atoms written in lower case", kOneSpelling,
       [](const C& c) { return c.parsed ? share(count_lower_case_atoms(c.given), c.as_given.aromatic_atoms) : kNan; }},
      {"canonical", "is RDKit's own spelling of the structure", kOneSpelling,
       [](const C& c) { return c.parsed ? (trim(c.given) == c.own ? 1.0 : 0.0) : kNan; }},
      {"length", "characters beyond RDKit's own spelling", kOneSpelling,
       [](const C& c) { return excess(c, [](std::string_view s) { return s.size(); }); }},
      {"brackets", "atoms in brackets that need none", kOneSpelling,
       [](const C& c) { return excess(c, [](std::string_view s) { return count_char(s, '['); }); }},
      {"hydrogens", "hydrogens written out", kOneSpelling,
       [](const C& c) { return excess(c, [](std::string_view s) { return count_inside(s, 'H'); }); }},
      {"ring_numbers", "largest ring number beyond RDKit's own", kOneSpelling,
       [](const C& c) { return excess(c, largest_ring_number); }},
      {"bond_symbols", "bonds written that need no symbol", kOneSpelling,
       [](const C& c) { return excess(c, [](std::string_view s) { return count_outside(s, "-=:#"); }); }},
      {"branches", "branches beyond RDKit's own spelling", kOneSpelling,
       [](const C& c) { return excess(c, [](std::string_view s) { return count_char(s, '('); }); }},
      {"stereo_centres", "stereo centres marked, of those possible", kOneCuration,
       [](const C& c) {
         return c.parsed ? share(c.as_given.stereo_centres, c.as_given.possible_stereo_centres) : kNan;
       }},
      {"stereo_bonds", "double bonds marked E/Z, of those possible", kOneCuration,
       [](const C& c) { return c.parsed ? share(c.as_given.stereo_bonds, c.as_given.possible_stereo_bonds) : kNan; }},
      {"charges", "charges that standardisation removes", kOneCuration,
       [](const C& c) {
         return c.parsed ? static_cast<double>(c.as_given.charged_atoms - c.standardised.charged_atoms) : kNan;
       }},
      {"salts", "counter-ions and solvents", kOneCuration,
       [](const C& c) { return c.parsed ? static_cast<double>(c.as_given.fragments - 1) : kNan; }},
      {"isotopes", "isotope labels", kOneCuration,
       [](const C& c) { return c.parsed ? static_cast<double>(c.as_given.isotope_atoms) : kNan; }},
      {"characters", "blanks and characters that are not SMILES", "Trim and validate the strings.", odd_characters},
      {"parses", "readable as a structure", "Remove the strings that do not parse, and say how many there were.",
       [](const C& c) { return c.parsed ? 1.0 : 0.0; }},
  };
}

std::uint32_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return static_cast<std::uint32_t>((hash ^ (hash >> 29)) % kSparseWidth);
}

/// Log counts of n-grams, as a vector of length 1: what a string is like, not how long it is.
void add_ngrams(std::string_view spelling, LearnerFeatures& out) {
  const std::string text = "\x02" + std::string(spelling) + "\x03";
  std::vector<std::uint32_t> grams;
  for (std::size_t length = 1; length <= 3; ++length) {
    for (std::size_t i = 0; i + length <= text.size(); ++i) {
      grams.push_back(hash_of(std::string_view(text).substr(i, length)));
    }
  }
  std::sort(grams.begin(), grams.end());
  float squares = 0;
  for (std::size_t i = 0; i < grams.size();) {
    const std::size_t start = i;
    while (i < grams.size() && grams[i] == grams[start]) ++i;
    const float value = std::log1p(static_cast<float>(i - start));
    squares += value * value;
    out.sparse.emplace_back(grams[start], value);
  }
  for (auto& [index, value] : out.sparse) value /= std::sqrt(squares);
}

}  // namespace

int count_lower_case_atoms(std::string_view smiles) {
  int count = 0;
  for (std::size_t i = 0; i < smiles.size(); ++i) {
    if (smiles[i] != '[') {
      count += is_aromatic_letter(smiles[i]) ? 1 : 0;
      continue;
    }
    ++i;
    while (i < smiles.size() && smiles[i] >= '0' && smiles[i] <= '9') ++i;  // the isotope
    if (i < smiles.size() && (is_aromatic_letter(smiles[i]) || smiles.substr(i, 2) == "as")) ++count;
    while (i < smiles.size() && smiles[i] != ']') ++i;
  }
  return count;
}

SpelledCandidate spell_candidate(std::string given) {
  SpelledCandidate out;
  out.given = std::move(given);
  const auto as_given = chem::Molecule::from_smiles(out.given);
  if (!as_given) return out;
  const auto standard = chem::standardize(*as_given);
  if (!standard) return out;
  out.parsed = true;
  out.as_given = chem::descriptors(*as_given);
  out.standard = standard->smiles();
  const auto kekule = chem::kekule_smiles(*standard);
  out.standard_kekule = kekule ? *kekule : out.standard;
  out.own = as_given->smiles();
  if (out.as_given.aromatic_atoms > 0 && count_lower_case_atoms(out.given) == 0) {
    const auto own = chem::kekule_smiles(*as_given);
    if (own) out.own = *own;
  }
  out.standardised = chem::descriptors(*standard);
  return out;
}

const std::vector<SpellingLabel>& spelling_labels() {
  static const std::vector<SpellingLabel> kLabels = make_labels();
  return kLabels;
}

LearnerFeatures string_features(std::string_view spelling, const SpelledCandidate* candidate) {
  LearnerFeatures out;
  out.dense.push_back(static_cast<double>(spelling.size()));
  for (const char c : {'(', '[', '=', '@', '/', '\\', '.', '+', '-', 'H', '%', ':', '1', '2', '3'}) {
    out.dense.push_back(count_char(spelling, c));
  }
  out.dense.push_back(count_lower_case_atoms(spelling));
  for (const SpellingLabel& label : spelling_labels()) {
    // The control has no labels: it is spelled as all are.
    out.dense.push_back(candidate != nullptr ? label.value(*candidate) : 0.0);
  }
  add_ngrams(spelling, out);
  return out;
}

}  // namespace molbridge::eval
