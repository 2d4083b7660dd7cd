#include "molbridge/service/link_scorer.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/service/model_cache.hpp"

namespace molbridge::service {
namespace {

void add_once(std::vector<std::string>& list, std::string text) {
  if (std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
}

}  // namespace

LinkModelScorer::LinkModelScorer(std::shared_ptr<const retrieve::LinkModel> model, const graph::Graph& graph)
    : model_(std::move(model)), graph_(graph) {}
LinkModelScorer::~LinkModelScorer() = default;

std::vector<std::string> LinkModelScorer::unknown(std::span<const graph::Relation> relations) const {
  const auto knows_type = [&](const std::string& type) {
    return std::ranges::any_of(model_->node_types(), [&](const auto& known) { return known.name == type; });
  };
  std::vector<std::string> out;
  for (const graph::Relation& relation : relations) {
    for (const std::string& type : {relation.head_type, relation.tail_type}) {
      if (!knows_type(type)) add_once(out, "node type " + type);
    }
    if (std::ranges::none_of(model_->relations(), [&](const auto& known) { return known.name == relation.name; }))
      add_once(out, "relation " + relation.name);
    else if (!model_->takes_new_entities() &&
             model_->is_zero_shot({relation.name, relation.head_type, relation.tail_type}))
      add_once(out, "relation " + graph::describe(relation));
  }
  return out;
}

std::vector<retrieve::LinkEntity> LinkModelScorer::entities(std::span<const std::uint32_t> nodes) const {
  std::vector<retrieve::LinkEntity> out;
  for (const std::uint32_t index : nodes) {
    const graph::Node& node = graph_.nodes()[index];
    out.push_back({.type = node.type, .content = std::string(graph::content_of(node).content), .node_id = node.id});
  }
  return out;
}

std::vector<std::string> LinkModelScorer::set_tails(const std::string& type, std::span<const std::uint32_t> nodes,
                                                    std::size_t threads) {
  retrieve::EntityVectors vectors = model_->tails(entities(nodes), type, threads);
  tails_ = std::make_unique<bank::MemoryTable>(std::move(vectors.rows), model_->width());
  return std::move(vectors.reasons);
}

std::vector<std::string> LinkModelScorer::score(std::span<const std::uint32_t> heads, const graph::Relation& relation,
                                                std::size_t threads, std::span<float> scores) {
  retrieve::EntityVectors vectors =
      model_->heads(entities(heads),
                    {.name = relation.name, .head_type = relation.head_type, .tail_type = relation.tail_type}, threads);
  score_all(*tails_, vectors.rows, model_->similarity(), threads, scores);
  return std::move(vectors.reasons);
}

std::shared_ptr<const retrieve::LinkModel> open_link_model(const LinkModelChoice& choice) {
  return retrieve::LinkModel::load(choice.folder,
                                   {.encoders = choice.encoders, .cache_folder = vector_cache_folder(choice.cache)});
}

void score_all(const bank::VectorTable& table, std::span<const float> queries, bank::Similarity similarity,
               std::size_t threads, std::span<float> scores) {
  const std::size_t width = table.width(), rows = table.size(), count = queries.size() / width;
  MOLBRIDGE_CHECK(scores.size() == count * rows, std::to_string(scores.size()));
  std::vector<std::uint64_t> all(rows);
  std::iota(all.begin(), all.end(), std::uint64_t{0});
  parallel_for(count, threads, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k)
      table.score(similarity, queries.subspan(k * width, width), all, scores.subspan(k * rows, rows));
  });
}

}  // namespace molbridge::service
