#pragma once
// What is evaluated: spectra with known structures, grouped by compound (InChIKey first block).

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/mass/formula.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::service {

struct EvaluationCompound {
  std::string inchikey14;
  std::string smiles;  ///< standardised; "" for a query whose truth is not usable
  mass::Formula formula;
  double mass = 0;     ///< monoisotopic, u
  double novelty = 0;  ///< largest Tanimoto (Morgan radius 2, 2048 bits) to a training molecule
};

struct EvaluationQuery {
  spectra::Spectrum spectrum;  ///< peaks empty when skipped
  std::size_t compound = 0;
  std::string pool_key;                 ///< structure as written, to find its list in a candidate file
  std::string skip_reason;              ///< "" for a query that can be answered
  std::string list_key;                 ///< key of its list in a candidate file, from resolve_list_keys(); "" for none
  std::uint64_t merged_from = 1;        ///< spectra behind this query (query_merging.hpp)
  std::vector<spectra::Spectrum> more;  ///< spectra whose vectors are averaged with that of `spectrum`
};

/// read == queries.size() + unlabelled, until queries are merged.
struct EvaluationSet {
  std::vector<EvaluationCompound> compounds;
  std::vector<EvaluationQuery> queries;
  std::uint64_t read = 0;
  std::uint64_t unlabelled = 0;  ///< spectra without any structure: they are no queries
};

struct EvaluationSetOptions {
  std::vector<std::string> files;
  std::size_t threads = 1;
  /// Truth of spectra that name no structure, by spectrum id (first entries of a candidate file); may be empty.
  std::unordered_map<std::string, std::string> truth_by_id;
};

/// Every record that names a structure, or that was unusable so that nobody knows, is a query; unusable ones carry a reason and stay
/// in the denominators, each as a compound of its own when its structure is unknown. Errors: kInput.
EvaluationSet load_evaluation_set(const EvaluationSetOptions& options, Progress& progress);

/// Fills `novelty` of every compound. `training_smiles` are standardised.
void measure_novelty(EvaluationSet& set, const std::vector<std::string>& training_smiles, std::size_t threads);

}  // namespace molbridge::service
