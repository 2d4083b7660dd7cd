#include "molbridge/chem/mces_bound.hpp"

#include <algorithm>

namespace molbridge::chem {
namespace {

constexpr double kForbidden = 1e7;  // cost of an atom pair that is struck out; above every profit
constexpr double kMoved =
    0.9;  // of the difference of spares; 0.5 would balance them, this is faster and still never raises the bound (measured)
constexpr double kRounding = 1e-6;  // profits are whole numbers, so this much is rounding

}  // namespace

double McesBound::evaluate(McesNode& node) {
  std::fill(partner_.begin(), partner_.end(), -1);
  for (McesAtomPair& pair : node.pairs) evaluate_pair(node, pair);
  double bound = 0;
  std::size_t blocks_seen = 0;
  for (std::size_t first = 0; first < node.pairs.size();) {  // pairs are sorted by block
    std::size_t end = first;
    while (end < node.pairs.size() && node.pairs[end].block == node.pairs[first].block) ++end;
    bound += assign_block(node, first, end);
    ++blocks_seen;
    first = end;
  }
  return blocks_seen == problem_.blocks.size() ? bound : -1;  // a block without pairs has rows that cannot be mapped
}

void McesBound::evaluate_pair(McesNode& node, McesAtomPair& pair) {
  pair.value = 0;
  const int count = pair.end_slot - pair.first_slot;
  McesSlot* slots = node.slots.data() + pair.first_slot;
  if (count == 0) return;
  if (count == 1) {
    pair.value = std::max(0.0, slots[0].share);
    slots[0].spare = pair.value - slots[0].share;
    return;
  }
  const bool turned = problem_.b.of(pair.j).size() < problem_.a.of(pair.i).size();
  const auto rows = turned ? problem_.b.of(pair.j).size() : problem_.a.of(pair.i).size();
  const auto columns = turned ? problem_.a.of(pair.i).size() : problem_.b.of(pair.j).size();
  cost_.assign(rows * columns, 0);
  const auto cell = [&](const McesSlot& slot) -> std::pair<int, int> {
    return turned ? std::pair<int, int>(slot.at_b, slot.at_a) : std::pair<int, int>(slot.at_a, slot.at_b);
  };
  for (int s = 0; s < count; ++s) {
    const auto [row, column] = cell(slots[s]);
    cost_[static_cast<std::size_t>(row) * columns + static_cast<std::size_t>(column)] = -std::max(0.0, slots[s].share);
  }
  pair.value = -solver_.solve(static_cast<int>(rows), static_cast<int>(columns), cost_);
  for (int s = 0; s < count; ++s) {
    const auto [row, column] = cell(slots[s]);
    slots[s].spare = -slots[s].share - solver_.row_dual(row) - solver_.column_dual(column);
  }
}

double McesBound::assign_block(McesNode& node, std::size_t first, std::size_t end) {
  const ElementBlock& block = problem_.blocks[static_cast<std::size_t>(node.pairs[first].block)];
  const std::size_t columns = block.columns.size();
  cost_.assign(block.rows.size() * columns, kForbidden);
  for (std::size_t p = first; p < end; ++p) {
    const McesAtomPair& pair = node.pairs[p];
    cost_[static_cast<std::size_t>(pair.row) * columns + static_cast<std::size_t>(pair.column)] = -pair.value;
  }
  const double cost = solver_.solve(static_cast<int>(block.rows.size()), static_cast<int>(columns), cost_);
  for (std::size_t p = first; p < end; ++p) {
    McesAtomPair& pair = node.pairs[p];
    pair.slack = -pair.value - solver_.row_dual(pair.row) - solver_.column_dual(pair.column);
  }
  for (std::size_t r = 0; r < block.rows.size(); ++r) {
    const int row_atom = block.rows[r];
    const int column_atom = block.columns[static_cast<std::size_t>(solver_.column_of_row(static_cast<int>(r)))];
    partner_[static_cast<std::size_t>(block.rows_from_b ? column_atom : row_atom)] =
        block.rows_from_b ? row_atom : column_atom;
  }
  return -cost;
}

bool McesBound::strike_out(McesNode& node, double bound, int target) {
  bool any = false;
  for (McesAtomPair& pair : node.pairs) {
    const double with_pair = bound - pair.slack + kRounding;
    if (with_pair < target) {
      pair.dead = any = true;
      continue;
    }
    for (int s = pair.first_slot; s < pair.end_slot; ++s) {
      McesSlot& slot = node.slots[static_cast<std::size_t>(s)];
      if (with_pair - slot.spare < target) slot.dead = any = true;
    }
  }
  return any;
}

void McesBound::balance(McesNode& node) {
  for (McesAtomPair& pair : node.pairs) {
    int most = 0;  // bond pairs of this atom pair that one mapping can hold is at most this
    int last = -1;
    for (int s = pair.first_slot; s < pair.end_slot; ++s) {  // slots are sorted by at_a
      const int at_a = node.slots[static_cast<std::size_t>(s)].at_a;
      if (at_a != last) ++most;
      last = at_a;
    }
    for (int s = pair.first_slot; s < pair.end_slot; ++s) {
      McesSlot& slot = node.slots[static_cast<std::size_t>(s)];
      slot.spare = std::max(0.0, slot.spare) + std::max(0.0, pair.slack) / most;
    }
  }
  for (std::size_t s = 0; s < node.slots.size(); ++s) {
    McesSlot& slot = node.slots[s];
    const auto twin = static_cast<std::size_t>(slot.twin);
    if (twin < s) continue;
    const double moved = (slot.spare - node.slots[twin].spare) * kMoved;
    slot.share += moved;
    node.slots[twin].share -= moved;
  }
}

}  // namespace molbridge::chem
