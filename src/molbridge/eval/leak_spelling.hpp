#pragma once
// What the spelling of a candidate says, apart from its structure. Page: docs/audit.md. Pure functions; thread-safe.
//
// A label compares a string with what its own structure would allow, and is NaN where the structure leaves no choice (a molecule without
// aromatic atoms cannot show which form its writer prefers). So a set written in one dialect throughout has nothing to show, whatever its
// molecules are.

#include <string>
#include <string_view>
#include <vector>

#include "molbridge/chem/descriptors.hpp"
#include "molbridge/eval/leak_learner.hpp"

namespace molbridge::eval {

/// A candidate as given and as it would be spelled.
struct SpelledCandidate {
  std::string given;
  bool parsed = false;  ///< all below is empty otherwise
  std::string
      own;  ///< RDKit's canonical spelling of the very structure given, in the form (aromatic, Kekule) that was used
  std::string standard;         ///< the one spelling of the project
  std::string standard_kekule;  ///< the same structure in Kekule form
  chem::Descriptors as_given, standardised;
};

/// Standardises and spells. Cost: about 1 ms.
SpelledCandidate spell_candidate(std::string given);

/// Lower-case (aromatic) atoms of a SMILES as written; no chemistry.
int count_lower_case_atoms(std::string_view smiles);

struct SpellingLabel {
  const char* id;
  const char* title;
  const char* remedy;  ///< what to do where it tells truths from decoys
  double (*value)(const SpelledCandidate& candidate);
};
const std::vector<SpellingLabel>& spelling_labels();

/// General features of a string for a learned rule: hashed character 1- to 3-grams with both ends marked, and counts. `candidate` gives the
/// labels too where `spelling` is its string as given; pass null to look at the string alone.
LearnerFeatures string_features(std::string_view spelling, const SpelledCandidate* candidate);

}  // namespace molbridge::eval
