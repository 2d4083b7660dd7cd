#include "molbridge/chem/mces_search.hpp"

#include <algorithm>
#include <utility>

#include "molbridge/chem/mces_bound.hpp"
#include "molbridge/chem/mces_local_search.hpp"
#include "molbridge/chem/mces_symmetry.hpp"
#include "molbridge/core/interrupt.hpp"

namespace molbridge::chem {
namespace {

constexpr double kRounding = 1e-6;
constexpr int kRootRounds = 400;  // of dual ascent
constexpr int kNodeRounds = 40;
constexpr int kUnreachable = 1 << 30;  // as a target it ends the search
constexpr double kLeastGain =
    0.15;  // a round must take this part of what the bound is above the target, else it is time to branch

/// Work is counted in evaluations of one atom pair. A node of drug-size molecules takes some hundred; the limit is generous for them
/// and stops pairs of far larger ones, whose single nodes take long.
constexpr double kWorkPerNode = 1000;
constexpr std::size_t kMostAtomPairs = 1'000'000;  // memory of some hundred bytes each

std::size_t atom_pairs(const McesProblem& problem) {
  std::size_t pairs = 0;
  for (const ElementBlock& block : problem.blocks) pairs += block.rows.size() * block.columns.size();
  return pairs;
}

/// Of one round's assignments, in the same unit (measured).
double assignment_work(const McesProblem& problem) {
  double work = 0;
  for (const ElementBlock& block : problem.blocks) {
    const auto rows = static_cast<double>(block.rows.size());
    work += rows * rows * static_cast<double>(block.columns.size()) / 64;
  }
  return work;
}

class Search {
 public:
  Search(const McesProblem& problem, int least_profit, std::int64_t max_nodes, bool any_will_do)
      : problem_(problem),
        bound_(problem),
        symmetry_a_(problem.a),
        symmetry_b_(problem.b),
        target_(least_profit),
        max_nodes_(max_nodes),
        max_work_(kWorkPerNode * static_cast<double>(max_nodes)),
        assignment_work_(assignment_work(problem)),
        any_will_do_(any_will_do) {}

  McesSearchResult run() {
    const std::size_t pairs = atom_pairs(problem_);
    result_.complete = pairs <= kMostAtomPairs && visit(McesNode::root(problem_));
    return std::move(result_);
  }

 private:
  /// False when the limit of nodes or work has come.
  bool visit(McesNode node);
  bool exhausted() const { return result_.nodes > max_nodes_ || work_ > max_work_; }
  /// Whether the node can still hold a mapping of the target, as far as could be found out.
  bool tighten(McesNode& node, int rounds);
  void offer(std::vector<int> partner, bool improve);
  /// Index of the pair to decide on; pairs.size() when one mapping is left.
  std::size_t choose(const McesNode& node) const;
  void strike_images(McesNode& node, int i, int j);

  const McesProblem& problem_;
  McesBound bound_;
  McesSymmetry symmetry_a_;
  McesSymmetry symmetry_b_;
  std::vector<int> fixed_a_;
  std::vector<int> fixed_b_;
  int target_;
  std::int64_t max_nodes_;
  double max_work_;
  double assignment_work_;
  double work_ = 0;
  bool any_will_do_;
  McesSearchResult result_;
};

void Search::offer(std::vector<int> partner, bool improve) {
  if (improve) improve_mapping(problem_, partner);
  const int profit = problem_.profit(partner);
  if (profit < target_) return;
  result_.found = true;
  result_.profit = profit;
  result_.partner = std::move(partner);
  target_ = any_will_do_ ? kUnreachable : profit + 1;
}

bool Search::tighten(McesNode& node, int rounds) {
  double last = 0;
  for (int round = 0; round < rounds; ++round) {
    check_interrupt();
    work_ += static_cast<double>(node.pairs.size()) + assignment_work_;
    const double bound = bound_.evaluate(node);
    if (bound + kRounding < target_) return false;
    offer(bound_.partner(), rounds == kRootRounds && round % 10 == 0);
    if (bound + kRounding < target_) return false;
    if (exhausted()) return true;
    if (round > 0 && last - bound < kLeastGain * (bound - target_ + 1)) return true;
    last = bound;
    const bool struck = McesBound::strike_out(node, bound, target_);
    McesBound::balance(node);
    if (struck) node.compact();
  }
  return true;
}

bool Search::visit(McesNode node) {
  int rounds = fixed_a_.empty() ? kRootRounds : kNodeRounds;
  while (tighten(node, rounds)) {
    ++result_.nodes;
    if (exhausted()) return false;
    const std::size_t chosen = choose(node);
    if (chosen == node.pairs.size()) return true;  // tighten() has offered the mapping
    const McesAtomPair pair = node.pairs[chosen];
    McesNode child = node;
    child.fix(pair.block, pair.row, pair.column);
    child.compact();
    fixed_a_.push_back(pair.i);
    fixed_b_.push_back(pair.j);
    const bool complete = visit(std::move(child));
    fixed_a_.pop_back();
    fixed_b_.pop_back();
    if (!complete) return false;
    strike_images(node, pair.i, pair.j);
    rounds = kNodeRounds;
  }
  return true;
}

/// No mapping that holds (i, j) and the fixed pairs reaches the target, hence none that holds an image of (i, j) under
/// automorphisms of either side that keep the fixed atoms.
void Search::strike_images(McesNode& node, int i, int j) {
  const std::vector<int> images_i = symmetry_a_.images(i, fixed_a_);
  const std::vector<int> images_j = symmetry_b_.images(j, fixed_b_);
  for (McesAtomPair& pair : node.pairs) {
    if (std::ranges::find(images_i, pair.i) != images_i.end() && std::ranges::find(images_j, pair.j) != images_j.end())
      pair.dead = true;
  }
  node.compact();
}

/// The row whose pairs have most slack on average, so that its branches fall soonest; there the pair that looks best.
std::size_t Search::choose(const McesNode& node) const {
  struct Row {
    int pairs = 0;
    double slack = 0;
    std::size_t best = 0;
  };
  std::vector<std::vector<Row>> rows;
  for (const ElementBlock& block : problem_.blocks) rows.emplace_back(block.rows.size());
  for (std::size_t p = 0; p < node.pairs.size(); ++p) {
    const McesAtomPair& pair = node.pairs[p];
    Row& row = rows[static_cast<std::size_t>(pair.block)][static_cast<std::size_t>(pair.row)];
    if (row.pairs++ == 0 || pair.slack < node.pairs[row.best].slack) row.best = p;
    row.slack += pair.slack;
  }
  std::size_t chosen = node.pairs.size();
  double most = -1;
  for (const auto& block : rows) {
    for (const Row& row : block) {
      if (row.pairs < 2 || row.slack / row.pairs <= most) continue;
      most = row.slack / row.pairs;
      chosen = row.best;
    }
  }
  return chosen;
}

}  // namespace

McesSearchResult search_mces(const McesProblem& problem, int least_profit, std::int64_t max_nodes, bool any_will_do) {
  return Search(problem, least_profit, max_nodes, any_will_do).run();
}

}  // namespace molbridge::chem
