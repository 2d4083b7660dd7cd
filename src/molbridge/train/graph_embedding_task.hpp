#pragma once
// TransE, DistMult, ComplEx and RotatE as a training task: true edges against edges whose head or tail is another node.
//
// Wrong nodes are drawn once per step and type and shared by all rows of the batch that need that type, so that scoring them is one matrix
// product. Known partners among them are taken out. Only nodes with a training edge are drawn: the vector of a node without one stays as it
// was drawn at the start, which is chance; such models say nothing of new nodes (transductive).

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "molbridge/graph/graph.hpp"
#include "molbridge/learn/graph_embedding.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/train/link_index.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::train {

enum class LinkLoss {
  kSelfAdversarial,  ///< Sun et al. 2019, equation 5: -log s(margin + f) - sum p log s(-margin - f'), p the softmax of the wrong scores
  kCrossEntropy,  ///< of the true edge among the wrong ones
};
/// "self-adversarial", "cross-entropy". Errors: kUsage with the list.
LinkLoss parse_link_loss(std::string_view text);
std::string_view name(LinkLoss loss);

struct LinkLossOptions {
  LinkLoss loss = LinkLoss::kSelfAdversarial;
  double margin = 9;
  double adversarial_temperature = 1;  ///< factor of the scores in the softmax; 0: all wrong edges weigh the same
};

/// Mean over rows. Shapes: right [B], wrong [B, M], known [B, M] (bool: no wrong edge after all); returns a scalar.
torch::Tensor link_loss(const torch::Tensor& right, const torch::Tensor& wrong, const torch::Tensor& known,
                        const LinkLossOptions& options);

struct GraphEmbeddingTaskOptions {
  learn::GraphEmbeddingOptions network;  ///< entities, relations and margin are set by the task
  LinkLossOptions loss;
  std::int64_t negatives = 256;  ///< wrong nodes per type and step
  bool typed_negatives = true;   ///< of the type that the relation has at that end; false: of any type
  double regularisation = 0;     ///< of the mean sum of |x|^3 over the vectors of a row (Lacroix et al. 2018)
  std::uint64_t seed = 1;
};

/// The graph must outlive the task. Not thread-safe.
class GraphEmbeddingTask : public Task {
 public:
  /// `edges`: indices into graph.edges() to train on.
  GraphEmbeddingTask(const graph::Graph& graph, std::vector<std::uint32_t> edges,
                     const GraphEmbeddingTaskOptions& options);

  torch::nn::Module& module() override { return *model_; }
  std::int64_t num_examples() const override { return static_cast<std::int64_t>(edges_.size()); }
  StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) override;
  /// Weight decay would move the vectors of nodes that are in no batch.
  std::vector<ParameterGroup> parameter_groups() const override {
    return {{"vectors", {"entities", "relations"}, 1, 0}};
  }

  learn::GraphEmbeddingImpl& model() { return *model_; }
  /// Training edges at each node.
  const std::vector<std::uint32_t>& degrees() const { return degrees_; }
  /// Tensors, sizes below [bridge], side files nodes.tsv and relations.tsv. docs/formats/graph-embedding.md.
  void write_model(nn::ModelFolderWriter& writer) const;

 private:
  struct Batch;
  struct Candidates;
  void choose_pools();
  /// Those with an edge: the vectors of others mean nothing.
  std::vector<std::int64_t> trained_relations() const;
  std::size_t pool_of(std::uint32_t relation, bool tail) const;
  std::map<std::size_t, Candidates> draw(const Batch& batch, const StepContext& context) const;
  torch::Tensor known(const Batch& batch, const std::vector<std::int64_t>& rows, const Candidates& candidates,
                      bool tail) const;
  torch::Tensor side_loss(const Batch& batch, const std::map<std::size_t, Candidates>& candidates, bool tail) const;

  const graph::Graph& graph_;
  std::vector<std::uint32_t> edges_;
  GraphEmbeddingTaskOptions options_;
  LinkIndex links_;
  std::vector<std::uint32_t> degrees_;
  std::vector<std::vector<std::uint32_t>> pools_;  ///< nodes with a training edge: of each type, or one of all
  learn::GraphEmbedding model_{nullptr};
};

}  // namespace molbridge::train
