#pragma once
// Hard negatives: for a training molecule, other molecules of its formula or mass, from a bank in the target's space.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/learn/tensors.hpp"
#include "molbridge/train/spectrum_dataset.hpp"

namespace molbridge::train {

enum class NegativePool { kFormula, kMass };
/// "formula", "ppm". Errors: kUsage with the list.
NegativePool parse_negative_pool(std::string_view text);
std::string_view name(NegativePool pool);

struct HardNegativeOptions {
  NegativePool pool = NegativePool::kFormula;
  double ppm = 10;                            ///< of kMass
  std::int64_t per_example = 32;              ///< drawn anew in every step
  std::int64_t pool_limit = 512;              ///< most molecules kept of a pool, drawn once
  std::vector<std::string> without_formulas;  ///< Hill; molecules of these are no negatives of anything
  std::uint64_t seed = 1;
};

/// Threads: draw is const.
class HardNegatives {
 public:
  /// Cost: one query of the bank per molecule. The rows stay in the map of the bank.
  HardNegatives(std::shared_ptr<const bank::Bank> bank, const std::vector<DatasetMolecule>& molecules,
                const HardNegativeOptions& options);

  struct Drawn {
    torch::Tensor vectors;  ///< [B, C, D] float32, zeros where none is present
    torch::Tensor present;  ///< [B, C] bool
  };
  /// Follows from seed, step and part alone. Shapes: B molecules, C = per_example.
  Drawn draw(std::span<const std::int64_t> molecules, std::int64_t step, std::int64_t part) const;
  /// The rows of the bank that draw() would show, at most C for each molecule.
  std::vector<std::vector<std::uint64_t>> draw_rows(std::span<const std::int64_t> molecules, std::int64_t step,
                                                    std::int64_t part) const;
  /// Rows of all that is kept of a molecule's pool.
  const std::vector<std::uint64_t>& rows(std::size_t molecule) const { return rows_[molecule]; }
  const bank::Bank& bank() const { return *bank_; }
  std::int64_t per_example() const { return options_.per_example; }

  /// Molecules that have no negative.
  std::size_t without() const;
  double mean_pool() const;

 private:
  std::shared_ptr<const bank::Bank> bank_;
  HardNegativeOptions options_;
  std::vector<std::vector<std::uint64_t>> rows_;  ///< of each molecule, without its own
};

}  // namespace molbridge::train
