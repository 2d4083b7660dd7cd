#pragma once
// Filtered ranks of tails while BioBridge is trained: of held-out heads, among all nodes of the tail's type that have an edge in training.

#include <map>
#include <utility>
#include <vector>

#include "molbridge/service_train/biobridge_data.hpp"

namespace molbridge::service_train {

/// Figures "mrr", "hits_at_1", "hits_at_10" over edges and "mrr_relations", the mean over (head type, relation, tail type). Other right answers
/// of the head are no candidates; ties count against the tail; a tail that is no candidate counts as not found. Not thread-safe.
class BiobridgeValidator : public train::Validator {
 public:
  /// Both must outlive it.
  BiobridgeValidator(const BiobridgeData& data, train::BiobridgeTask& task);
  std::vector<std::pair<std::string, double>> measure() override;

 private:
  using Key = std::pair<std::uint32_t, std::uint32_t>;  // relation, type of the tail
  /// Reciprocal ranks of the edges at `places`.
  void rank(const Key& key, std::span<const std::size_t> places, const torch::Tensor& tails,
            std::vector<double>& reciprocal);

  const BiobridgeData& data_;
  train::BiobridgeTask& task_;
  std::map<Key, std::vector<std::size_t>> groups_;                                       ///< places in data.validation
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::uint32_t>> known_;  ///< head, relation: its tails
  std::vector<std::int64_t> column_;  ///< of each node: its place in the pool of its type, -1 where it is in none
};

}  // namespace molbridge::service_train
