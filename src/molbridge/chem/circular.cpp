#include "molbridge/chem/circular.hpp"

#include <algorithm>

namespace molbridge::chem {
namespace {

/// The finaliser of SplitMix64: every bit of the sum decides about every bit of the result.
std::uint64_t mix(std::uint64_t code, std::uint64_t more) {
  std::uint64_t z = code * 0x9E3779B97F4A7C15U + more + 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

std::uint64_t code_of(const GraphAtom& atom) {
  std::uint64_t code = 0;
  for (const int part : {atom.element, atom.isotope, atom.degree, atom.hydrogens, atom.charge + 64,
                         static_cast<int>(atom.in_ring), static_cast<int>(atom.aromatic)})
    code = mix(code, static_cast<std::uint64_t>(part));
  return code;
}

void set_bits(const std::vector<std::uint64_t>& codes, BitFingerprint& out) {
  for (const std::uint64_t code : codes) {
    const auto bit = static_cast<std::size_t>(code % kCircularBits);
    out.words[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
}

}  // namespace

BitFingerprint circular(const MolecularGraph& graph) {
  BitFingerprint out{std::vector<std::uint64_t>(kCircularBits / 64, 0), kCircularBits};
  std::vector<std::uint64_t> codes, next;
  for (const GraphAtom& atom : graph.atoms) codes.push_back(code_of(atom));
  set_bits(codes, out);
  std::vector<std::vector<std::uint64_t>> around(codes.size());
  for (int round = 1; round <= kCircularRadius; ++round) {
    for (auto& list : around) list.clear();
    for (const GraphBond& bond : graph.bonds) {
      const auto begin = static_cast<std::size_t>(bond.begin), end = static_cast<std::size_t>(bond.end);
      const auto order = static_cast<std::uint64_t>(bond.order * 2);
      around[begin].push_back(mix(codes[end], order));
      around[end].push_back(mix(codes[begin], order));
    }
    next = codes;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      std::sort(around[i].begin(), around[i].end());
      next[i] = mix(next[i], static_cast<std::uint64_t>(round));
      for (const std::uint64_t neighbour : around[i]) next[i] = mix(next[i], neighbour);
    }
    codes.swap(next);
    set_bits(codes, out);
  }
  return out;
}

}  // namespace molbridge::chem
