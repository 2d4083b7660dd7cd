#include "molbridge/service/baseline_scorers.hpp"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <optional>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/service/frozen_nodes.hpp"

namespace molbridge::service {
namespace {

constexpr float kTieShare =
    1e-6F;  // of a degree in the score of the neighbours: orders what is equal, changes nothing else

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  return a == b || std::filesystem::equivalent(a, b, error);
}

/// The training edges of each relation.
class TrainingLinks {
 public:
  using Pair = std::pair<std::uint32_t, std::uint32_t>;  // head, tail

  TrainingLinks(const graph::Graph& graph, const std::vector<std::uint32_t>& edges) : graph_(graph) {
    pairs_.resize(graph.relations().size());
    for (const std::uint32_t index : edges) {
      const graph::Edge& edge = graph.edges()[index];
      pairs_[edge.relation].emplace_back(edge.head, edge.tail);
      if (graph.is_symmetric(edge.relation)) pairs_[edge.relation].emplace_back(edge.tail, edge.head);
    }
    for (auto& pairs : pairs_) {
      std::sort(pairs.begin(), pairs.end());
      pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    }
  }

  /// By head. Empty for a relation that is not in the graph or has no training edge.
  std::span<const Pair> of(const graph::Relation& relation) const {
    const auto index = graph_.find_relation(relation.name, relation.head_type, relation.tail_type);
    return index ? std::span<const Pair>(pairs_[*index]) : std::span<const Pair>();
  }
  std::vector<std::string> unknown(std::span<const graph::Relation> relations) const {
    std::vector<std::string> out;
    for (const graph::Relation& relation : relations)
      if (of(relation).empty()) out.push_back("relation " + graph::describe(relation));
    return out;
  }

 private:
  const graph::Graph& graph_;
  std::vector<std::vector<Pair>> pairs_;
};

/// Column of each candidate.
class TailColumns {
 public:
  void set(std::span<const std::uint32_t> nodes, std::size_t num_nodes) {
    column_.assign(num_nodes, -1);
    for (std::size_t i = 0; i < nodes.size(); ++i) column_[nodes[i]] = static_cast<std::int64_t>(i);
    size_ = nodes.size();
  }
  std::int64_t of(std::uint32_t node) const { return column_[node]; }  ///< -1: no candidate
  std::size_t size() const { return size_; }

 private:
  std::vector<std::int64_t> column_;
  std::size_t size_ = 0;
};

std::vector<float> degrees(std::span<const TrainingLinks::Pair> pairs, const TailColumns& columns) {
  std::vector<float> out(columns.size(), 0);
  for (const auto& [head, tail] : pairs)
    if (columns.of(tail) >= 0) out[static_cast<std::size_t>(columns.of(tail))] += 1;
  return out;
}

class DegreeScorer final : public LinkScorer {
 public:
  DegreeScorer(const graph::Graph& graph, const std::vector<std::uint32_t>& edges)
      : graph_(graph), links_(graph, edges) {}
  std::string name() const override { return "degree"; }
  std::string digest() const override { return ""; }
  std::vector<std::string> unknown(std::span<const graph::Relation> relations) const override {
    return links_.unknown(relations);
  }
  std::vector<std::string> set_tails(const std::string&, std::span<const std::uint32_t> nodes, std::size_t) override {
    columns_.set(nodes, graph_.nodes().size());
    return std::vector<std::string>(nodes.size());
  }
  std::vector<std::string> score(std::span<const std::uint32_t> heads, const graph::Relation& relation, std::size_t,
                                 std::span<float> scores) override {
    const std::vector<float> row = degrees(links_.of(relation), columns_);
    for (std::size_t i = 0; i < heads.size(); ++i)
      std::copy(row.begin(), row.end(), scores.begin() + static_cast<std::ptrdiff_t>(i * row.size()));
    return std::vector<std::string>(heads.size());
  }

 private:
  const graph::Graph& graph_;
  TrainingLinks links_;
  TailColumns columns_;
};

class NeighbourScorer final : public LinkScorer {
 public:
  NeighbourScorer(const graph::Graph& graph, const std::vector<std::uint32_t>& edges,
                  const BaselineScorerOptions& options)
      : graph_(graph),
        links_(graph, edges),
        frozen_(graph, options.encoders, options.cache_folder),
        neighbours_(options.neighbours) {}
  std::string name() const override { return std::to_string(neighbours_) + " nearest neighbours"; }
  std::string digest() const override { return ""; }
  std::vector<std::string> unknown(std::span<const graph::Relation> relations) const override {
    std::vector<std::string> out = links_.unknown(relations);
    for (const graph::Relation& relation : relations)
      if (frozen_.modality(relation.head_type).empty()) out.push_back("a vector of " + relation.head_type);
    return out;
  }
  std::vector<std::string> set_tails(const std::string&, std::span<const std::uint32_t> nodes, std::size_t) override {
    columns_.set(nodes, graph_.nodes().size());
    return std::vector<std::string>(nodes.size());
  }
  std::vector<std::string> score(std::span<const std::uint32_t> heads, const graph::Relation& relation,
                                 std::size_t threads, std::span<float> scores) override {
    learn(relation, threads);
    const FrozenRows queries = frozen_.rows(relation.head_type, heads, threads);
    std::vector<float> degree = degrees(links_.of(relation), columns_);
    for (float& value : degree) value *= kTieShare;
    const std::size_t width = queries.table->width();
    parallel_for(heads.size(), threads, 1, [&](std::size_t begin, std::size_t end) {
      std::vector<float> query(width);
      for (std::size_t i = begin; i < end; ++i) {
        const std::span row = scores.subspan(i * columns_.size(), columns_.size());
        std::copy(degree.begin(), degree.end(), row.begin());
        if (!queries.reasons[i].empty()) continue;
        queries.table->embedding(i, query);
        vote(heads[i], query, row);
      }
    });
    return queries.reasons;
  }

 private:
  /// The training heads of the relation, with vectors.
  void learn(const graph::Relation& relation, std::size_t threads) {
    if (learned_ && *learned_ == relation) return;
    const auto pairs = links_.of(relation);
    heads_.clear();
    for (const auto& [head, tail] : pairs)
      if (graph_.nodes()[head].has_modality && (heads_.empty() || heads_.back() != head)) heads_.push_back(head);
    known_ = heads_.empty() ? FrozenRows{} : frozen_.rows(relation.head_type, heads_, threads);
    pairs_ = pairs;
    learned_ = relation;
  }

  void vote(std::uint32_t head, std::span<const float> query, std::span<float> row) const {
    std::vector<std::uint64_t> order(heads_.size());
    std::iota(order.begin(), order.end(), std::uint64_t{0});
    std::vector<float> cosines(heads_.size());
    if (!order.empty()) known_.table->score(query, order, cosines);
    std::erase_if(order, [&](std::uint64_t i) { return heads_[i] == head || !(cosines[i] > 0); });
    const std::size_t most = std::min(neighbours_, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                      [&](auto a, auto b) { return cosines[a] != cosines[b] ? cosines[a] > cosines[b] : a < b; });
    for (std::size_t k = 0; k < most; ++k) {
      const auto [from, to] = std::ranges::equal_range(pairs_, heads_[order[k]], {}, &TrainingLinks::Pair::first);
      for (auto link = from; link != to; ++link)
        if (columns_.of(link->second) >= 0)
          row[static_cast<std::size_t>(columns_.of(link->second))] += cosines[order[k]];
    }
  }

  const graph::Graph& graph_;
  TrainingLinks links_;
  FrozenNodes frozen_;
  std::size_t neighbours_;
  TailColumns columns_;
  std::optional<graph::Relation> learned_;
  std::span<const TrainingLinks::Pair> pairs_;
  std::vector<std::uint32_t> heads_;
  FrozenRows known_;
};

class FrozenScorer final : public LinkScorer {
 public:
  FrozenScorer(const graph::Graph& graph, const BaselineScorerOptions& options)
      : frozen_(graph, options.encoders, options.cache_folder) {}
  std::string name() const override { return "frozen"; }
  std::string digest() const override { return ""; }
  std::vector<std::string> unknown(std::span<const graph::Relation> relations) const override {
    std::vector<std::string> out;
    for (const graph::Relation& relation : relations)
      if (frozen_.modality(relation.head_type).empty() ||
          frozen_.modality(relation.head_type) != frozen_.modality(relation.tail_type))
        out.push_back("relation " + graph::describe(relation) + ", whose ends have different encoders");
    return out;
  }
  std::vector<std::string> set_tails(const std::string& type, std::span<const std::uint32_t> nodes,
                                     std::size_t threads) override {
    tails_ = frozen_.rows(type, nodes, threads);
    return tails_.reasons;
  }
  std::vector<std::string> score(std::span<const std::uint32_t> heads, const graph::Relation& relation,
                                 std::size_t threads, std::span<float> scores) override {
    const FrozenRows queries = frozen_.rows(relation.head_type, heads, threads);
    std::vector<float> rows(heads.size() * queries.table->width());
    for (std::size_t i = 0; i < heads.size(); ++i)
      queries.table->embedding(i, std::span(rows).subspan(i * queries.table->width(), queries.table->width()));
    score_all(*tails_.table, rows, bank::Similarity::kCosine, threads, scores);
    return queries.reasons;
  }

 private:
  FrozenNodes frozen_;
  FrozenRows tails_;
};

}  // namespace

const std::vector<std::string>& baseline_scorer_names() {
  static const std::vector<std::string> kNames{"degree", "neighbours", "frozen"};
  return kNames;
}

std::unique_ptr<LinkScorer> make_baseline_scorer(const std::string& name, const graph::Graph& graph,
                                                 std::vector<std::uint32_t> training_edges,
                                                 const BaselineScorerOptions& options) {
  if (name == "degree") return std::make_unique<DegreeScorer>(graph, training_edges);
  if (name == "neighbours") return std::make_unique<NeighbourScorer>(graph, training_edges, options);
  if (name == "frozen") return std::make_unique<FrozenScorer>(graph, options);
  throw Error(ErrorCode::kUsage, "\"" + name + "\" is no baseline")
      .remedy("Known: " + join(baseline_scorer_names(), ", ") + ".");
}

MakeLinkScorer baseline_scorer_of(const std::string& name, const std::vector<std::string>& evaluated,
                                  const BaselineScorerOptions& options) {
  return [=](const graph::ReadGraph& read, const graph::GraphFiles& files) {
    std::vector<bool> is_evaluated;
    for (const std::string& file : files.edges)
      is_evaluated.push_back(
          std::ranges::any_of(evaluated, [&](const std::string& of) { return same_file(file, of); }));
    std::vector<std::uint32_t> training;
    for (std::uint32_t i = 0; i < read.graph.edges().size(); ++i)
      if (!is_evaluated[read.graph.edges()[i].file]) training.push_back(i);
    return make_baseline_scorer(name, read.graph, std::move(training), options);
  };
}

}  // namespace molbridge::service
