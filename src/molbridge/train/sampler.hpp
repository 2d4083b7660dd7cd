#pragma once
// Which examples stand in which batch. The batches of an epoch follow from the seed and the number of the epoch alone, so that a resumed run sees
// the same.

#include <cstdint>
#include <string_view>
#include <vector>

#include "molbridge/train/task.hpp"

namespace molbridge::train {

enum class SamplerKind {
  kShuffle,   ///< every example once
  kBalanced,  ///< replicate-balanced: at most `per_group` examples of a group per epoch, drawn anew in each
  kUnique,    ///< as kBalanced, and no group twice in a batch: other spectra of a molecule are never its negatives
  kGrouped,  ///< every example once, those of a group side by side in lots of `per_group`: a batch holds negatives of one group
};
/// "shuffle", "balanced", "unique", "grouped". Errors: kUsage with the list.
SamplerKind parse_sampler(std::string_view text);
std::string_view name(SamplerKind kind);

struct SamplerOptions {
  SamplerKind kind = SamplerKind::kShuffle;
  std::int64_t batch_size = 128;
  std::int64_t per_group = 4;  ///< of kBalanced, kUnique and kGrouped
  bool drop_last = false;      ///< leave out an incomplete last batch
  std::uint64_t seed = 1;
};

using Batches = std::vector<std::vector<std::int64_t>>;

/// Threads: const use is safe.
class Sampler {
 public:
  Sampler(const Task& task, const SamplerOptions& options);
  Batches epoch(std::int64_t number) const;

 private:
  std::vector<std::vector<std::int64_t>> draw_rounds(std::int64_t number) const;
  Batches grouped(std::int64_t number) const;
  Batches cut(const std::vector<std::int64_t>& order) const;

  SamplerOptions options_;
  std::vector<std::vector<std::int64_t>> members_;  // of each group, in the order of its first example
};

}  // namespace molbridge::train
