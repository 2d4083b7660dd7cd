#pragma once
// Where the candidates of an evaluated compound come from: a window of a bank, or a candidate file as MassSpecGym writes it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/mass/tolerance.hpp"
#include "molbridge/service/candidate_lists.hpp"
#include "molbridge/service/evaluation_set.hpp"

namespace molbridge::service {

struct PoolMolecule {
  std::string smiles;      ///< standardised; in released pools the string as given
  std::string inchikey14;  ///< "" in released pools, which know no molecules
};

struct PoolScores {
  float truth = 0;
  std::vector<float> others;  ///< in the order of CandidatePool::other()
};

/// The candidates of one compound, distinct by InChIKey first block: the truth and size() - 1 others, in an order that means nothing.
/// Molecules are read only when they are asked for. Threads: const use is safe.
class CandidatePool {
 public:
  virtual ~CandidatePool() = default;
  virtual std::uint64_t size() const = 0;
  /// The truth was not among the candidates and has been added.
  virtual bool truth_added() const = 0;
  /// Cosine of every molecule with `query` [D]. The truth is scored exactly as the others are: by its own row of the pool where it has
  /// one (the worst, where several share its block), else by its encoding in the storage of the others.
  virtual PoolScores scores(std::span<const float> query) const = 0;
  /// Pessimistic rank of the truth.
  std::uint64_t rank_of_truth(std::span<const float> query) const;

  virtual PoolMolecule truth() const = 0;
  /// Requires index < size() - 1.
  virtual PoolMolecule other(std::size_t index) const = 0;
  /// All of them; quicker than one by one.
  virtual std::vector<PoolMolecule> others() const;
  /// The row by which the truth is scored (the first, where several share its block). Shapes: [D].
  virtual std::vector<float> truth_embedding() const = 0;
  virtual std::vector<float> other_embedding(std::size_t index) const = 0;

  /// Keeps these others only, in this order. Requires distinct indices < size() - 1.
  virtual void keep(std::span<const std::size_t> others) = 0;
};

/// Which others stay when a pool may hold `most` molecules, the truth included: those whose (seed, truth, candidate) hash lowest,
/// ascending indices. So a choice follows from the molecules alone: it is the same for every model, bank and spelling, a smaller pool is
/// part of a larger one of the same seed, and a candidate more in the bank changes one place at most. Requires most >= 1.
std::vector<std::size_t> sample_others(const CandidatePool& pool, std::uint64_t most, std::uint64_t seed);

class PoolSource {
 public:
  virtual ~PoolSource() = default;
  /// False for a candidate file without the key of this query, which is then skipped.
  virtual bool has_pool(const EvaluationQuery& query) const = 0;
  /// Requires has_pool(query).
  virtual std::unique_ptr<CandidatePool> pool_of(const EvaluationCompound& compound,
                                                 const EvaluationQuery& query) const = 0;
};

/// Molecules of the bank within `tolerance` of the truth's monoisotopic mass. `encoder` is needed only to score a truth that the bank lacks;
/// null where nothing is scored.
std::unique_ptr<PoolSource> make_mass_pools(std::shared_ptr<const bank::Bank> bank,
                                            std::shared_ptr<const encoders::MoleculeEncoder> encoder,
                                            mass::Tolerance tolerance);
/// Molecules of the bank with the truth's formula.
std::unique_ptr<PoolSource> make_formula_pools(std::shared_ptr<const bank::Bank> bank,
                                               std::shared_ptr<const encoders::MoleculeEncoder> encoder);

/// The pools of `source` cut to `most` molecules by sample_others().
std::unique_ptr<PoolSource> make_capped_pools(std::unique_ptr<PoolSource> source, std::uint64_t most,
                                              std::uint64_t seed);

/// Every candidate is standardised and encoded once, and stored as a bank stores it (bits, or float16), so that a list taken from a bank
/// gives the ranks of that bank; those that do not parse are left out and counted. The lists must outlive the pools. Memory: 2 D bytes
/// (D / 8 for bits) per distinct molecule of the lists that some query asks for.
struct CandidateFilePools {
  std::unique_ptr<PoolSource> source;
  std::uint64_t distinct = 0;  ///< spellings that are asked for
  std::uint64_t rejected = 0;  ///< of these, unusable
};
CandidateFilePools make_candidate_file_pools(const CandidateLists& lists, const EvaluationSet& set,
                                             std::shared_ptr<const encoders::MoleculeEncoder> encoder,
                                             std::size_t threads, Progress& progress);

}  // namespace molbridge::service
