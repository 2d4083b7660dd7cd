#include "molbridge/fragment/fragmenter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "molbridge/fragment/annotation.hpp"
#include "molbridge/fragment/test_structures.hpp"

namespace molbridge::fragment {
namespace {

const FragmenterOptions kEverything{.max_fragments = 1'000'000, .min_mass = 0, .max_pairs = 100'000'000};

std::vector<AtomSet> sets_of(const Fragmentation& fragmentation) {
  std::vector<AtomSet> sets;
  for (const Fragment& fragment : fragmentation.fragments) sets.push_back(fragment.atoms);
  return sets;
}

/// Connected sets that are the whole, a side of a cut, or what two sides share.
std::set<AtomSet> brute_sets(const Structure& structure) {
  std::vector<AtomSet> sides{structure.all()};
  for (const Cut& cut : structure.cuts()) {
    sides.push_back(cut.side);
    sides.push_back(structure.all() - cut.side);
  }
  std::set<AtomSet> sets;
  for (const AtomSet a : sides) {
    for (const AtomSet b : sides) {
      if (structure.is_connected(a & b)) sets.insert(a & b);
    }
  }
  return sets;
}

class FragmenterShapes : public testing::TestWithParam<std::string> {
 protected:
  const chem::Molecule molecule_ = molecule_of(GetParam());
  const Structure structure_ = Structure::of(molecule_).value();
};
INSTANTIATE_TEST_SUITE_P(All, FragmenterShapes, testing::ValuesIn(shapes()),
                         [](const auto& param) { return "shape" + std::to_string(param.index); });

TEST_P(FragmenterShapes, AllFragments_AreThoseOfBruteForceEachOnce) {
  const Fragmentation fragmentation = take_apart(structure_, kEverything);
  const std::vector<AtomSet> sets = sets_of(fragmentation);
  EXPECT_TRUE(fragmentation.complete);
  EXPECT_EQ(sets.front(), structure_.all());
  const std::set<AtomSet> unique(sets.begin(), sets.end());
  EXPECT_EQ(unique.size(), sets.size()) << "a set came twice";
  EXPECT_EQ(unique, brute_sets(structure_)) << molecule_.smiles();
}

TEST_P(FragmenterShapes, MassesAndCounts_FollowFromTheFormulas) {
  const mass::Formula whole = formula_of(structure_, structure_.all());
  EXPECT_EQ(formula_of(structure_), molecule_.formula());
  EXPECT_EQ(whole.counts(), molecule_.formula().counts());
  const std::vector<std::pair<const char*, std::size_t>> kinds = {{"C", 1}, {"N", 2},  {"O", 3},  {"S", 4}, {"P", 5},
                                                                  {"F", 6}, {"Cl", 7}, {"Br", 8}, {"I", 9}, {"Si", 10}};
  for (const Fragment& fragment : take_apart(structure_, kEverything).fragments) {
    const mass::Formula inside = formula_of(structure_, fragment.atoms), lost = whole - inside;
    EXPECT_NEAR(fragment.mass, inside.atom_mass(), 1e-9);
    const auto of_symbol = [](const mass::Formula& formula, const char* symbol) {
      int total = 0;
      for (const auto& [nuclide, count] : formula.counts()) {
        if (nuclide.atomic_number == *mass::atomic_number(symbol)) total += count;
      }
      return total;
    };
    for (const auto& [symbol, at] : kinds) EXPECT_EQ(fragment.counts[at], of_symbol(inside, symbol)) << symbol;
    for (std::size_t e = 0; e < 5; ++e) EXPECT_EQ(fragment.counts[21 + e], of_symbol(lost, kinds[e].first));
    EXPECT_EQ(fragment.counts[0], fragment.atoms.count());
    EXPECT_EQ(fragment.counts[20], structure_.size() - fragment.atoms.count());
    EXPECT_EQ(fragment.counts[26],
              of_symbol(lost, "F") + of_symbol(lost, "Cl") + of_symbol(lost, "Br") + of_symbol(lost, "I"));
    EXPECT_EQ(fragment.counts[15] + fragment.counts[28], structure_.aromatic().count());
    EXPECT_EQ(fragment.counts[31], structure_.size());
    EXPECT_EQ(fragment.counts[29], fragment.atoms == structure_.all() ? 1 : 0);
  }
}

TEST_P(FragmenterShapes, Borders_AreTheBondsThatLeaveThePart) {
  const Fragmentation fragmentation = take_apart(structure_, kEverything);
  std::size_t at = 0;
  for (const Fragment& fragment : fragmentation.fragments) {
    ASSERT_EQ(fragment.first_border, at);
    int chains = 0, rings = 0, inner = 0;
    for (const Bond& bond : structure_.bonds()) {
      const bool begin = fragment.atoms.has(bond.begin), end = fragment.atoms.has(bond.end);
      inner += begin && end;
      if (begin == end) continue;
      ++(bond.in_ring ? rings : chains);
      const std::size_t inside = begin ? 0 : 1;  // seen from the atom that stays
      EXPECT_EQ(fragmentation.kind_codes.at(at), bond.kind_code[inside]);
      EXPECT_EQ(fragmentation.neighbour_codes.at(at), bond.neighbour_code[inside]);
      ++at;
    }
    EXPECT_EQ(fragment.bonds_cut(), chains + rings);
    EXPECT_LE(fragment.bonds_cut(), 4);
    EXPECT_EQ(fragment.counts[16], chains);
    EXPECT_EQ(fragment.counts[17], rings);
    EXPECT_EQ(fragment.counts[14], inner - fragment.atoms.count() + 1);
  }
  EXPECT_EQ(fragmentation.kind_codes.size(), at);
  EXPECT_EQ(fragmentation.neighbour_codes.size(), at);
}

TEST_P(FragmenterShapes, SmallerLimits_GiveTheBeginningOfTheSameList) {
  const Fragmentation all = take_apart(structure_, kEverything);
  for (const std::size_t limit :
       {std::size_t{1}, std::size_t{2}, std::size_t{7}, all.fragments.size() - 1, all.fragments.size()}) {
    if (limit == 0 || limit > all.fragments.size()) continue;
    FragmenterOptions options = kEverything;
    options.max_fragments = limit;
    const Fragmentation some = take_apart(structure_, options);
    ASSERT_EQ(some.fragments.size(), limit);
    if (limit < all.fragments.size()) {
      EXPECT_FALSE(some.complete) << molecule_.smiles() << " at " << limit;
    }
    for (std::size_t i = 0; i < limit; ++i) EXPECT_EQ(some.fragments[i].atoms, all.fragments[i].atoms);
  }
}

void expect_equal(const Fragmentation& a, const Fragmentation& b) {
  ASSERT_EQ(a.fragments.size(), b.fragments.size());
  for (std::size_t i = 0; i < a.fragments.size(); ++i) {
    const Fragment &x = a.fragments[i], &y = b.fragments[i];
    EXPECT_EQ(x.atoms, y.atoms);
    EXPECT_EQ(x.mass, y.mass);
    EXPECT_EQ(x.counts, y.counts);
    EXPECT_EQ(x.formula_code, y.formula_code);
    EXPECT_EQ(x.loss_code, y.loss_code);
  }
  EXPECT_EQ(a.kind_codes, b.kind_codes);
  EXPECT_EQ(a.neighbour_codes, b.neighbour_codes);
  EXPECT_EQ(a.complete, b.complete);
}

TEST(Fragmenter, OtherSpellings_GiveTheSameToTheBit) {
  expect_equal(take_apart(structure_of(kCaffeine)), take_apart(structure_of("CN1C=NC2=C1C(=O)N(C)C(=O)N2C")));
  expect_equal(take_apart(structure_of(kSalicin)), take_apart(structure_of("OCc1c(OC2C(O)C(O)C(O)C(CO)O2)cccc1")));
  expect_equal(take_apart(structure_of("[Na+].[O-]C(=O)c1ccccc1")), take_apart(structure_of(kBenzoicAcid)));
  expect_equal(take_apart(structure_of("C[C@H](N)C(=O)O")), take_apart(structure_of("OC(=O)C(C)N")));
}

TEST(Fragmenter, TheSameStructure_GivesTheSameTwice) {
  const Structure structure = structure_of(kSalicin);
  expect_equal(take_apart(structure), take_apart(structure));
}

TEST(Fragmenter, LightParts_AreLeftOutButNeverTheMolecule) {
  FragmenterOptions options = kEverything;
  options.min_mass = 60;
  const Structure structure = structure_of(kBenzoicAcid);
  const Fragmentation heavy = take_apart(structure, options), all = take_apart(structure, kEverything);
  std::vector<AtomSet> expected;
  for (const Fragment& fragment : all.fragments) {
    if (fragment.mass >= 60) expected.push_back(fragment.atoms);
  }
  EXPECT_EQ(sets_of(heavy), expected);
  EXPECT_LT(expected.size(), all.fragments.size());
  EXPECT_TRUE(heavy.complete);
  const Fragmentation methane = take_apart(structure_of("C"), options);
  ASSERT_EQ(methane.fragments.size(), 1U);
  EXPECT_NEAR(methane.fragments[0].mass, 16.0313, 1e-4);
}

TEST(Fragmenter, FewPairs_AreToldOf) {
  FragmenterOptions options = kEverything;
  options.max_pairs = 3;
  const Structure structure = structure_of(kSalicin);
  const Fragmentation fragmentation = take_apart(structure, options);
  EXPECT_FALSE(fragmentation.complete);
  EXPECT_LT(fragmentation.fragments.size(), take_apart(structure, kEverything).fragments.size());
}

TEST(Fragmenter, DefaultLimits_HoldForLargeMolecules) {
  const Structure chain = structure_of(std::string(128, 'C'));
  const Fragmentation fragmentation = take_apart(chain);
  EXPECT_EQ(fragmentation.fragments.size(), FragmenterOptions{}.max_fragments);
  EXPECT_FALSE(fragmentation.complete);
  EXPECT_EQ(fragmentation.fragments[0].counts[1], 128);
  EXPECT_EQ(fragmentation.fragments[0].counts[12], 255) << "258 hydrogens end at the largest count";
}

bool has_part(const std::string& smiles, const std::string& formula, int bonds_cut) {
  const Structure structure = structure_of(smiles);
  const Fragmentation fragmentation = take_apart(structure);
  return std::any_of(fragmentation.fragments.begin(), fragmentation.fragments.end(), [&](const Fragment& fragment) {
    return fragment.bonds_cut() == bonds_cut && formula_of(structure, fragment.atoms).hill() == formula;
  });
}

TEST(Fragmenter, KnownParts_AreThere) {
  EXPECT_TRUE(has_part(kBenzoicAcid, "C7H5O", 1)) << "benzoyl";
  EXPECT_TRUE(has_part(kBenzoicAcid, "C6H5", 1)) << "phenyl";
  EXPECT_TRUE(has_part(kCaffeine, "C6H7N3O", 2)) << "less methyl isocyanate, a cut of the six-membered ring";
  EXPECT_TRUE(has_part(kSalicin, "C6H11O5", 1)) << "glucosyl";
  EXPECT_TRUE(has_part(kSalicin, "C7H7O2", 1)) << "the aglycone";
  EXPECT_TRUE(has_part("O=c1cc(-c2ccccc2)oc2cc(O)cc(O)c12", "C7H4O4", 2)) << "retro-Diels-Alder of chrysin";
}

TEST(Fragmenter, FusedRings_AreNotHalved) {
  // Naphthalene: halves need three bonds cut, of which two are in each ring. This is the limit that docs/fragmentation.md names.
  EXPECT_FALSE(has_part("c1ccc2ccccc2c1", "C5H4", 3));
  EXPECT_TRUE(has_part("c1ccc2ccccc2c1", "C4H4", 2));
}

}  // namespace
}  // namespace molbridge::fragment
