#include "molbridge/train/graph_embedding_task.hpp"

#include <algorithm>
#include <string>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::train {
namespace {

constexpr double kNever = -1e9;  // score of what is no wrong edge; finite, so that no gradient becomes 0 times infinity

torch::Tensor index_tensor(const std::vector<std::int64_t>& values) { return torch::tensor(values, torch::kInt64); }

}  // namespace

LinkLoss parse_link_loss(std::string_view text) {
  for (const auto loss : {LinkLoss::kSelfAdversarial, LinkLoss::kCrossEntropy}) {
    if (text == name(loss)) return loss;
  }
  throw Error(ErrorCode::kUsage, "unknown loss '" + std::string(text) + "'")
      .remedy("Use self-adversarial or cross-entropy.");
}

std::string_view name(LinkLoss loss) {
  return loss == LinkLoss::kSelfAdversarial ? "self-adversarial" : "cross-entropy";
}

torch::Tensor link_loss(const torch::Tensor& right, const torch::Tensor& wrong, const torch::Tensor& known,
                        const LinkLossOptions& options) {
  const torch::Tensor scores = wrong.masked_fill(known, kNever);
  if (options.loss == LinkLoss::kCrossEntropy)
    return (torch::cat({right.unsqueeze(1), scores}, 1).logsumexp(1) - right).mean();
  // Masked before the softmax too: a temperature of 0 would give them the weight of the others.
  const torch::Tensor weights =
      (scores * options.adversarial_temperature).masked_fill(known, kNever).softmax(1).detach();
  const torch::Tensor of_wrong = (weights * torch::log_sigmoid(-options.margin - scores)).sum(1);
  return -(torch::log_sigmoid(options.margin + right) + of_wrong).mean() / 2;
}

/// A batch whose node vectors were gathered once: rows of `nodes`, which indices here are into.
struct GraphEmbeddingTask::Batch {
  std::vector<graph::Edge> edges;
  std::vector<std::int64_t> heads, tails;
  torch::Tensor right;                       // [B]
  torch::Tensor tail_queries, head_queries;  // [B, D]
  torch::Tensor nodes;
};

/// Wrong nodes of one type.
struct GraphEmbeddingTask::Candidates {
  std::vector<std::uint32_t> nodes;  // rising
  std::vector<std::int64_t> places;  // in Batch::nodes
};

GraphEmbeddingTask::GraphEmbeddingTask(const graph::Graph& graph, std::vector<std::uint32_t> edges,
                                       const GraphEmbeddingTaskOptions& options)
    : graph_(graph), edges_(std::move(edges)), options_(options), links_(graph, edges_) {
  MOLBRIDGE_CHECK(!edges_.empty() && options.negatives > 0, "nothing to learn from");
  degrees_.assign(graph.nodes().size(), 0);
  for (const std::uint32_t index : edges_) {
    ++degrees_[graph.edges()[index].head];
    ++degrees_[graph.edges()[index].tail];
  }
  choose_pools();
  options_.network.entities = static_cast<std::int64_t>(graph.nodes().size());
  options_.network.relations = static_cast<std::int64_t>(graph.relations().size());
  options_.network.margin = options.loss.margin;
  torch::manual_seed(options.seed);
  model_ = learn::GraphEmbedding(options_.network);
}

void GraphEmbeddingTask::choose_pools() {
  pools_.resize(options_.typed_negatives ? graph_.types().size() : 1);
  for (std::uint32_t node = 0; node < degrees_.size(); ++node)
    if (degrees_[node] > 0) pools_[options_.typed_negatives ? graph_.type_of(node) : 0].push_back(node);
}

std::size_t GraphEmbeddingTask::pool_of(std::uint32_t relation, bool tail) const {
  if (!options_.typed_negatives) return 0;
  const graph::Relation& of = graph_.relations()[relation];
  return *graph_.find_type(tail ? of.tail_type : of.head_type);
}

std::map<std::size_t, GraphEmbeddingTask::Candidates> GraphEmbeddingTask::draw(const Batch& batch,
                                                                               const StepContext& context) const {
  std::map<std::size_t, Candidates> out;
  for (const graph::Edge& edge : batch.edges)
    for (const bool tail : {false, true}) out[pool_of(edge.relation, tail)];
  Rng rng(options_.seed, "negatives " + std::to_string(context.step) + " " + std::to_string(context.part));
  for (auto& [pool, candidates] : out) {
    candidates.nodes = pools_[pool];
    const auto most = static_cast<std::size_t>(options_.negatives);
    if (candidates.nodes.size() <= most) continue;
    for (std::size_t i = 0; i < most; ++i)
      std::swap(candidates.nodes[i], candidates.nodes[i + rng.below(candidates.nodes.size() - i)]);
    candidates.nodes.resize(most);
    std::sort(candidates.nodes.begin(), candidates.nodes.end());
  }
  return out;
}

torch::Tensor GraphEmbeddingTask::known(const Batch& batch, const std::vector<std::int64_t>& rows,
                                        const Candidates& candidates, bool tail) const {
  const auto width = static_cast<std::int64_t>(candidates.nodes.size());
  torch::Tensor mask = torch::zeros({static_cast<std::int64_t>(rows.size()), width}, torch::kBool);
  bool* row = mask.data_ptr<bool>();
  for (const std::int64_t at : rows) {
    const graph::Edge& edge = batch.edges[static_cast<std::size_t>(at)];
    const auto partners = tail ? links_.tails_of(edge.head, edge.relation) : links_.heads_of(edge.tail, edge.relation);
    auto from = candidates.nodes.begin();
    for (const std::uint32_t partner : partners) {
      from = std::lower_bound(from, candidates.nodes.end(), partner);
      if (from == candidates.nodes.end()) break;
      if (*from == partner) row[from - candidates.nodes.begin()] = true;
    }
    row += width;
  }
  return mask;
}

torch::Tensor GraphEmbeddingTask::side_loss(const Batch& batch, const std::map<std::size_t, Candidates>& candidates,
                                            bool tail) const {
  std::map<std::size_t, std::vector<std::int64_t>> rows_of;
  for (std::size_t i = 0; i < batch.edges.size(); ++i)
    rows_of[pool_of(batch.edges[i].relation, tail)].push_back(static_cast<std::int64_t>(i));
  torch::Tensor sum = torch::zeros({}, torch::kFloat32);
  for (const auto& [pool, rows] : rows_of) {
    const Candidates& wrong = candidates.at(pool);
    const torch::Tensor places = index_tensor(rows);
    const torch::Tensor queries = (tail ? batch.tail_queries : batch.head_queries).index_select(0, places);
    const torch::Tensor scores = model_->scores(queries, batch.nodes.index_select(0, index_tensor(wrong.places)));
    sum = sum + link_loss(batch.right.index_select(0, places), scores, known(batch, rows, wrong, tail), options_.loss) *
                    static_cast<double>(rows.size());
  }
  return sum / static_cast<double>(batch.edges.size());
}

StepLoss GraphEmbeddingTask::loss(std::span<const std::int64_t> examples, const StepContext& context) {
  Batch batch;
  std::vector<std::int64_t> gathered, relations;
  for (const std::int64_t example : examples) {
    batch.edges.push_back(graph_.edges()[edges_[static_cast<std::size_t>(example)]]);
    gathered.insert(gathered.end(), {batch.edges.back().head, batch.edges.back().tail});
    relations.push_back(batch.edges.back().relation);
  }
  auto candidates = draw(batch, context);
  for (auto& [pool, wrong] : candidates) {
    for (std::size_t i = 0; i < wrong.nodes.size(); ++i)
      wrong.places.push_back(static_cast<std::int64_t>(gathered.size() + i));
    gathered.insert(gathered.end(), wrong.nodes.begin(), wrong.nodes.end());
  }
  // One gather of the large table, so that its gradient is filled once.
  batch.nodes = model_->entities.index_select(0, index_tensor(gathered));
  const auto count = static_cast<std::int64_t>(examples.size());
  const torch::Tensor ends = batch.nodes.narrow(0, 0, 2 * count).view({count, 2, -1});
  const torch::Tensor heads = ends.select(1, 0), tails = ends.select(1, 1);
  const torch::Tensor relation = model_->relations.index_select(0, index_tensor(relations));
  batch.tail_queries = model_->tail_queries(heads, relation);
  batch.head_queries = model_->head_queries(tails, relation);
  batch.right = model_->pair_scores(batch.tail_queries, tails);
  StepLoss out{(side_loss(batch, candidates, true) + side_loss(batch, candidates, false)) / 2, {}};
  if (options_.regularisation == 0) return out;
  const torch::Tensor size =
      (heads.abs().pow(3).sum() + tails.abs().pow(3).sum() + relation.abs().pow(3).sum()) / static_cast<double>(count);
  out.terms = {{"links", out.total.item<double>()}, {"size", size.item<double>()}};
  out.total = out.total + options_.regularisation * size;
  return out;
}

std::vector<std::int64_t> GraphEmbeddingTask::trained_relations() const {
  std::vector<bool> seen(graph_.relations().size(), false);
  for (const std::uint32_t index : edges_) seen[graph_.edges()[index].relation] = true;
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (seen[i]) out.push_back(static_cast<std::int64_t>(i));
  return out;
}

void GraphEmbeddingTask::write_model(nn::ModelFolderWriter& writer) const {
  writer.manifest.integer("bridge.width", options_.network.width);
  const std::vector<std::int64_t> trained = trained_relations();
  learn::add_tensor(writer.weights, "entities", model_->entities.detach().to(torch::kFloat16));
  learn::add_tensor(writer.weights, "relations", model_->relations.detach().index_select(0, index_tensor(trained)));
  std::string nodes = "node_id\ttype\ttraining_edges\n", relations = "head_type\trelation\ttail_type\n";
  for (std::size_t i = 0; i < degrees_.size(); ++i)
    nodes += graph_.nodes()[i].id + "\t" + graph_.nodes()[i].type + "\t" + std::to_string(degrees_[i]) + "\n";
  for (const std::int64_t index : trained) {
    const graph::Relation& relation = graph_.relations()[static_cast<std::size_t>(index)];
    relations += relation.head_type + "\t" + relation.name + "\t" + relation.tail_type + "\n";
  }
  writer.add_side_file("nodes.tsv", std::move(nodes));
  writer.add_side_file("relations.tsv", std::move(relations));
}

}  // namespace molbridge::train
