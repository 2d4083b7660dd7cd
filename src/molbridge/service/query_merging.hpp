#pragma once
// Merged queries: the spectra of one compound asked as one.

#include <cstdint>
#include <string>

#include "molbridge/service/evaluation_set.hpp"

namespace molbridge::service {

enum class Merge {
  kNone,
  kCompound,        ///< one consensus spectrum per compound, adduct and ion mode
  kCompoundEnergy,  ///< and collision energy as written
  kScores,          ///< one query per compound; the vectors of its spectra are averaged
};
/// "none", "compound", "compound-energy", "scores". Errors: kUsage with the list.
Merge parse_merge(const std::string& text);

/// Spectra that went in, and queries that came out of them; skipped ones stay as they are.
struct MergeReport {
  std::uint64_t spectra = 0;
  std::uint64_t queries = 0;
};

/// Replaces the answerable queries of `set`. A merged query stands where the first of its spectra stood, has the smallest id of its
/// spectra, and looks for its list by any of their keys.
MergeReport merge_queries(EvaluationSet& set, Merge merge);

}  // namespace molbridge::service
