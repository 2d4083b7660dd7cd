#include "molbridge/graph/check.hpp"

#include <algorithm>
#include <utility>

#include "molbridge/graph/split.hpp"

namespace molbridge::graph {
namespace {

/// Edges of the training part by their unordered pair of nodes.
class TrainPairs {
 public:
  TrainPairs(const Graph& graph, const std::vector<bool>& in_train) {
    for (std::uint32_t k = 0; k < graph.edges().size(); ++k) {
      if (in_train[k]) pairs_.emplace_back(key(graph.edges()[k]), k);
    }
    std::ranges::sort(pairs_);
  }
  /// All edges of the pair, in either direction.
  std::vector<std::uint32_t> of(const Edge& edge) const {
    std::vector<std::uint32_t> out;
    for (auto at = std::ranges::lower_bound(pairs_, std::pair(key(edge), std::uint32_t{0}));
         at != pairs_.end() && at->first == key(edge); ++at)
      out.push_back(at->second);
    return out;
  }

 private:
  static std::uint64_t key(const Edge& edge) {
    return std::uint64_t{std::min(edge.head, edge.tail)} << 32 | std::max(edge.head, edge.tail);
  }
  std::vector<std::pair<std::uint64_t, std::uint32_t>> pairs_;
};

class LeakFinder {
 public:
  LeakFinder(const Graph& graph, const std::vector<bool>& in_train) : graph_(graph), in_train_(in_train) {
    for (std::size_t k = 0; k < kNumLeaks; ++k) rows_.push_back({.leak = static_cast<Leak>(k)});
  }

  std::vector<LeakRow> run() {
    find_pairs();
    find_nodes();
    return std::move(rows_);
  }

 private:
  void add(Leak leak, const std::string& what) {
    LeakRow& row = rows_[static_cast<std::size_t>(leak)];
    if (row.count++ == 0) row.first = what;
  }
  std::string text(const Edge& edge) const {
    return graph_.nodes()[edge.head].id + " " + graph_.relations()[edge.relation].name + " " +
           graph_.nodes()[edge.tail].id;
  }

  Leak kind(const Edge& held_out, const Edge& train) const {
    if (graph_.relations()[held_out.relation].name != graph_.relations()[train.relation].name)
      return Leak::kOtherRelation;
    return held_out.head == train.head ? Leak::kSameEdge : Leak::kMirroredEdge;
  }

  void find_pairs() {
    const TrainPairs pairs(graph_, in_train_);
    for (std::size_t k = 0; k < graph_.edges().size(); ++k) {
      if (in_train_[k]) continue;
      bool seen[kNumLeaks] = {};
      for (const std::uint32_t other : pairs.of(graph_.edges()[k])) {
        const Leak leak = kind(graph_.edges()[k], graph_.edges()[other]);
        if (std::exchange(seen[static_cast<std::size_t>(leak)], true)) continue;
        add(leak, text(graph_.edges()[k]) + ", in train: " + text(graph_.edges()[other]));
      }
    }
  }

  /// By the split of the nodes and by what the edges say of their ends.
  std::vector<bool> held_out_nodes() const {
    std::vector<bool> out;
    for (const Node& node : graph_.nodes()) out.push_back(node.split == "val" || node.split == "test");
    for (const Edge& edge : graph_.edges()) {
      if (edge.held_out == HeldOut::kHead || edge.held_out == HeldOut::kBoth) out[edge.head] = true;
      if (edge.held_out == HeldOut::kTail || edge.held_out == HeldOut::kBoth) out[edge.tail] = true;
    }
    return out;
  }

  void find_nodes() {
    constexpr std::uint32_t kNone = 0xffffffff;
    const std::vector<std::uint32_t> groups = identity_groups(graph_);
    std::vector<std::uint32_t> trained(graph_.nodes().size(), kNone);     // an edge of the node in train
    std::vector<std::uint32_t> trained_as(graph_.nodes().size(), kNone);  // a node of the group in train
    for (std::uint32_t k = 0; k < graph_.edges().size(); ++k) {
      if (!in_train_[k]) continue;
      for (const std::uint32_t node : {graph_.edges()[k].head, graph_.edges()[k].tail}) {
        trained[node] = std::min(trained[node], k);
        trained_as[groups[node]] = std::min(trained_as[groups[node]], node);
      }
    }
    const std::vector<bool> held_out = held_out_nodes();
    for (std::uint32_t k = 0; k < graph_.nodes().size(); ++k) {
      if (!held_out[k]) continue;
      const std::string& id = graph_.nodes()[k].id;
      if (trained[k] != kNone) {
        add(Leak::kHeldOutNode, id + ", in train: " + text(graph_.edges()[trained[k]]));
      } else if (trained_as[groups[k]] != kNone) {
        add(Leak::kSameContent, id + " and, in train, " + graph_.nodes()[trained_as[groups[k]]].id);
      }
    }
  }

  const Graph& graph_;
  const std::vector<bool>& in_train_;
  std::vector<LeakRow> rows_;
};

}  // namespace

std::string_view name(Leak leak) {
  switch (leak) {
    case Leak::kSameEdge: return "same edge";
    case Leak::kMirroredEdge: return "mirrored edge";
    case Leak::kHeldOutNode: return "held-out node in train";
    case Leak::kSameContent: return "same molecule or sequence";
    case Leak::kOtherRelation: return "pair under another relation";
  }
  return "";
}

std::vector<LeakRow> find_leaks(const Graph& graph, const std::vector<bool>& in_train) {
  return LeakFinder(graph, in_train).run();
}

}  // namespace molbridge::graph
