#pragma once
// Private to chem: which atoms of a graph are interchangeable, so that the MCES search proves each case once.

#include <cstdint>
#include <vector>

#include "molbridge/chem/mces_problem.hpp"

namespace molbridge::chem {

/// Not thread-safe (workspace).
class McesSymmetry {
 public:
  explicit McesSymmetry(const WeightedGraph& graph) : graph_(graph) {}

  /// Atoms onto which automorphisms that leave every atom of `fixed` in place move `atom`; itself first. Each automorphism is checked,
  /// so none is wrong; some may be missed.
  std::vector<int> images(int atom, const std::vector<int>& fixed);

 private:
  using Colors = std::vector<std::uint64_t>;
  void refine(Colors& colors, int rounds);
  int refine_until_stable(Colors& colors);
  std::size_t count_classes(const Colors& colors);
  bool maps(const Colors& base, int from, int to);
  bool is_automorphism(const std::vector<int>& image) const;

  const WeightedGraph& graph_;
  Colors next_;
  Colors sorted_;
};

}  // namespace molbridge::chem
