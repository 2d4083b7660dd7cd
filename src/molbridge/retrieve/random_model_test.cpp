#include "molbridge/retrieve/random_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace molbridge::retrieve {
namespace {

std::vector<float> vector_of(std::uint64_t seed, const std::string& id, double mz) {
  spectra::Spectrum spectrum;
  spectrum.id = id;
  spectrum.peaks = {{mz, 10}};
  const SpectrumQuery query{&spectrum, 200, 199, "[M+H]+", mass::IonMode::kPositive};
  return make_random_model("morgan:radius=2,bits=1024", "0123", 1024, seed)->embed({&query, 1}, 1);
}

TEST(RandomModel, Vector_FollowsFromSeedAndContent) {
  EXPECT_EQ(vector_of(1, "a", 100), vector_of(1, "a", 100));
  EXPECT_NE(vector_of(1, "a", 100), vector_of(2, "a", 100));
  EXPECT_NE(vector_of(1, "a", 100), vector_of(1, "b", 100));
  EXPECT_NE(vector_of(1, "a", 100), vector_of(1, "a", 101));
}

TEST(RandomModel, Components_AreStandardNormal) {
  double sum = 0, squares = 0;
  const auto vector = vector_of(3, "a", 100);
  for (const float value : vector) {
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 1024, 0, 0.15);
  EXPECT_NEAR(squares / 1024, 1, 0.2);
}

}  // namespace
}  // namespace molbridge::retrieve
