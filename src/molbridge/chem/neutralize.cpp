#include "molbridge/chem/neutralize.hpp"

#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/new_canon.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <vector>

namespace molbridge::chem {
namespace {

using RDKit::Atom;
using RDKit::Bond;
using RDKit::RWMol;

bool is_one_of(int atomic_number, std::initializer_list<int> elements) {
  return std::find(elements.begin(), elements.end(), atomic_number) != elements.end();
}

/// Total hydrogens and charge together; RDKit then infers nothing on its own.
void set_protons(Atom& atom, int charge, int hydrogens) {
  atom.setFormalCharge(charge);
  atom.setNumExplicitHs(static_cast<unsigned int>(hydrogens));
  atom.setNoImplicit(true);
}

void add_protons(Atom& atom, int count) {
  set_protons(atom, atom.getFormalCharge() + count, static_cast<int>(atom.getTotalNumHs()) + count);
  atom.updatePropertyCache(false);
}

bool valence_allowed(int element, int valence) {
  switch (element) {
    case 6: return valence <= 4;
    case 7: return valence <= 3;
    case 8: return valence <= 2;
    case 15:
    case 33: return valence <= 3 || valence == 5;
    case 16:
    case 34:
    case 52: return valence == 2 || valence == 4 || valence == 6;
    default: return false;
  }
}

/// N, P, As, O, S, Se, Te: the elements whose cations are acids. Carbocations and halonium ions are not.
bool can_lose_proton(const Atom& atom) {
  return atom.getFormalCharge() > 0 && atom.getTotalNumHs() > 0 && atom.getNumRadicalElectrons() == 0 &&
         is_one_of(atom.getAtomicNum(), {7, 8, 15, 16, 33, 34, 52}) &&
         valence_allowed(atom.getAtomicNum(), static_cast<int>(atom.getTotalValence()) - atom.getFormalCharge());
}

/// Whether protons can take away the whole negative charge without breaking a valence rule.
bool can_gain_protons(const Atom& atom) {
  const int charge = atom.getFormalCharge();
  if (charge >= 0 || atom.getNumRadicalElectrons() > 0) return false;
  const int element = atom.getAtomicNum();
  if (is_one_of(element, {9, 17, 35, 53})) return atom.getDegree() == 0 && charge == -1;
  if (atom.getIsAromatic()) return element == 7 && atom.getDegree() == 2 && charge == -1;
  return valence_allowed(element, static_cast<int>(atom.getTotalValence()) - charge);
}

/// 0 is the strongest acid. Of a site that carries, or after protonation would carry, the proton.
int acid_class(const RWMol& mol, const Atom& site) {
  constexpr int kSulfonic = 0, kPhosphoric = 1, kCarboxylic = 2, kThiolate = 3, kNitrogen = 4, kOxygen = 5, kOther = 6;
  if (site.getAtomicNum() == 7) return kNitrogen;
  if (site.getAtomicNum() != 8 && site.getAtomicNum() != 16) return kOther;
  for (const Atom* center : mol.atomNeighbors(&site)) {
    const auto has_double_oxygen = [&] {
      for (const Bond* bond : mol.atomBonds(center)) {
        if (bond->getBondType() == Bond::DOUBLE && is_one_of(bond->getOtherAtom(center)->getAtomicNum(), {8, 16}))
          return true;
      }
      return false;
    };
    if (!has_double_oxygen()) continue;
    if (is_one_of(center->getAtomicNum(), {16, 34})) return kSulfonic;
    if (is_one_of(center->getAtomicNum(), {15, 33})) return kPhosphoric;
    if (center->getAtomicNum() == 6 && !center->getIsAromatic()) return kCarboxylic;
  }
  return site.getAtomicNum() == 16 ? kThiolate : kOxygen;
}

constexpr int kWeakestDeprotonatedUnasked = 2;  // carboxylic

bool is_neutral_acid(const RWMol& mol, const Atom& atom) {
  return atom.getAtomicNum() == 8 && atom.getFormalCharge() == 0 && atom.getDegree() == 1 &&
         atom.getTotalNumHs() == 1 && acid_class(mol, atom) <= kWeakestDeprotonatedUnasked;
}

/// [S+]-[O-] to S=O for the elements that bear more than one valence.
bool merge_separated_pairs(RWMol& mol) {
  bool changed = false;
  for (Bond* bond : mol.bonds()) {
    if (bond->getBondType() != Bond::SINGLE || bond->getIsAromatic()) continue;
    Atom* plus = bond->getBeginAtom();
    Atom* minus = bond->getEndAtom();
    if (plus->getFormalCharge() < 0) std::swap(plus, minus);
    const bool pair = plus->getFormalCharge() > 0 && minus->getFormalCharge() < 0 && !plus->getIsAromatic() &&
                      !minus->getIsAromatic() && plus->getTotalNumHs() == 0 && plus->getDegree() >= 2 &&
                      is_one_of(plus->getAtomicNum(), {15, 16, 33, 34, 52}) &&
                      is_one_of(minus->getAtomicNum(), {6, 7, 8, 16, 34});
    if (!pair) continue;
    bond->setBondType(Bond::DOUBLE);
    plus->setFormalCharge(plus->getFormalCharge() - 1);
    minus->setFormalCharge(minus->getFormalCharge() + 1);
    plus->updatePropertyCache(false);
    minus->updatePropertyCache(false);
    changed = true;
  }
  return changed;
}

/// Charges of one molecule, and which of them protons may touch.
class Neutralizer {
 public:
  explicit Neutralizer(RWMol& mol) : mol_(mol), bound_(mol.getNumAtoms(), 0) { bind_pairs(); }

  bool run() {
    std::vector<Atom*> bases;  // protonated: may give their proton away
    std::vector<Atom*> anions;
    int permanent = 0;  // charge that no proton moves: positive asks for acids to stay deprotonated, negative for bases
                        // to stay protonated
    for (Atom* atom : mol_.atoms()) {
      const int charge = free_charge(*atom);
      if (charge == 0) continue;
      if (charge > 0 && can_lose_proton(*atom)) {
        bases.push_back(atom);
      } else if (charge < 0 && can_gain_protons(*atom)) {
        anions.push_back(atom);
      } else {
        permanent += charge;
      }
    }
    if (permanent > 0) {
      for (Atom* atom : mol_.atoms()) {
        if (is_neutral_acid(mol_, *atom)) acids_.push_back(atom);
      }
    }
    if (bases.empty() && anions.empty() && (permanent <= 0 || acids_.empty())) return false;
    const auto before = charges();
    for (Atom* atom : anions) add_protons(*atom, -free_charge(*atom));
    deprotonate_bases(bases, std::max(0, -permanent));
    acids_.insert(acids_.end(), anions.begin(), anions.end());
    deprotonate_acids(std::max(0, permanent));
    return charges() != before;
  }

 private:
  /// Charge of neighbours of opposite sign cancels: it is a way to draw a bond, not an ionisation.
  void bind_pairs() {
    for (Atom* atom : mol_.atoms()) {
      int left = atom->getFormalCharge();
      if (left <= 0) continue;
      const bool movable = can_lose_proton(*atom);
      for (Atom* other : neighbors_by_rank(*atom)) {
        const int charge = free_charge(*other);
        if (left == 0 || charge >= 0 || (movable && can_gain_protons(*other))) continue;
        const int taken = std::min(left, -charge);
        bound_[atom->getIdx()] += taken;
        bound_[other->getIdx()] -= taken;
        left -= taken;
      }
    }
  }

  std::vector<Atom*> neighbors_by_rank(const Atom& atom) {
    std::vector<Atom*> negative;
    for (Atom* other : mol_.atomNeighbors(&atom)) {
      if (other->getFormalCharge() < 0) negative.push_back(other);
    }
    if (negative.size() > 1) {
      sort_by(negative, [](const Atom&) { return 0; });
    }
    return negative;
  }

  int free_charge(const Atom& atom) const { return atom.getFormalCharge() - bound_[atom.getIdx()]; }

  std::vector<int> charges() const {
    std::vector<int> all;
    for (const Atom* atom : mol_.atoms()) all.push_back(atom->getFormalCharge());
    return all;
  }

  /// By `key`, then by canonical rank, so that the choice does not depend on the order of the input.
  template <typename Key>
  void sort_by(std::vector<Atom*>& atoms, const Key& key) {
    std::vector<unsigned int> ranks;
    RDKit::Canon::rankMolAtoms(mol_, ranks, true, false, true);
    std::sort(atoms.begin(), atoms.end(), [&](const Atom* a, const Atom* b) {
      const int key_a = key(*a);
      const int key_b = key(*b);
      return key_a != key_b ? key_a < key_b : ranks[a->getIdx()] < ranks[b->getIdx()];
    });
  }

  void deprotonate_bases(std::vector<Atom*>& bases, int keep) {
    if (keep > 0 && bases.size() > 1) {
      sort_by(bases, [](const Atom&) { return 0; });
    }
    for (Atom* atom : bases) {
      const int kept = std::min(keep, free_charge(*atom));
      keep -= kept;
      const int hydrogens = static_cast<int>(atom->getTotalNumHs());
      const int given = std::min(free_charge(*atom) - kept, hydrogens);
      set_protons(*atom, atom->getFormalCharge() - given, hydrogens - given);
      atom->updatePropertyCache(false);
    }
  }

  void deprotonate_acids(int count) {
    if (count == 0 || acids_.empty()) return;
    sort_by(acids_, [this](const Atom& atom) { return acid_class(mol_, atom); });
    for (Atom* atom : acids_) {
      if (count-- == 0) return;
      set_protons(*atom, atom->getFormalCharge() - 1, static_cast<int>(atom->getTotalNumHs()) - 1);
      atom->updatePropertyCache(false);
    }
  }

  RWMol& mol_;
  std::vector<int> bound_;  // per atom: the part of its charge that a neighbour cancels
  std::vector<Atom*> acids_;
};

}  // namespace

bool neutralize(RWMol& mol) {
  const bool merged = merge_separated_pairs(mol);
  const bool moved = Neutralizer(mol).run();
  return merged || moved;
}

}  // namespace molbridge::chem
