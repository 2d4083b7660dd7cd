#pragma once
// Where the candidates of an evaluated compound come from: a window of a bank, or a candidate file as MassSpecGym writes it.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/mass/tolerance.hpp"
#include "molbridge/service/evaluation_set.hpp"

namespace molbridge::service {

/// The candidates of one compound, distinct by InChIKey first block; the truth is one of them.
class CandidatePool {
 public:
  virtual ~CandidatePool() = default;
  virtual std::uint64_t size() const = 0;
  /// The truth was not among the candidates and has been added.
  virtual bool truth_added() const = 0;
  /// Pessimistic rank of the truth by cosine with `query` [D]; the truth is scored exactly as the others are.
  virtual std::uint64_t rank_of_truth(std::span<const float> query) const = 0;
};

class PoolSource {
 public:
  virtual ~PoolSource() = default;
  /// False for a candidate file without the key of this query, which is then skipped.
  virtual bool has_pool(const EvaluationQuery& query) const = 0;
  /// Requires has_pool(query).
  virtual std::unique_ptr<CandidatePool> pool_of(const EvaluationCompound& compound,
                                                 const EvaluationQuery& query) const = 0;
};

/// Molecules of the bank within `tolerance` of the truth's monoisotopic mass.
std::unique_ptr<PoolSource> make_mass_pools(std::shared_ptr<const bank::Bank> bank,
                                            std::shared_ptr<const encoders::MoleculeEncoder> encoder,
                                            mass::Tolerance tolerance);
/// Molecules of the bank with the truth's formula.
std::unique_ptr<PoolSource> make_formula_pools(std::shared_ptr<const bank::Bank> bank,
                                               std::shared_ptr<const encoders::MoleculeEncoder> encoder);

/// A candidate file: {"key": ["SMILES", ...]} with the query's SMILES or its id as key.
using CandidateLists = std::unordered_map<std::string, std::vector<std::string>>;
/// Errors: kInput when the file is no such object.
CandidateLists read_candidate_lists(const std::string& path);
/// By structure as written, else by id; null when there is none.
const std::vector<std::string>* list_of(const CandidateLists& lists, const EvaluationQuery& query);

/// Every candidate is standardised and encoded once; those that do not parse are left out and counted.
struct CandidateFilePools {
  std::unique_ptr<PoolSource> source;
  std::uint64_t distinct = 0;
  std::uint64_t rejected = 0;
};
CandidateFilePools make_candidate_file_pools(const CandidateLists& lists, const EvaluationSet& set,
                                             std::shared_ptr<const encoders::MoleculeEncoder> encoder,
                                             std::size_t threads, Progress& progress);

}  // namespace molbridge::service
