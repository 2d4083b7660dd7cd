#include "molbridge/graph/split.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_map>

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::graph {
namespace {

void check_shares(double test, double val) {
  if (test >= 0 && val >= 0 && test + val <= 1) return;
  throw Error(ErrorCode::kUsage,
              "shares of " + format_shortest(test) + " (test) and " + format_shortest(val) + " (val)")
      .remedy("give two numbers that are not negative and 1 or less together");
}

/// A number of hexadecimal digits, mod 1000.
std::uint32_t mod_1000(std::string_view hex) {
  std::uint32_t rest = 0;
  for (const char digit : hex) {
    const auto value = static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    rest = (rest * 16 + value) % 1000;
  }
  return rest;
}

Fold fold_of(const std::string& id, const HeadSplitOptions& options) {
  const double at = mod_1000(sha256(options.salt + id));
  // Shares are read in thousandths, so that 0.15 is 150 whatever its binary digits.
  const double test = std::round(1000 * options.test_share);
  const double held_out = std::round(1000 * (options.test_share + options.val_share));
  return at < test ? Fold::kTest : at < held_out ? Fold::kVal : Fold::kTrain;
}

std::vector<Fold> folds_of_nodes(const Graph& graph, const HeadSplitOptions& options) {
  const std::vector<std::uint32_t> groups = identity_groups(graph);
  std::vector<const std::string*> smallest(graph.nodes().size());  // as many groups at most
  for (std::size_t k = 0; k < groups.size(); ++k) {
    const std::string*& id = smallest[groups[k]];
    if (id == nullptr || graph.nodes()[k].id < *id) id = &graph.nodes()[k].id;
  }
  std::vector<bool> group_has_head(graph.nodes().size());
  for (const Edge& edge : graph.edges()) group_has_head[groups[edge.head]] = true;
  std::vector<Fold> folds(graph.nodes().size(), Fold::kTrain);
  for (std::size_t k = 0; k < folds.size(); ++k) {
    // What is never a head cannot be asked about, so holding it out would only cost training edges.
    if (group_has_head[groups[k]]) folds[k] = fold_of(*smallest[groups[k]], options);
  }
  return folds;
}

/// Both directions of a pair under one relation.
struct Unit {
  std::uint32_t relation;
  std::uint32_t first;
  std::uint32_t second;
  std::uint32_t edge;
  bool same_unit(const Unit& other) const {
    return relation == other.relation && first == other.first && second == other.second;
  }
};

/// The relation whose edges the ones of `relation` mirror, or itself.
std::uint32_t mirrored_relation(const Graph& graph, std::uint32_t relation) {
  const Relation& of = graph.relations()[relation];
  const auto mirror = graph.find_relation(of.name, of.tail_type, of.head_type);
  return mirror ? std::min(relation, *mirror) : relation;
}

/// Sorted so that the edges of one unit stand together.
std::vector<Unit> units_of(const Graph& graph) {
  std::vector<std::uint32_t> canonical;
  for (std::uint32_t k = 0; k < graph.relations().size(); ++k) canonical.push_back(mirrored_relation(graph, k));
  std::vector<Unit> units;
  for (std::uint32_t k = 0; k < graph.edges().size(); ++k) {
    const Edge& edge = graph.edges()[k];
    units.push_back({canonical[edge.relation], std::min(edge.head, edge.tail), std::max(edge.head, edge.tail), k});
  }
  std::ranges::sort(units, {}, [](const Unit& u) { return std::tuple(u.relation, u.first, u.second, u.edge); });
  return units;
}

class EdgeSplitter {
 public:
  EdgeSplitter(const Graph& graph, const EdgeSplitOptions& options)
      : graph_(graph), options_(options), rng_(options.seed, "graph-split"), units_(units_of(graph)) {
    split_.edges.assign(graph.edges().size(), Fold::kTrain);
    split_.held_out.assign(graph.edges().size(), HeldOut::kNone);
    split_.nodes.assign(graph.nodes().size(), "");
    left_.assign(graph.nodes().size(), 0);
    for (const Edge& edge : graph.edges()) {
      ++left_[edge.head];
      ++left_[edge.tail];
    }
  }

  GraphSplit run() {
    for (std::size_t begin = 0, end = 0; begin < units_.size(); begin = end) {
      end = begin;
      while (end < units_.size() && units_[end].relation == units_[begin].relation) ++end;
      split_relation(begin, end);
    }
    return std::move(split_);
  }

 private:
  void split_relation(std::size_t begin, std::size_t end) {
    std::vector<std::pair<std::size_t, std::size_t>> groups;
    for (std::size_t k = begin; k < end; ++k) {
      if (k == begin || !units_[k].same_unit(units_[k - 1])) groups.emplace_back(k, k);
      groups.back().second = k + 1;
    }
    rng_.shuffle(std::span(groups));
    const auto total = static_cast<double>(end - begin);
    auto test = static_cast<std::size_t>(options_.test_share * total);
    auto val = static_cast<std::size_t>(options_.val_share * total);
    std::size_t in_train = end - begin;
    for (const auto& [first, last] : groups) {
      std::size_t& wanted = test > 0 ? test : val;
      if (test == 0 && val == 0) return;
      const std::size_t size = last - first;
      if (size > wanted || size >= in_train || !spare(first, size)) continue;
      for (std::size_t k = first; k < last; ++k)
        split_.edges[units_[k].edge] = &wanted == &test ? Fold::kTest : Fold::kVal;
      left_[units_[first].first] -= static_cast<std::uint32_t>(size);
      left_[units_[first].second] -= static_cast<std::uint32_t>(size);
      wanted -= size;
      in_train -= size;
    }
  }
  bool spare(std::size_t unit, std::size_t size) const {
    return left_[units_[unit].first] > size && left_[units_[unit].second] > size;
  }

  const Graph& graph_;
  const EdgeSplitOptions& options_;
  Rng rng_;
  std::vector<Unit> units_;
  std::vector<std::uint32_t> left_;  // edges of a node that are in train
  GraphSplit split_;
};

}  // namespace

std::string_view name(Fold fold) { return fold == Fold::kTrain ? "train" : fold == Fold::kVal ? "val" : "test"; }

std::vector<std::uint32_t> identity_groups(const Graph& graph) {
  std::unordered_map<std::string_view, std::uint32_t> molecules, sequences;
  std::vector<std::uint32_t> groups;
  std::uint32_t count = 0;
  for (const Node& node : graph.nodes()) {
    if (node.inchikey14.empty() && node.sequence.empty()) {
      groups.push_back(count++);
      continue;
    }
    const bool is_molecule = !node.inchikey14.empty();
    const auto [at, is_new] =
        (is_molecule ? molecules : sequences).try_emplace(is_molecule ? node.inchikey14 : node.sequence, count);
    groups.push_back(at->second);
    count += is_new ? 1 : 0;
  }
  return groups;
}

GraphSplit split_by_heads(const Graph& graph, const HeadSplitOptions& options) {
  check_shares(options.test_share, options.val_share);
  const std::vector<Fold> folds = folds_of_nodes(graph, options);
  GraphSplit split;
  split.nodes.assign(graph.nodes().size(), "");
  for (const Edge& edge : graph.edges()) {
    split.nodes[edge.head] = name(folds[edge.head]);
    const Fold fold = std::max(folds[edge.head], folds[edge.tail]);  // test above val above train
    const bool head = fold != Fold::kTrain && folds[edge.head] == fold;
    const bool tail = fold != Fold::kTrain && folds[edge.tail] == fold;
    split.edges.push_back(fold);
    split.held_out.push_back(head && tail ? HeldOut::kBoth
                             : head       ? HeldOut::kHead
                             : tail       ? HeldOut::kTail
                                          : HeldOut::kNone);
  }
  return split;
}

GraphSplit split_by_edges(const Graph& graph, const EdgeSplitOptions& options) {
  check_shares(options.test_share, options.val_share);
  return EdgeSplitter(graph, options).run();
}

}  // namespace molbridge::graph
