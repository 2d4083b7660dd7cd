#pragma once
// Private to chem: the MCES problem as a maximisation, and what is left of it at one node of the search.
//
// A mapped pair of bonds e, f saves 2 * min(w_e, w_f) of the w_e + w_f that both would cost alone. So the distance is
// W(a) + W(b) - profit, where the profit of a mapping is the sum of 2 * min(w_e, w_f) over mapped pairs of bonds: a whole number, since
// bond orders are multiples of one half.

#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/chem/mces.hpp"

namespace molbridge::chem {

/// A checked graph with what the algorithms ask of it. Weights are doubled bond orders.
struct WeightedGraph {
  struct Neighbor {
    int atom = 0;
    int weight = 0;
  };
  explicit WeightedGraph(const McesGraph& graph);
  int size() const { return static_cast<int>(elements.size()); }
  /// 0 where there is no bond.
  int weight(int i, int j) const {
    return weights[static_cast<std::size_t>(i) * elements.size() + static_cast<std::size_t>(j)];
  }
  const std::vector<Neighbor>& of(int atom) const { return neighbors[static_cast<std::size_t>(atom)]; }

  std::vector<int> elements;
  std::vector<std::vector<Neighbor>> neighbors;
  std::vector<std::int16_t> weights;  ///< [size, size]
  int total_weight = 0;               ///< sum over bonds
};

/// The atoms of one element. Rows are the side with fewer of them: some best mapping maps every row.
struct ElementBlock {
  std::vector<int> rows;
  std::vector<int> columns;
  bool rows_from_b = false;
};

struct McesProblem {
  McesProblem(const McesGraph& graph_a, const McesGraph& graph_b);
  /// Of a mapping: partner in b of each atom of a, or -1.
  int profit(const std::vector<int>& partner) const;
  double distance(int profit) const { return (a.total_weight + b.total_weight) / 2.0 - profit; }
  /// The least profit whose distance is below the threshold.
  int least_profit_below(double threshold) const;

  WeightedGraph a;
  WeightedGraph b;
  std::vector<ElementBlock> blocks;  ///< elements that both sides have
};

/// Bond pair (i, neighbour number `at_a` of i) onto (j, neighbour number `at_b` of j), seen from the atom pair (i, j). The same bond
/// pair seen from its other end is the slot `twin`. `share` is the part of the profit that this side counts.
struct McesSlot {
  int twin = 0;
  std::int16_t at_a = 0;
  std::int16_t at_b = 0;
  bool dead = false;
  double share = 0;
  double spare = 0;  ///< by how much the share may grow before the bound does
};

/// Atom i of a onto atom j of b: still possible at this node.
struct McesAtomPair {
  int i = 0;
  int j = 0;
  int block = 0;
  int row = 0;
  int column = 0;
  int first_slot = 0;
  int end_slot = 0;
  bool dead = false;
  double value = 0;  ///< most that its slots can bring
  double slack = 0;  ///< the bound of mappings that hold this pair is lower by it
};

/// What is left at one node. Copies are independent.
struct McesNode {
  std::vector<McesAtomPair> pairs;
  std::vector<McesSlot> slots;

  /// All pairs of equal elements; each side of a bond pair gets half of its profit.
  static McesNode root(const McesProblem& problem);
  /// Without dead pairs, their slots, and dead slots.
  void compact();
  /// Row `row` of `block` takes `column`: marks every other pair of that row and column dead.
  void fix(int block, int row, int column);
};

}  // namespace molbridge::chem
