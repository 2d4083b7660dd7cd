#include "molbridge/fragment/subformula.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::fragment {
namespace {

mass::Formula ion_of(const std::string& text) { return mass::Formula::parse(text).value(); }

/// Every combination of atoms, tried one by one, by the definitions of the header.
std::vector<mass::Formula> all_parts(const mass::Formula& ion, int extra_hydrogens, int charge) {
  std::vector<mass::Formula> parts{mass::Formula()};
  mass::Formula most = ion;
  most.add({1, 0}, extra_hydrogens);
  for (const auto& [nuclide, count] : most.counts()) {
    const std::vector<mass::Formula> before = parts;
    for (int k = 1; k <= count; ++k) {
      for (mass::Formula part : before) {
        part.add(nuclide, k);
        parts.push_back(part);
      }
    }
  }
  std::erase_if(parts, [](const mass::Formula& part) {
    const int monovalent = part.count("H") + part.count("F") + part.count("Cl") + part.count("Br") + part.count("Na");
    return 2 * part.count("C") + part.count("N") + part.count("P") - monovalent < -3;
  });
  for (mass::Formula& part : parts) part.set_charge(charge);
  return parts;
}

struct Brute {
  std::optional<std::string> best;
  std::size_t count = 0;
};

Brute brute_force(const std::vector<mass::Formula>& parts, double mz, double width) {
  Brute out;
  double least = width;
  for (const mass::Formula& part : parts) {
    const double error = std::abs(part.monoisotopic_mass() / std::abs(part.charge()) - mz);
    if (error > width) continue;
    ++out.count;
    if (error > least) continue;
    least = error;
    out.best = part.hill();
  }
  return out;
}

void expect_equals_brute_force(const std::string& text, std::uint64_t seed, int queries) {
  const mass::Formula ion = ion_of(text);
  const SubformulaIndex index(ion);
  const auto parts = all_parts(ion, 1, ion.charge());
  Rng rng(seed);
  int found = 0;
  for (int q = 0; q < queries; ++q) {
    double mz = rng.uniform() * index.ion_mz() * 1.02;
    if (q % 2 == 0) mz = parts[rng.below(parts.size())].monoisotopic_mass() + (rng.uniform() - 0.5) * 0.02;
    if (mz <= 0) continue;
    const double width = q % 3 == 0 ? 0.2 : 0.005;
    const Brute brute = brute_force(parts, mz, width);
    const auto best = index.best(mz, {.ppm = 0, .at_least = width});
    ASSERT_EQ(best.has_value(), brute.best.has_value()) << text << " " << mz;
    EXPECT_EQ(index.survey(mz, {.ppm = 0, .at_least = width}, 1).within, brute.count) << text << " " << mz;
    const auto wide = index.survey(mz, {.ppm = 0, .at_least = width / 4}, 4);
    EXPECT_EQ(wide.within + wide.around, brute.count);
    if (!best) continue;
    ++found;
    EXPECT_EQ(index.hill(*best), *brute.best) << mz;
    EXPECT_NEAR(best->mz, index.formula(*best).monoisotopic_mass(), 1e-9);
    EXPECT_NEAR(best->ppm_error, 1e6 * (mz - best->mz) / best->mz, 1e-6);
  }
  EXPECT_GT(found, queries / 10);
}

TEST(SubformulaIndex, RandomPeaks_EqualBruteForce) {
  expect_equals_brute_force("C6H9NO3SCl+", 1, 150);
  expect_equals_brute_force("C5H11O4PNa+", 2, 150);
  expect_equals_brute_force("C7H4BrF2N2O-", 3, 150);
}

TEST(SubformulaIndex, KnownFragments_OfCaffeine) {
  const SubformulaIndex index(ion_of("C8H11N4O2+"));
  const auto loss_of_methylisocyanate = index.best(138.0662);
  ASSERT_TRUE(loss_of_methylisocyanate);
  EXPECT_EQ(index.hill(*loss_of_methylisocyanate), "C6H8N3O+");
  EXPECT_LT(std::abs(loss_of_methylisocyanate->ppm_error), 1);
  EXPECT_TRUE(loss_of_methylisocyanate->even_electrons);
  EXPECT_DOUBLE_EQ(loss_of_methylisocyanate->dbe, 4.5);
  EXPECT_EQ(index.hill(*index.best(110.0713)), "C5H8N3+");
  EXPECT_NEAR(index.ion_mz(), 195.0877, 1e-4);
  EXPECT_EQ(index.hill(*index.best(195.0877)), "C8H11N4O2+");
  EXPECT_FALSE(index.best(138.2));
}

TEST(SubformulaIndex, Radical_IsKnownByItsElectrons) {
  const SubformulaIndex index(ion_of("C10H12NO+"));
  const auto radical = index.best(ion_of("C9H9NO+").monoisotopic_mass());
  ASSERT_TRUE(radical);
  EXPECT_FALSE(radical->even_electrons);
}

TEST(SubformulaIndex, Electron_IsCounted) {
  const double width = 2e-4;  // an electron has 5.5e-4 u
  const double atoms = 77.0391253;
  const SubformulaIndex positive(ion_of("C6H6+")), negative(ion_of("C6H6-"));
  EXPECT_TRUE(positive.best(atoms - mass::kElectronMass, {0, width}));
  EXPECT_FALSE(positive.best(atoms, {0, width}));
  EXPECT_TRUE(negative.best(atoms + mass::kElectronMass, {0, width}));
  EXPECT_FALSE(negative.best(atoms - mass::kElectronMass, {0, width}));
}

TEST(SubformulaIndex, Hydrogens_UpToThoseOfTheIonAndTheExtraOnes) {
  const double mz = ion_of("C6H8+").monoisotopic_mass();
  EXPECT_FALSE(SubformulaIndex(ion_of("C6H7+"), {.extra_hydrogens = 0}).best(mz));
  EXPECT_TRUE(SubformulaIndex(ion_of("C6H7+"), {.extra_hydrogens = 1}).best(mz));
}

TEST(SubformulaIndex, Hydrogens_NoMoreThanValenceHolds) {
  const SubformulaIndex index(ion_of("C4H30O+"));
  EXPECT_TRUE(index.best(ion_of("CH5+").monoisotopic_mass()));   // dbe -0.5
  EXPECT_FALSE(index.best(ion_of("CH6+").monoisotopic_mass()));  // dbe -1
}

TEST(SubformulaIndex, DoublyCharged_FragmentsOfBothCharges) {
  const SubformulaIndex index(ion_of("C12H14N2+2"));
  const double one = ion_of("C6H7N+").monoisotopic_mass(), two = ion_of("C11H12N2+2").monoisotopic_mass() / 2;
  ASSERT_TRUE(index.best(one) && index.best(two));
  EXPECT_EQ(index.best(two)->charge, 2);
  EXPECT_EQ(index.hill(*index.best(two)), "C11H12N2+2");
  EXPECT_FALSE(SubformulaIndex(ion_of("C12H14N2+2"), {.max_charge = 1}).best(two));
}

TEST(SubformulaIndex, Isotopes_AreKindsOfTheirOwn) {
  const mass::Formula ion = ion_of("C5[13C][2H]3H5O2+");
  const SubformulaIndex index(ion);
  const mass::Formula part = ion_of("C[13C][2H]2H3O+");
  const auto best = index.best(part.monoisotopic_mass(), {1, 0});
  ASSERT_TRUE(best);
  EXPECT_EQ(index.formula(*best), part);
}

TEST(SubformulaIndex, LargeFormula_SearchedByOuterLoopFindsTheSame) {
  // 5.3 million combinations: more than the table holds. Fragments of it are found exactly.
  const mass::Formula ion = ion_of("C90H140N24O30S4P3F2+");
  const SubformulaIndex index(ion);
  ASSERT_TRUE(index.searchable());
  Rng rng(4);
  for (int k = 0; k < 20; ++k) {
    mass::Formula part;
    part.set_charge(1);
    for (const auto& [nuclide, count] : ion.counts())
      part.add(nuclide, static_cast<int>(rng.below(static_cast<std::uint64_t>(count) / 2 + 1)));
    part.add({6, 0}, 45);  // enough valences for the hydrogens
    const double mz = part.monoisotopic_mass();
    const auto best = index.best(mz, {.ppm = 1, .at_least = 0});
    ASSERT_TRUE(best) << part.hill();
    EXPECT_NEAR(best->mz, mz, 1e-7);
    EXPECT_NEAR(index.formula(*best).monoisotopic_mass(), best->mz, 1e-7);
    EXPECT_TRUE((ion + ion_of("H")).contains(index.formula(*best)));
  }
}

TEST(SubformulaIndex, FormulaBeyondTheCap_FindsNothing) {
  const SubformulaIndex atoms(ion_of("C1000000H3+"));
  EXPECT_FALSE(atoms.searchable());
  EXPECT_FALSE(atoms.best(100.0));
  EXPECT_EQ(atoms.survey(100.0, {}, 3).around, 0U);
  EXPECT_FALSE(SubformulaIndex(ion_of("C500H900N200O200S50+")).searchable());
  EXPECT_FALSE(SubformulaIndex(ion_of("LiBCNOFNaMgAlSiPSClKCaScTi+")).searchable());
}

TEST(SubformulaIndex, NoHeavyAtoms_OrNoCharge) {
  EXPECT_TRUE(SubformulaIndex(ion_of("H3+")).best(ion_of("H2+").monoisotopic_mass()));
  EXPECT_THROW(SubformulaIndex(ion_of("CH4")), Error);
}

TEST(SubformulaIndex, SmallLosses_OnlyWhatTheIonHolds) {
  const SubformulaIndex acid(ion_of("C9H9O4+")), amine(ion_of("C9H14N+"));
  const double water = 18.010565, ammonia = 17.026549, hydrogen_fluoride = 20.006228;
  EXPECT_TRUE(acid.is_small_loss(water, 1e-3));
  EXPECT_TRUE(acid.is_small_loss(2 * water, 1e-3));
  EXPECT_FALSE(acid.is_small_loss(ammonia, 1e-3));
  EXPECT_FALSE(acid.is_small_loss(hydrogen_fluoride, 1e-3));
  EXPECT_TRUE(amine.is_small_loss(ammonia, 1e-3));
  EXPECT_FALSE(amine.is_small_loss(water, 1e-3));
}

}  // namespace
}  // namespace molbridge::fragment
