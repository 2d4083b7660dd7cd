#pragma once
// BioBridge as a training task: edges of a typed graph, frozen vectors of its nodes, one bridge for all relations.

#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/learn/relation_bridge.hpp"
#include "molbridge/train/link_negatives.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::train {

/// Nodes that have a vector, and the edges between them that are trained on.
struct LinkSet {
  std::vector<std::uint32_t> type_of;  ///< of each node: row of the type embedding
  std::vector<std::uint32_t> row_of;   ///< of each node: row of the table of its type
  std::vector<torch::Tensor> tables;   ///< by type: float32 [N, D of the encoder]; undefined for types without nodes
  std::vector<LinkEdge> edges;
};

struct BiobridgeTaskOptions {
  learn::RelationBridgeOptions network;  ///< its inputs are set by the task
  double temperature = 0.1;
  std::int64_t negatives = 5;  ///< drawn anew for each edge in each step
  bool in_batch =
      false;  ///< the tails of one type in a batch, drawn ones too, are candidates for all its edges of that type
  std::uint64_t seed = 1;
};

/// The set must outlive the task. Not thread-safe.
class BiobridgeTask : public Task {
 public:
  BiobridgeTask(const LinkSet& set, const BiobridgeTaskOptions& options);

  torch::nn::Module& module() override { return *bridge_; }
  std::int64_t num_examples() const override { return static_cast<std::int64_t>(set_.edges.size()); }
  StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) override;

  /// Vectors of nodes in the space of tails, in the mode the module is in. Shapes: returns [nodes, D].
  torch::Tensor project(std::span<const std::uint32_t> nodes);
  /// Queries for tails of one type. Shapes: returns [heads, D].
  torch::Tensor query(std::span<const std::uint32_t> heads, std::uint32_t relation, std::uint32_t tail_type);
  const LinkNegatives& negatives() const { return negatives_; }
  const learn::RelationBridgeImpl& bridge() const { return *bridge_; }

 private:
  struct Batch;
  Batch gather(std::span<const std::int64_t> examples, const StepContext& context) const;
  torch::Tensor project_all(const Batch& batch);
  torch::Tensor table_rows(std::uint32_t type, std::span<const std::uint32_t> nodes) const;
  torch::Tensor in_batch_loss(const Batch& batch, const torch::Tensor& queries, const torch::Tensor& nodes) const;
  torch::Tensor known_tails(const Batch& batch, std::uint32_t type, std::span<const std::int64_t> rows) const;

  const LinkSet& set_;
  BiobridgeTaskOptions options_;
  LinkNegatives negatives_;
  learn::RelationBridge bridge_{nullptr};
};

}  // namespace molbridge::train
