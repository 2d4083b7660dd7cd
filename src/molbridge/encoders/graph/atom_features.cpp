#include "molbridge/encoders/graph/atom_features.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"

namespace molbridge::encoders {
namespace {

/// H, C, O, N, P, S, Cl, F, Br, I, Si, B, As, Se: the order of the source.
constexpr std::array<int, kElementClasses - 1> kElements = {1, 6, 8, 7, 15, 16, 17, 9, 35, 53, 14, 5, 33, 34};

std::int64_t element_class(int element) {
  return std::find(kElements.begin(), kElements.end(), element) - kElements.begin();
}

std::array<std::uint8_t, 5> classes_of(const chem::GraphAtom& atom) {
  const std::array<std::int64_t, 5> kinds = {
      element_class(atom.element), std::clamp<std::int64_t>(atom.degree, 0, kDegreeClasses - 1),
      std::clamp<std::int64_t>(atom.hydrogens, 0, kHydrogenClasses - 1),
      std::clamp<std::int64_t>(atom.charge, -2, 2) + 2, static_cast<std::int64_t>(atom.hybridization)};
  constexpr std::array<std::int64_t, 5> kSizes = {kElementClasses, kDegreeClasses, kHydrogenClasses, kChargeClasses,
                                                  kHybridizationClasses};
  std::array<std::uint8_t, 5> out{};
  std::int64_t start = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(start + kinds[i]);
    start += kSizes[i];
  }
  return out;
}

}  // namespace

AtomGraph atom_graph(const chem::MolecularGraph& graph) {
  MOLBRIDGE_CHECK(graph.atoms.size() <= UINT16_MAX, std::to_string(graph.atoms.size()));
  std::vector<std::vector<std::uint16_t>> bonded(graph.atoms.size());
  for (const chem::GraphBond& bond : graph.bonds) {
    bonded[static_cast<std::size_t>(bond.begin)].push_back(static_cast<std::uint16_t>(bond.end));
    bonded[static_cast<std::size_t>(bond.end)].push_back(static_cast<std::uint16_t>(bond.begin));
  }
  AtomGraph out;
  const auto degree = [&](std::size_t atom) { return static_cast<double>(bonded[atom].size() + 1); };
  for (std::size_t i = 0; i < graph.atoms.size(); ++i) {
    const chem::GraphAtom& atom = graph.atoms[i];
    out.classes.push_back(classes_of(atom));
    out.flags.push_back(static_cast<std::uint8_t>((atom.aromatic ? 1 : 0) + (atom.in_ring ? 2 : 0)));
    out.offsets.push_back(static_cast<std::uint32_t>(out.neighbors.size()));
    out.neighbors.push_back({static_cast<std::uint16_t>(i), static_cast<float>(1 / degree(i))});
    std::sort(bonded[i].begin(), bonded[i].end());
    for (const std::uint16_t j : bonded[i])
      out.neighbors.push_back({j, static_cast<float>(1 / std::sqrt(degree(i) * degree(j)))});
  }
  return out;
}

void atom_features(const AtomGraph& graph, std::span<float> out) {
  constexpr auto kWidth = static_cast<std::size_t>(kAtomFeatures);
  MOLBRIDGE_CHECK(out.size() == graph.atoms() * kWidth, std::to_string(out.size()));
  std::fill(out.begin(), out.end(), 0.0F);
  for (std::size_t i = 0; i < graph.atoms(); ++i) {
    for (const std::uint8_t place : graph.classes[i]) out[i * kWidth + place] = 1;
    out[i * kWidth + kWidth - 2] = (graph.flags[i] & 1) != 0 ? 1.0F : 0.0F;
    out[i * kWidth + kWidth - 1] = (graph.flags[i] & 2) != 0 ? 1.0F : 0.0F;
  }
}

}  // namespace molbridge::encoders
