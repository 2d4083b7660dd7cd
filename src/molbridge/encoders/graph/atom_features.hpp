#pragma once
// What a graph network sees of a molecule: a vector of 0 and 1 per atom, and which atoms are bonded.
// Source: JESTR (10.1093/bioinformatics/btaf354), elements as there.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/chem/graph.hpp"

namespace molbridge::encoders {

/// Classes of the features of an atom, one bit each: element (14 and "other"), bonds (0-5, more), hydrogens (0-3, more), charge (-2 or less
/// to 2 or more), hybridisation (other, sp, sp2, sp3, sp3d, sp3d2); then aromatic and in a ring.
inline constexpr std::int64_t kElementClasses = 15, kDegreeClasses = 7, kHydrogenClasses = 5, kChargeClasses = 5,
                              kHybridizationClasses = 6;
inline constexpr std::int64_t kAtomFeatures =
    kElementClasses + kDegreeClasses + kHydrogenClasses + kChargeClasses + kHybridizationClasses + 2;
/// Names the features in the digest of an encoder: another order or other classes are another encoder.
inline constexpr const char* kAtomFeatureVersion = "jestr-1";

/// A molecule, small enough to keep hundreds of thousands of them.
struct AtomGraph {
  struct Neighbor {
    std::uint16_t from = 0;
    float weight = 0;  ///< 1 / sqrt(bonds of both ends, each counted with one loop)
  };
  std::vector<std::array<std::uint8_t, 5>>
      classes;                         ///< per atom: place of the bit of each kind, from 0 over all features
  std::vector<std::uint8_t> flags;     ///< per atom: bit 0 aromatic, bit 1 in a ring
  std::vector<Neighbor> neighbors;     ///< of each atom: itself, then those it is bonded to, ascending
  std::vector<std::uint32_t> offsets;  ///< of each atom: its first neighbour

  std::size_t atoms() const { return classes.size(); }
};

AtomGraph atom_graph(const chem::MolecularGraph& graph);

/// Shapes: out [atoms, kAtomFeatures].
void atom_features(const AtomGraph& graph, std::span<float> out);

}  // namespace molbridge::encoders
