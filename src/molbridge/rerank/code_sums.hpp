#pragma once
// The sparse half of the fragment network's first layer: rows of tables, picked by the codes of each fragment, added up.

#include <cstddef>
#include <vector>

#include "molbridge/fragment/fragmenter.hpp"

namespace molbridge::rerank {

/// Shapes: [codes, width], row-major.
struct CodeTables {
  const std::vector<float>& kinds;
  const std::vector<float>& neighbours;
  const std::vector<float>& formulas;
  const std::vector<float>& losses;
  std::size_t width = 0;
};

/// rows[f] = relu(rows[f] + kinds and neighbours of its cut bonds + its formula + its loss + context). Shapes: context [width], rows [fragments, width].
/// The same bits on every processor: additions alone, in one order. Requires codes within the tables. Cost: memory reads, some 0.03 ms for 400 fragments.
void add_codes(const CodeTables& tables, const fragment::Fragmentation& parts, const float* context, float* rows);

}  // namespace molbridge::rerank
