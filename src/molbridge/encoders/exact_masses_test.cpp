#include "molbridge/encoders/spectrum/exact_masses.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace molbridge::encoders {
namespace {

std::vector<ExactMasses::Match> matches(const ExactMasses& vocabulary, double mass) {
  std::vector<ExactMasses::Match> out;
  vocabulary.match(mass, out);
  return out;
}

TEST(MassScale, OneUnit_IsOneToleranceAnywhere) {
  const MassScale scale(0.0015, 5);
  for (const double mass : {0.0, 50.0, 299.0, 301.0, 800.0}) {
    const double tolerance = std::max(0.0015, mass * 5e-6);
    EXPECT_NEAR(scale.units(mass + tolerance) - scale.units(mass), 1, 1e-4) << mass;
  }
  EXPECT_NEAR(MassScale(0.003, 0).units(600), 200000, 1e-6);
}

TEST(ExactMasses, Weight_FallsWithTheDistance) {
  const ExactMasses vocabulary(MassScale(0.0015, 5), {100.0, 100.0045, 600.0});
  ASSERT_EQ(matches(vocabulary, 100.0).size(), 1U);
  EXPECT_EQ(matches(vocabulary, 100.0)[0].index, 0);
  EXPECT_FLOAT_EQ(matches(vocabulary, 100.0)[0].weight, 1.0F);
  ASSERT_EQ(matches(vocabulary, 100.003).size(), 2U) << "2 units of the one, 1 of the other";
  EXPECT_NEAR(matches(vocabulary, 100.003)[0].weight, std::exp(-2.0), 1e-5);
  EXPECT_NEAR(matches(vocabulary, 100.003)[1].weight, std::exp(-0.5), 1e-5);
  EXPECT_NEAR(matches(vocabulary, 600.003)[0].weight, std::exp(-0.5), 1e-3) << "5 ppm";
  EXPECT_TRUE(matches(vocabulary, 100.01).empty());
  EXPECT_TRUE(matches(ExactMasses(MassScale(0.0015, 5), {}), 100).empty());
}

TEST(ExactMassBuilder, Clusters_AreFoundByMolecules) {
  ExactMassBuilder builder(MassScale(0.0015, 5));
  for (std::uint64_t molecule = 0; molecule < 10; ++molecule) {
    const double error = (static_cast<double>(molecule) - 4.5) * 1e-4;
    builder.add(91.0542 + error, molecule);
    if (molecule < 6) builder.add(91.0178 + error, molecule);  // the same nominal mass, another formula
  }
  for (int replicate = 0; replicate < 50; ++replicate) builder.add(150.0, 3);  // one molecule, whatever its spectra
  const ExactMasses found = builder.build(10, 3);
  ASSERT_EQ(found.masses().size(), 2U);
  EXPECT_NEAR(found.masses()[0], 91.0178, 5e-4);
  EXPECT_NEAR(found.masses()[1], 91.0542, 5e-4);
  ASSERT_EQ(builder.build(1, 3).masses().size(), 1U);
  EXPECT_NEAR(builder.build(1, 3).masses()[0], 91.0542, 5e-4) << "that of most molecules";
  EXPECT_TRUE(ExactMassBuilder(MassScale(0.0015, 5)).build(10, 1).masses().empty());
}

TEST(ExactMassBuilder, Masses_KeepTheirDistance) {
  const MassScale scale(0.0015, 5);
  ExactMassBuilder builder(scale);
  for (std::uint64_t i = 0; i < 4000; ++i) builder.add(200 + static_cast<double>(i % 400) * 2e-4, i);
  const ExactMasses found = builder.build(1000, 3);
  ASSERT_GT(found.masses().size(), 10U);
  for (std::size_t i = 1; i < found.masses().size(); ++i)
    EXPECT_GT(scale.units(found.masses()[i]) - scale.units(found.masses()[i - 1]), 1.0);
}

}  // namespace
}  // namespace molbridge::encoders
