#include "molbridge/fragment/fragmenter.hpp"

#include <algorithm>
#include <array>
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
  SeenSets() : slots_(2048) {}
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

/// Weights of a formula's code: it is the sum over elements and hydrogens of count times weight, modulo 2^64.
constexpr std::array<std::uint64_t, kElements + 1> formula_weights() {
  std::array<std::uint64_t, kElements + 1> weights{};
  std::uint64_t weight = 1;
  for (std::size_t i = kElements; i > 0; --i, weight *= 131) weights[i - 1] = weight;
  weights[kElements] = weight;  // of hydrogens
  return weights;
}
constexpr std::array<std::uint64_t, kElements + 1> kFormulaWeights = formula_weights();

std::uint16_t formula_code(std::uint64_t packed) { return static_cast<std::uint16_t>(mixed(packed) % kFormulaCodes); }

/// What is added up over the atoms of a part. Counts are bytes side by side, which 128 atoms cannot overflow.
struct Tally {
  double mass = 0;
  std::uint64_t formula = 0;              ///< packed, see kFormulaWeights
  std::array<std::uint64_t, 2> counts{};  ///< bytes: elements, aromatic, positive, negative; hydrogens in two bytes

  static constexpr int kAromatic = kElements, kPositive = 12, kNegative = 13, kHydrogens = 14;
  int count(int what) const { return static_cast<int>(counts[what >= 8] >> (what % 8 * 8) & 0xff); }
  int hydrogens() const { return static_cast<int>(counts[1] >> (kHydrogens % 8 * 8)); }
  void set(int what, int value) { counts[what >= 8] += static_cast<std::uint64_t>(value) << (what % 8 * 8); }

  static Tally of(const Atom& atom) {
    Tally tally;
    tally.mass = atom.mass;
    tally.formula = kFormulaWeights[atom.element] + atom.hydrogens * kFormulaWeights[kElements];
    tally.set(atom.element, 1);
    tally.set(kAromatic, atom.aromatic ? 1 : 0);
    tally.set(kPositive, atom.charge > 0 ? 1 : 0);
    tally.set(kNegative, atom.charge < 0 ? 1 : 0);
    tally.set(kHydrogens, atom.hydrogens);
    return tally;
  }
  void add(const Tally& other) {
    mass += other.mass;
    formula += other.formula;
    counts[0] += other.counts[0];
    counts[1] += other.counts[1];
  }
};
static_assert(kElements == 11 && kMaxAtoms < 256);

/// `words` of 64 bits hold the bonds of the molecule.
template <std::size_t words>
class Taker {
 public:
  Taker(const Structure& structure, const FragmenterOptions& options)
      : structure_(structure), options_(options), whole_(structure.all()) {
    for (std::size_t i = 0; i < structure.atoms().size(); ++i) atoms_[i] = Tally::of(structure.atoms()[i]);
    for (std::size_t i = 0; i < structure.bonds().size(); ++i) {
      for (const std::size_t atom : {structure.bonds()[i].begin, structure.bonds()[i].end}) {
        bonds_of_[atom][i / 64] |= std::uint64_t{1} << (i % 64);
        ++degrees_[atom];
      }
    }
    for (std::size_t i = 0; i < structure.atoms().size(); ++i) whole_tally_.add(atoms_[i]);
  }

  Fragmentation run() {
    out_.fragments.reserve(std::min<std::size_t>(options_.max_fragments, 512));
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
    // Parts can fall into pieces only where both cuts open the same ring: cuts of different rings lie on one side of each other.
    const bool may_part = a.ring != 0 && a.ring == b.ring;
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

  void describe(AtomSet atoms) {
    Tally tally;
    std::array<std::uint64_t, words> border{};  // a bond inside is met twice
    int ends = 0;
    for_each_atom(atoms, [&](int index) {
      const auto atom = static_cast<std::size_t>(index);
      tally.add(atoms_[atom]);
      for (std::size_t w = 0; w < words; ++w) {
        border[w] ^= bonds_of_[atom][w];
      }
      ends += degrees_[atom];
    });
    if (tally.mass < options_.min_mass && atoms != whole_) return;
    Fragment fragment;
    fragment.atoms = atoms;
    fragment.mass = tally.mass;
    fragment.first_border = static_cast<std::uint32_t>(out_.kind_codes.size());
    Shape shape;
    for (std::size_t w = 0; w < words; ++w) {
      for (std::uint64_t bits = border[w]; bits != 0; bits &= bits - 1) {
        const Bond& bond = structure_.bonds()[64 * w + static_cast<std::size_t>(std::countr_zero(bits))];
        const std::size_t inside = atoms.has(bond.begin) ? 0 : 1;
        ++(bond.in_ring ? shape.ring_cuts : shape.chain_cuts);
        out_.kind_codes.push_back(bond.kind_code[inside]);
        out_.neighbour_codes.push_back(bond.neighbour_code[inside]);
      }
    }
    shape.inner_bonds = (ends - shape.chain_cuts - shape.ring_cuts) / 2;
    fragment.num_border = saturated(shape.chain_cuts + shape.ring_cuts);
    describe_counts(tally, shape, fragment);
    out_.fragments.push_back(fragment);
  }

  struct Shape {
    int inner_bonds = 0, chain_cuts = 0, ring_cuts = 0;
  };

  void describe_counts(const Tally& inside, const Shape& shape, Fragment& fragment) const {
    const auto lost = [&](int what) { return whole_tally_.count(what) - inside.count(what); };
    const int heavy = fragment.atoms.count(), hydrogens = inside.hydrogens(), all = structure_.size();
    const auto halogens = [](const auto& count) { return count(kF) + count(kCl) + count(kBr) + count(kI); };
    const auto here = [&](int what) { return inside.count(what); };
    const int equivalents = here(kC) + here(kSi) + 1 + (here(kN) + here(kP) - hydrogens - halogens(here)) / 2;
    auto& c = fragment.counts;
    c[0] = saturated(heavy);
    for (int e = 0; e < kElements; ++e) c[static_cast<std::size_t>(1 + e)] = saturated(here(e));
    c[12] = saturated(hydrogens);
    c[13] = saturated(equivalents + 2);
    c[14] = saturated(shape.inner_bonds - heavy + 1);
    c[15] = saturated(here(Tally::kAromatic));
    c[16] = saturated(shape.chain_cuts);
    c[17] = saturated(shape.ring_cuts);
    c[18] = saturated(here(Tally::kPositive));
    c[19] = saturated(here(Tally::kNegative));
    c[20] = saturated(all - heavy);
    for (int e = 0; e < 5; ++e) c[static_cast<std::size_t>(21 + e)] = saturated(lost(e));
    c[26] = saturated(halogens(lost));
    c[27] = saturated(whole_tally_.hydrogens() - hydrogens);
    c[28] = saturated(lost(Tally::kAromatic));
    c[29] = fragment.atoms == whole_ ? 1 : 0;
    c[30] = saturated(10 * heavy / all);
    c[31] = saturated(all);
    fragment.formula_code = formula_code(inside.formula);
    fragment.loss_code = formula_code(whole_tally_.formula - inside.formula);
  }

  const Structure& structure_;
  const FragmenterOptions& options_;
  AtomSet whole_;
  std::array<Tally, kMaxAtoms> atoms_{};
  std::array<std::array<std::uint64_t, words>, kMaxAtoms> bonds_of_{};
  std::array<int, kMaxAtoms> degrees_{};
  Tally whole_tally_;
  SeenSets seen_;
  Fragmentation out_;
};

}  // namespace

Fragmentation take_apart(const Structure& structure, const FragmenterOptions& options) {
  return structure.bonds().size() <= 64 ? Taker<1>(structure, options).run() : Taker<4>(structure, options).run();
}

}  // namespace molbridge::fragment
