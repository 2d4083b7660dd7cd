#include "molbridge/chem/mces_search.hpp"

#include <algorithm>
#include <utility>

#include "molbridge/chem/mces_bound.hpp"
#include "molbridge/chem/mces_local_search.hpp"

namespace molbridge::chem {
namespace {

constexpr double kRounding = 1e-6;
constexpr int kRootRounds = 400;  // of dual ascent
constexpr int kNodeRounds = 40;
constexpr int kPatience = 8;         // rounds after which the bound must have fallen ...
constexpr double kLeastGain = 0.03;  // ... by this part of what is still missing

class Search {
 public:
  Search(const McesProblem& problem, int least_profit, std::int64_t max_nodes)
      : problem_(problem), bound_(problem), target_(least_profit), max_nodes_(max_nodes) {}

  McesSearchResult run() {
    result_.complete = visit(McesNode::root(problem_), true);
    return std::move(result_);
  }

 private:
  /// False when the node limit has come.
  bool visit(McesNode node, bool is_root);
  /// Whether the node can still hold a mapping of the target.
  bool tighten(McesNode& node, bool is_root);
  void offer(std::vector<int> partner, bool improve);
  bool branch(const McesNode& node);

  const McesProblem& problem_;
  McesBound bound_;
  int target_;
  std::int64_t max_nodes_;
  McesSearchResult result_;
};

void Search::offer(std::vector<int> partner, bool improve) {
  if (improve) improve_mapping(problem_, partner);
  const int profit = problem_.profit(partner);
  if (profit < target_) return;
  result_.found = true;
  result_.profit = profit;
  result_.partner = std::move(partner);
  target_ = profit + 1;
}

bool Search::tighten(McesNode& node, bool is_root) {
  const int rounds = is_root ? kRootRounds : kNodeRounds;
  double checkpoint = 0;
  for (int round = 0; round < rounds; ++round) {
    const double bound = bound_.evaluate(node);
    if (bound + kRounding < target_) return false;
    offer(bound_.partner(), is_root && round % 10 == 0);
    if (bound + kRounding < target_) return false;
    if (round % kPatience == 0) {
      const double missing = bound - target_ + 1;
      if (round > 0 && checkpoint - bound < kLeastGain * missing * kPatience) return true;
      checkpoint = bound;
    }
    const bool struck = McesBound::strike_out(node, bound, target_);
    McesBound::balance(node);
    if (struck) node.compact();
  }
  return true;
}

bool Search::visit(McesNode node, bool is_root) {
  if (result_.nodes++ >= max_nodes_) return false;
  if (!tighten(node, is_root)) return true;
  return branch(node);
}

/// Index range of the pairs of the row with the fewest left, more than one; of those the one with most bonds.
bool Search::branch(const McesNode& node) {
  const std::vector<McesAtomPair>& pairs = node.pairs;
  std::vector<std::vector<std::size_t>> by_row;
  std::vector<const McesAtomPair*> order;
  for (const McesAtomPair& pair : pairs) order.push_back(&pair);
  std::ranges::stable_sort(order, {}, [](const McesAtomPair* pair) { return std::pair(pair->block, pair->row); });
  std::size_t best_begin = 0;
  std::size_t best_end = 0;
  std::pair<std::size_t, std::size_t> best_key{~std::size_t{0}, 0};
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && order[end]->block == order[begin]->block && order[end]->row == order[begin]->row)
      ++end;
    const bool from_b = problem_.blocks[static_cast<std::size_t>(order[begin]->block)].rows_from_b;
    const std::size_t degree = from_b ? problem_.b.of(order[begin]->j).size() : problem_.a.of(order[begin]->i).size();
    const std::pair<std::size_t, std::size_t> key{end - begin, ~degree};
    if (end - begin > 1 && key < best_key) {
      best_key = key;
      best_begin = begin;
      best_end = end;
    }
    begin = end;
  }
  if (best_end == best_begin) return true;  // one mapping is left: tighten() has offered it
  std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(best_begin),
                   order.begin() + static_cast<std::ptrdiff_t>(best_end),
                   [](const McesAtomPair* x, const McesAtomPair* y) { return x->slack < y->slack; });
  for (std::size_t k = best_begin; k < best_end; ++k) {
    McesNode child = node;
    child.fix(order[k]->block, order[k]->row, order[k]->column);
    child.compact();
    if (!visit(std::move(child), false)) return false;
  }
  return true;
}

}  // namespace

McesSearchResult search_mces(const McesProblem& problem, int least_profit, std::int64_t max_nodes) {
  return Search(problem, least_profit, max_nodes).run();
}

}  // namespace molbridge::chem
