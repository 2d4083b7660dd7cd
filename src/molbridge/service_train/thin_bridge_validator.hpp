#pragma once
// Retrieval among held-out pairs while a thin bridge is trained: texts against molecules, and molecules against texts.

#include <memory>
#include <string>
#include <vector>

#include "molbridge/train/task.hpp"
#include "molbridge/train/thin_bridge_task.hpp"

namespace molbridge::service_train {

/// Figures in [0, 1]: mrr, recall_at_1, recall_at_10 (texts to molecules), molecule_mrr (molecules to texts). A query is a distinct text, in the first of
/// its variants, or a molecule; all its partners are right, the first of them counts, and the others leave the list. Candidates are all of the
/// held-out pairs; ties count against the right one. Not thread-safe.
class ThinBridgeValidator : public train::Validator {
 public:
  /// All must outlive the validator.
  ThinBridgeValidator(const train::TextPairs& pairs, const train::PairFeatures& features, train::ThinBridgeTask& task);
  std::vector<std::pair<std::string, double>> measure() override;
  std::string describe() const;

 private:
  const train::PairFeatures& features_;
  train::ThinBridgeTask& task_;
  std::vector<std::int64_t> molecules_, texts_;  ///< places in the features
  torch::Tensor right_;                          ///< [texts, molecules] bool
};

}  // namespace molbridge::service_train
