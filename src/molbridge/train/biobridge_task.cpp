#include "molbridge/train/biobridge_task.hpp"

#include <unordered_map>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/train/link_losses.hpp"

namespace molbridge::train {
namespace {

torch::Tensor indices(const std::vector<std::int64_t>& values) { return torch::tensor(values, torch::kInt64); }

learn::RelationBridgeOptions with_inputs(learn::RelationBridgeOptions network, const LinkSet& set) {
  for (std::size_t type = 0; type < set.tables.size(); ++type)
    if (set.tables[type].defined()) network.inputs[static_cast<std::int64_t>(type)] = set.tables[type].size(1);
  return network;
}

}  // namespace

/// The edges of a step with their drawn tails, and the nodes they are made of, each projected once.
struct BiobridgeTask::Batch {
  std::vector<LinkEdge> edges;
  std::vector<std::vector<std::uint32_t>> drawn;          // of each edge
  std::vector<std::vector<std::uint32_t>> nodes;          // by type, each once: heads, tails and drawn ones
  std::vector<std::vector<std::uint32_t>> tails;          // by type, each once: what in-batch losses choose from
  std::unordered_map<std::uint32_t, std::int64_t> place;  // of a node among `nodes` in the order of types

  void add(std::uint32_t node, std::uint32_t type) {
    if (place.emplace(node, 0).second) nodes[type].push_back(node);
  }
  void number() {
    std::int64_t next = 0;
    for (const auto& of_type : nodes)
      for (const std::uint32_t node : of_type) place[node] = next++;
  }
  torch::Tensor places(std::span<const std::uint32_t> some) const {
    std::vector<std::int64_t> out;
    for (const std::uint32_t node : some) out.push_back(place.at(node));
    return indices(out);
  }
};

BiobridgeTask::BiobridgeTask(const LinkSet& set, const BiobridgeTaskOptions& options)
    : set_(set), options_(options), negatives_(set.edges, set.type_of, static_cast<std::uint32_t>(set.tables.size())) {
  MOLBRIDGE_CHECK(options.in_batch || options.negatives > 0, "a loss without negatives");
  options_.network = with_inputs(options.network, set);
  torch::manual_seed(options.seed);
  bridge_ = learn::RelationBridge(options_.network);
}

torch::Tensor BiobridgeTask::table_rows(std::uint32_t type, std::span<const std::uint32_t> nodes) const {
  std::vector<std::int64_t> rows;
  for (const std::uint32_t node : nodes) rows.push_back(set_.row_of[node]);
  return set_.tables[type].index_select(0, indices(rows));
}

torch::Tensor BiobridgeTask::project(std::span<const std::uint32_t> nodes) {
  Batch batch;
  batch.nodes.resize(set_.tables.size());
  for (const std::uint32_t node : nodes) batch.add(node, set_.type_of[node]);
  batch.number();
  return project_all(batch).index_select(0, batch.places(nodes));
}

torch::Tensor BiobridgeTask::query(std::span<const std::uint32_t> heads, std::uint32_t relation,
                                   std::uint32_t tail_type) {
  std::vector<std::int64_t> types;
  for (const std::uint32_t head : heads) types.push_back(set_.type_of[head]);
  const auto count = static_cast<std::int64_t>(heads.size());
  return bridge_->query(project(heads),
                        {indices(types), torch::full({count}, static_cast<std::int64_t>(relation), torch::kInt64),
                         torch::full({count}, static_cast<std::int64_t>(tail_type), torch::kInt64)});
}

BiobridgeTask::Batch BiobridgeTask::gather(std::span<const std::int64_t> examples, const StepContext& context) const {
  Rng rng(options_.seed, "negatives " + std::to_string(context.step) + " " + std::to_string(context.part));
  Batch batch;
  batch.nodes.resize(set_.tables.size());
  batch.tails.resize(set_.tables.size());
  std::unordered_map<std::uint32_t, bool> is_tail;
  const auto add_tail = [&](std::uint32_t node, std::uint32_t type) {
    batch.add(node, type);
    if (is_tail.emplace(node, true).second) batch.tails[type].push_back(node);
  };
  for (const std::int64_t example : examples) {
    const LinkEdge& edge = batch.edges.emplace_back(set_.edges[static_cast<std::size_t>(example)]);
    const std::uint32_t type = set_.type_of[edge.tail];
    batch.drawn.push_back(negatives_.draw(rng, edge.head, type, static_cast<std::size_t>(options_.negatives)));
    batch.add(edge.head, set_.type_of[edge.head]);
    add_tail(edge.tail, type);
    for (const std::uint32_t node : batch.drawn.back()) add_tail(node, type);
  }
  batch.number();
  return batch;
}

torch::Tensor BiobridgeTask::project_all(const Batch& batch) {
  std::vector<torch::Tensor> parts;
  for (std::uint32_t type = 0; type < batch.nodes.size(); ++type) {
    if (batch.nodes[type].empty()) continue;
    parts.push_back(bridge_->project(type, table_rows(type, batch.nodes[type])).to(torch::kFloat32));
  }
  return torch::cat(parts, 0);
}

/// True where a tail of the type is linked to the head of the row, or is the head, and is not the row's own. [rows, tails of the type]
torch::Tensor BiobridgeTask::known_tails(const Batch& batch, std::uint32_t type,
                                         std::span<const std::int64_t> rows) const {
  const std::vector<std::uint32_t>& tails = batch.tails[type];
  std::unordered_map<std::uint32_t, std::size_t> column;
  for (std::size_t i = 0; i < tails.size(); ++i) column.emplace(tails[i], i);
  torch::Tensor out =
      torch::zeros({static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(tails.size())}, torch::kBool);
  bool* at = out.data_ptr<bool>();
  for (const std::int64_t row : rows) {
    const LinkEdge& edge = batch.edges[static_cast<std::size_t>(row)];
    for (const std::uint32_t node : negatives_.linked(edge.head))
      if (const auto found = column.find(node); found != column.end()) at[found->second] = true;
    if (const auto found = column.find(edge.head); found != column.end()) at[found->second] = true;
    at[column.at(edge.tail)] = false;
    at += tails.size();
  }
  return out;
}

torch::Tensor BiobridgeTask::in_batch_loss(const Batch& batch, const torch::Tensor& queries,
                                           const torch::Tensor& nodes) const {
  torch::Tensor sum;
  for (std::uint32_t type = 0; type < batch.tails.size(); ++type) {
    const std::vector<std::uint32_t>& tails = batch.tails[type];
    if (tails.empty()) continue;
    std::unordered_map<std::uint32_t, std::int64_t> column;
    for (std::size_t i = 0; i < tails.size(); ++i) column.emplace(tails[i], static_cast<std::int64_t>(i));
    std::vector<std::int64_t> rows, positive;
    for (std::size_t i = 0; i < batch.edges.size(); ++i) {
      if (set_.type_of[batch.edges[i].tail] != type) continue;
      rows.push_back(static_cast<std::int64_t>(i));
      positive.push_back(column.at(batch.edges[i].tail));
    }
    const torch::Tensor part =
        batch_info_nce(queries.index_select(0, indices(rows)), nodes.index_select(0, batch.places(tails)),
                       indices(positive), known_tails(batch, type, rows), options_.temperature) *
        (static_cast<double>(rows.size()) / static_cast<double>(batch.edges.size()));
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

StepLoss BiobridgeTask::loss(std::span<const std::int64_t> examples, const StepContext& context) {
  const Batch batch = gather(examples, context);
  const torch::Tensor nodes = project_all(batch);
  std::vector<std::int64_t> heads, positive, negative, head_type, relation, tail_type;
  for (std::size_t i = 0; i < batch.edges.size(); ++i) {
    const LinkEdge& edge = batch.edges[i];
    heads.push_back(batch.place.at(edge.head));
    positive.push_back(batch.place.at(edge.tail));
    head_type.push_back(set_.type_of[edge.head]);
    relation.push_back(edge.relation);
    tail_type.push_back(set_.type_of[edge.tail]);
    for (std::size_t k = 0; k < static_cast<std::size_t>(options_.negatives); ++k)
      negative.push_back(k < batch.drawn[i].size() ? batch.place.at(batch.drawn[i][k]) : -1);
  }
  const torch::Tensor queries = bridge_->query(nodes.index_select(0, indices(heads)),
                                               {indices(head_type), indices(relation), indices(tail_type)});
  if (options_.in_batch) return {in_batch_loss(batch, queries, nodes), {}};
  const auto rows = static_cast<std::int64_t>(batch.edges.size());
  return {paired_info_nce(queries, nodes, indices(positive), indices(negative).view({rows, options_.negatives}),
                          options_.temperature),
          {}};
}

}  // namespace molbridge::train
