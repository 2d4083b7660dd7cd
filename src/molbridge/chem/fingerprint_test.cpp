#include "molbridge/chem/fingerprint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "molbridge/core/error.hpp"

namespace molbridge::chem {
namespace {

BitFingerprint bits(std::string_view smiles, const MorganOptions& options = {}) {
  return morgan(*standardize(smiles), options);
}

TEST(Morgan, Bits_AreThoseThatCount) {
  for (const char* smiles : {"CCO", "Cn1c(=O)c2c(ncn2C)n(C)c1=O", "CC(=O)Oc1ccccc1C(=O)O"}) {
    const auto molecule = *standardize(smiles);
    const auto fingerprint = morgan(molecule);
    const auto counts = morgan_counts(molecule);
    ASSERT_EQ(fingerprint.words.size(), 32U);
    ASSERT_EQ(counts.size(), 2048U);
    int set = 0;
    for (int bit = 0; bit < 2048; ++bit) {
      EXPECT_EQ(fingerprint.test(bit), counts[static_cast<std::size_t>(bit)] > 0) << smiles << " " << bit;
      set += fingerprint.test(bit);
    }
    EXPECT_EQ(set, fingerprint.count());
  }
}

// RDKit's own answer (GetMorganFingerprintAsBitVect, radius 2, 2048 bits) for ethanol: a change means another encoder.
TEST(Morgan, Ethanol_HasTheBitsOfTheReference) {
  const auto fingerprint = bits("CCO");
  std::vector<int> set;
  for (int bit = 0; bit < 2048; ++bit) {
    if (fingerprint.test(bit)) set.push_back(bit);
  }
  EXPECT_THAT(set, testing::ElementsAre(80, 222, 294, 807, 1057, 1410));
}

TEST(Morgan, Radius_AddsEnvironments) {
  EXPECT_LT(bits("CCCCO", {.radius = 0}).count(), bits("CCCCO", {.radius = 1}).count());
  EXPECT_LT(bits("CCCCO", {.radius = 1}).count(), bits("CCCCO", {.radius = 2}).count());
  const auto counts = morgan_counts(*standardize("CCCCO"), {.radius = 0, .num_bits = 4096});
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0U), 5U);  // one environment per heavy atom
}

TEST(Morgan, Stereo_DoesNotCount) {
  const auto plain = Molecule::from_smiles("CC(N)C(=O)O");
  const auto chiral = Molecule::from_smiles("C[C@H](N)C(=O)O");
  EXPECT_EQ(morgan(*plain).words, morgan(*chiral).words);
}

TEST(Morgan, WrongWidth_IsOurDefect) {
  EXPECT_THROW(bits("C", {.radius = 2, .num_bits = 100}), Error);
  EXPECT_THROW(bits("C", {.radius = -1, .num_bits = 64}), Error);
}

TEST(Tanimoto, KnownValues) {
  const BitFingerprint a{.words = {0b0111}, .num_bits = 64};
  const BitFingerprint b{.words = {0b1110}, .num_bits = 64};
  const BitFingerprint none{.words = {0}, .num_bits = 64};
  EXPECT_DOUBLE_EQ(tanimoto(a, b), 0.5);
  EXPECT_DOUBLE_EQ(tanimoto(a, a), 1.0);
  EXPECT_DOUBLE_EQ(tanimoto(a, none), 0.0);
  EXPECT_DOUBLE_EQ(tanimoto(none, none), 0.0);
  const std::vector<BitFingerprint> others = {none, b};
  EXPECT_DOUBLE_EQ(max_tanimoto(a, others), 0.5);
  EXPECT_DOUBLE_EQ(max_tanimoto(a, {}), 0.0);
  EXPECT_THROW(tanimoto(a, {.words = {0, 0}, .num_bits = 128}), Error);
}

}  // namespace
}  // namespace molbridge::chem
