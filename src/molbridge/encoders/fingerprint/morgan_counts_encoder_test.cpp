#include "molbridge/encoders/fingerprint/morgan_counts_encoder.hpp"

#include <gtest/gtest.h>

#include <map>

#include "molbridge/core/error.hpp"

namespace molbridge::encoders {
namespace {

std::map<int, float> counts_of(const std::string& specification, const std::string& smiles) {
  const auto encoder = make_molecule_encoder(specification);
  std::vector<float> vector(encoder->width());
  encoder->encode(chem::standardize(smiles).value(), vector);
  std::map<int, float> counts;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    if (vector[i] != 0) counts[static_cast<int>(i)] = vector[i];
  }
  return counts;
}

// GetHashedMorganFingerprint(molecule, radius, width).GetNonzeroElements() of RDKit 2022.09.3 in Python.
TEST(MorganCounts, KnownMolecules_HaveTheCountsOfTheReference) {
  EXPECT_EQ(counts_of("morgan-counts:radius=2,width=1024", "CCCCCC"),
            (std::map<int, float>{{33, 2}, {80, 4}, {294, 2}, {420, 2}, {591, 2}, {794, 2}, {887, 2}}));
  EXPECT_EQ(counts_of("morgan-counts:radius=3", "c1ccccc1"),
            (std::map<int, float>{{389, 6}, {1088, 6}, {1232, 1}, {1873, 6}}));
  EXPECT_EQ(counts_of("morgan-counts:width=128,radius=1", "CC(=O)Oc1ccccc1C(=O)O"), (std::map<int, float>{{5, 1},
                                                                                                          {10, 2},
                                                                                                          {11, 1},
                                                                                                          {33, 1},
                                                                                                          {39, 3},
                                                                                                          {50, 1},
                                                                                                          {55, 1},
                                                                                                          {64, 2},
                                                                                                          {65, 1},
                                                                                                          {71, 1},
                                                                                                          {72, 1},
                                                                                                          {81, 4},
                                                                                                          {86, 2},
                                                                                                          {100, 2},
                                                                                                          {121, 1},
                                                                                                          {125, 2}}));
}

TEST(MorganCounts, Name_GivesTheSameEncoderBack) {
  const auto encoder = make_molecule_encoder("morgan-counts:width=64");
  EXPECT_EQ(encoder->name(), "morgan-counts:radius=2,width=64");
  EXPECT_EQ(make_molecule_encoder(encoder->name())->digest(), encoder->digest());
  EXPECT_FALSE(encoder->is_binary());
  EXPECT_EQ(encoder->width(), 64U);
}

TEST(MorganCounts, OtherOptions_HaveOtherDigests) {
  const std::string digest = make_molecule_encoder("morgan-counts:radius=2,width=64")->digest();
  for (const char* other :
       {"morgan-counts:radius=1,width=64", "morgan-counts:radius=2,width=128", "morgan:radius=2,bits=64"})
    EXPECT_NE(make_molecule_encoder(other)->digest(), digest) << other;
}

TEST(MorganCounts, BadOption_IsAUsageError) {
  for (const char* bad :
       {"morgan-counts:bits=64", "morgan-counts:width=65", "morgan-counts:width", "morgan:width=64"}) {
    try {
      make_molecule_encoder(bad);
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << bad;
    }
  }
}

}  // namespace
}  // namespace molbridge::encoders
