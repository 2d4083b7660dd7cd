#include "molbridge/chem/mces_problem.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "molbridge/core/error.hpp"

namespace molbridge::chem {
namespace {

int doubled(double order) {
  const double twice = 2 * order;
  MOLBRIDGE_CHECK(twice >= 1 && twice <= 1000 && twice == std::floor(twice), "bond order " + std::to_string(order));
  return static_cast<int>(twice);
}

std::vector<ElementBlock> make_blocks(const WeightedGraph& a, const WeightedGraph& b) {
  std::map<int, ElementBlock> by_element;
  for (int i = 0; i < a.size(); ++i) by_element[a.elements[static_cast<std::size_t>(i)]].rows.push_back(i);
  for (int j = 0; j < b.size(); ++j) by_element[b.elements[static_cast<std::size_t>(j)]].columns.push_back(j);
  std::vector<ElementBlock> blocks;
  for (auto& [element, block] : by_element) {
    if (block.rows.empty() || block.columns.empty()) continue;
    block.rows_from_b = block.columns.size() < block.rows.size();
    if (block.rows_from_b) block.rows.swap(block.columns);
    blocks.push_back(std::move(block));
  }
  return blocks;
}

int position(const std::vector<WeightedGraph::Neighbor>& neighbors, int atom) {
  const auto found = std::ranges::find(neighbors, atom, &WeightedGraph::Neighbor::atom);
  return static_cast<int>(found - neighbors.begin());
}

/// Makes the root node step by step.
struct RootBuilder {
  explicit RootBuilder(const McesProblem& of)
      : problem(of), index(static_cast<std::size_t>(of.a.size()) * static_cast<std::size_t>(of.b.size()), -1) {}

  int& pair_at(int i, int j) {
    return index[static_cast<std::size_t>(i) * static_cast<std::size_t>(problem.b.size()) +
                 static_cast<std::size_t>(j)];
  }

  void add_pairs() {
    for (std::size_t k = 0; k < problem.blocks.size(); ++k) {
      const ElementBlock& block = problem.blocks[k];
      for (std::size_t r = 0; r < block.rows.size(); ++r) {
        for (std::size_t c = 0; c < block.columns.size(); ++c) {
          const int i = block.rows_from_b ? block.columns[c] : block.rows[r];
          const int j = block.rows_from_b ? block.rows[r] : block.columns[c];
          pair_at(i, j) = static_cast<int>(node.pairs.size());
          node.pairs.push_back({.i = i,
                                .j = j,
                                .block = static_cast<int>(k),
                                .row = static_cast<int>(r),
                                .column = static_cast<int>(c)});
        }
      }
    }
  }

  void add_slots() {
    for (McesAtomPair& pair : node.pairs) {
      pair.first_slot = static_cast<int>(node.slots.size());
      const auto& around_i = problem.a.of(pair.i);
      const auto& around_j = problem.b.of(pair.j);
      for (std::size_t x = 0; x < around_i.size(); ++x) {
        for (std::size_t y = 0; y < around_j.size(); ++y) {
          const int other = pair_at(around_i[x].atom, around_j[y].atom);
          if (other < 0) continue;  // elements differ
          node.slots.push_back({.at_a = static_cast<std::int16_t>(x),
                                .at_b = static_cast<std::int16_t>(y),
                                .share = std::min(around_i[x].weight, around_j[y].weight) / 2.0});
          other_pair.push_back(other);
        }
      }
      pair.end_slot = static_cast<int>(node.slots.size());
    }
  }

  void link_twins() {
    for (const McesAtomPair& pair : node.pairs) {
      for (int s = pair.first_slot; s < pair.end_slot; ++s) {
        const McesAtomPair& other = node.pairs[static_cast<std::size_t>(other_pair[static_cast<std::size_t>(s)])];
        const int at_a = position(problem.a.of(other.i), pair.i);
        const int at_b = position(problem.b.of(other.j), pair.j);
        int twin = other.first_slot;
        while (node.slots[static_cast<std::size_t>(twin)].at_a != at_a ||
               node.slots[static_cast<std::size_t>(twin)].at_b != at_b)
          ++twin;
        node.slots[static_cast<std::size_t>(s)].twin = twin;
      }
    }
  }

  const McesProblem& problem;
  std::vector<int> index;       // of the pair (i, j), -1 where elements differ
  std::vector<int> other_pair;  // of each slot: the pair that holds its twin
  McesNode node;
};

}  // namespace

WeightedGraph::WeightedGraph(const McesGraph& graph)
    : elements(graph.elements),
      neighbors(graph.elements.size()),
      weights(graph.elements.size() * graph.elements.size()) {
  const int atoms = size();
  for (const McesGraph::Bond& bond : graph.bonds) {
    MOLBRIDGE_CHECK(
        bond.begin >= 0 && bond.end >= 0 && bond.begin < atoms && bond.end < atoms && bond.begin != bond.end,
        "bond " + std::to_string(bond.begin) + "-" + std::to_string(bond.end));
    MOLBRIDGE_CHECK(weight(bond.begin, bond.end) == 0, "bond given twice");
    const int twice = doubled(bond.order);
    neighbors[static_cast<std::size_t>(bond.begin)].push_back({bond.end, twice});
    neighbors[static_cast<std::size_t>(bond.end)].push_back({bond.begin, twice});
    const auto begin = static_cast<std::size_t>(bond.begin);
    const auto end = static_cast<std::size_t>(bond.end);
    weights[begin * elements.size() + end] = weights[end * elements.size() + begin] = static_cast<std::int16_t>(twice);
    total_weight += twice;
  }
}

McesProblem::McesProblem(const McesGraph& graph_a, const McesGraph& graph_b)
    : a(graph_a), b(graph_b), blocks(make_blocks(a, b)) {}

int McesProblem::profit(const std::vector<int>& partner) const {
  int total = 0;
  for (int i = 0; i < a.size(); ++i) {
    const int j = partner[static_cast<std::size_t>(i)];
    if (j < 0) continue;
    for (const auto& neighbor : a.of(i)) {
      const int other = partner[static_cast<std::size_t>(neighbor.atom)];
      if (neighbor.atom > i && other >= 0) total += std::min(neighbor.weight, b.weight(j, other));
    }
  }
  return total;
}

int McesProblem::least_profit_below(double threshold) const {
  const double all = (a.total_weight + b.total_weight) / 2.0;
  return static_cast<int>(std::max(0.0, std::floor(all - std::min(threshold, all + 1) + 1e-9) + 1));
}

McesNode McesNode::root(const McesProblem& problem) {
  RootBuilder builder(problem);
  builder.add_pairs();
  builder.add_slots();
  builder.link_twins();
  return std::move(builder.node);
}

void McesNode::compact() {
  for (const McesAtomPair& pair : pairs) {
    for (int s = pair.first_slot; s < pair.end_slot; ++s) {
      McesSlot& slot = slots[static_cast<std::size_t>(s)];
      if (pair.dead) slot.dead = true;
      if (slot.dead) slots[static_cast<std::size_t>(slot.twin)].dead = true;
    }
  }
  std::vector<int> moved(slots.size(), -1);
  int next = 0;
  for (std::size_t s = 0; s < slots.size(); ++s) {
    if (!slots[s].dead) moved[s] = next++;
  }
  std::vector<McesSlot> kept_slots;
  kept_slots.reserve(static_cast<std::size_t>(next));
  std::size_t kept_pairs = 0;
  for (const McesAtomPair& pair : pairs) {
    if (pair.dead) continue;
    McesAtomPair kept = pair;
    kept.first_slot = static_cast<int>(kept_slots.size());
    for (int s = pair.first_slot; s < pair.end_slot; ++s) {
      const McesSlot& slot = slots[static_cast<std::size_t>(s)];
      if (slot.dead) continue;
      kept_slots.push_back(slot);
      kept_slots.back().twin = moved[static_cast<std::size_t>(slot.twin)];
    }
    kept.end_slot = static_cast<int>(kept_slots.size());
    pairs[kept_pairs++] = kept;
  }
  pairs.resize(kept_pairs);
  slots = std::move(kept_slots);
}

void McesNode::fix(int block, int row, int column) {
  for (McesAtomPair& pair : pairs) {
    if (pair.block == block && (pair.row == row) != (pair.column == column)) pair.dead = true;
  }
}

}  // namespace molbridge::chem
