#include "molbridge/fragment/fragmenter.hpp"

#include <algorithm>
#include <bit>

namespace molbridge::fragment {
namespace {

std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Atom sets seen so far: open addressing, grown by doubling.
class SeenSets {
 public:
  SeenSets() : slots_(1024) {}
  /// False where it was there.
  bool insert(AtomSet set) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    if (!place(set)) return false;
    ++size_;
    return true;
  }

 private:
  bool place(AtomSet set) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = mixed(set.low + 0x9e3779b97f4a7c15ULL * set.high) & mask;; i = (i + 1) & mask) {
      if (slots_[i].empty()) {
        slots_[i] = set;
        return true;
      }
      if (slots_[i] == set) return false;
    }
  }
  void grow() {
    std::vector<AtomSet> old(slots_.size() * 2);
    old.swap(slots_);
    for (const AtomSet set : old) {
      if (!set.empty()) place(set);
    }
  }
  std::vector<AtomSet> slots_;
  std::size_t size_ = 0;
};

std::uint8_t saturated(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

/// Packs counts of C, H, N, O, S and all others into one code.
std::uint16_t formula_code(const std::array<int, kElements>& elements, int hydrogens) {
  std::uint64_t packed = static_cast<std::uint64_t>(hydrogens);
  for (const int count : elements) packed = packed * 131 + static_cast<std::uint64_t>(count);
  return static_cast<std::uint16_t>(mixed(packed) % kFormulaCodes);
}

class Taker {
 public:
  Taker(const Structure& structure, const FragmenterOptions& options)
      : structure_(structure), options_(options), whole_(structure.all()) {
    count(whole_, whole_elements_);
    whole_hydrogens_ = hydrogens_of(whole_);
  }

  Fragmentation run() {
    seen_.insert(whole_);
    describe(whole_);
    for (const Cut& cut : structure_.cuts()) {
      add(cut.side);
      add(whole_ - cut.side);
    }
    add_pairs();
    return std::move(out_);
  }

 private:
  bool full() const { return out_.fragments.size() >= options_.max_fragments; }

  void add(AtomSet atoms) {
    if (full()) {
      out_.complete = false;
    } else if (seen_.insert(atoms)) {
      describe(atoms);
    }
  }

  /// Pairs of cuts, the cheapest first: cuts are sorted by cost, and costs are small integers.
  void add_pairs() {
    const auto& cuts = structure_.cuts();
    if (cuts.size() < 2) return;
    std::vector<std::size_t> begins;  // of each cost
    const int highest = cuts.back().cost;
    for (int cost = 0; cost <= highest + 1; ++cost) {
      const auto at = std::lower_bound(cuts.begin(), cuts.end(), cost, [](const Cut& a, int c) { return a.cost < c; });
      begins.push_back(static_cast<std::size_t>(at - cuts.begin()));
    }
    std::size_t pairs = 0;
    for (int total = 2 * cuts.front().cost; total <= 2 * highest; ++total) {
      for (int a = std::max(0, total - highest); 2 * a <= total; ++a) {
        const int b = total - a;
        for (std::size_t i = begins[static_cast<std::size_t>(a)]; i < begins[static_cast<std::size_t>(a) + 1]; ++i) {
          for (std::size_t j = std::max(i + 1, begins[static_cast<std::size_t>(b)]);
               j < begins[static_cast<std::size_t>(b) + 1]; ++j) {
            if (full() || ++pairs > options_.max_pairs) {
              out_.complete = false;
              return;
            }
            add_pair(cuts[i], cuts[j]);
          }
        }
      }
    }
  }

  void add_pair(const Cut& a, const Cut& b) {
    // Parts can fall into pieces only where both cuts open the same ring system.
    const bool may_part = (a.ring & b.ring) != 0 || (a.ring != 0 && b.ring != 0);
    for (const AtomSet left : {a.side, whole_ - a.side}) {
      for (const AtomSet right : {b.side, whole_ - b.side}) {
        const AtomSet both = left & right;
        if (both.empty() || both == left || both == right) continue;
        if (full()) {
          out_.complete = false;
          return;
        }
        if (!seen_.insert(both)) continue;
        if (may_part && !structure_.is_connected(both)) continue;
        describe(both);
      }
    }
  }

  void count(AtomSet atoms, std::array<int, kElements>& elements) const {
    for (int e = 0; e < kElements; ++e)
      elements[static_cast<std::size_t>(e)] = (atoms & structure_.of_element(static_cast<Element>(e))).count();
  }
  int hydrogens_of(AtomSet atoms) const {
    return (atoms & structure_.hydrogen_bit(0)).count() + 2 * (atoms & structure_.hydrogen_bit(1)).count() +
           4 * (atoms & structure_.hydrogen_bit(2)).count();
  }

  void describe(AtomSet atoms) {
    Fragment fragment;
    fragment.atoms = atoms;
    for_each_atom(atoms, [&](int atom) { fragment.mass += structure_.atoms()[static_cast<std::size_t>(atom)].mass; });
    if (fragment.mass < options_.min_mass && atoms != whole_) return;
    fragment.first_border = static_cast<std::uint32_t>(out_.kind_codes.size());
    int inner_bonds = 0, chain_cuts = 0, ring_cuts = 0;
    for (const Bond& bond : structure_.bonds()) {
      const bool begin = atoms.has(bond.begin), end = atoms.has(bond.end);
      if (begin && end) ++inner_bonds;
      if (begin == end) continue;
      ++(bond.in_ring ? ring_cuts : chain_cuts);
      out_.kind_codes.push_back(bond.kind_code[begin ? 0 : 1]);
      out_.neighbour_codes.push_back(bond.neighbour_code[begin ? 0 : 1]);
    }
    fragment.num_border = saturated(chain_cuts + ring_cuts);
    describe_counts(atoms, inner_bonds, chain_cuts, ring_cuts, fragment);
    out_.fragments.push_back(fragment);
  }

  void describe_counts(AtomSet atoms, int inner_bonds, int chain_cuts, int ring_cuts, Fragment& fragment) const {
    std::array<int, kElements> inside{}, lost{};
    count(atoms, inside);
    for (std::size_t e = 0; e < kElements; ++e) lost[e] = whole_elements_[e] - inside[e];
    const int heavy = atoms.count(), hydrogens = hydrogens_of(atoms), all = whole_.count();
    const int halogens = inside[kF] + inside[kCl] + inside[kBr] + inside[kI];
    const int equivalents = inside[kC] + inside[kSi] + 1 + (inside[kN] + inside[kP] - hydrogens - halogens) / 2;
    auto& c = fragment.counts;
    c[0] = saturated(heavy);
    for (std::size_t e = 0; e < kElements; ++e) c[1 + e] = saturated(inside[e]);
    c[12] = saturated(hydrogens);
    c[13] = saturated(equivalents + 2);
    c[14] = saturated(inner_bonds - heavy + 1);
    c[15] = saturated((atoms & structure_.aromatic()).count());
    c[16] = saturated(chain_cuts);
    c[17] = saturated(ring_cuts);
    c[18] = saturated((atoms & structure_.positive()).count());
    c[19] = saturated((atoms & structure_.negative()).count());
    c[20] = saturated(all - heavy);
    for (std::size_t e = 0; e < 5; ++e) c[21 + e] = saturated(lost[e]);
    c[26] = saturated(lost[kF] + lost[kCl] + lost[kBr] + lost[kI]);
    c[27] = saturated(whole_hydrogens_ - hydrogens);
    c[28] = saturated(((whole_ - atoms) & structure_.aromatic()).count());
    c[29] = atoms == whole_ ? 1 : 0;
    c[30] = saturated(10 * heavy / all);
    c[31] = saturated(all);
    fragment.formula_code = formula_code(inside, hydrogens);
    fragment.loss_code = formula_code(lost, whole_hydrogens_ - hydrogens);
  }

  const Structure& structure_;
  const FragmenterOptions& options_;
  AtomSet whole_;
  std::array<int, kElements> whole_elements_{};
  int whole_hydrogens_ = 0;
  SeenSets seen_;
  Fragmentation out_;
};

}  // namespace

Fragmentation take_apart(const Structure& structure, const FragmenterOptions& options) {
  return Taker(structure, options).run();
}

}  // namespace molbridge::fragment
