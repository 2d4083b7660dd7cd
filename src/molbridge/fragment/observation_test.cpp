#include "molbridge/fragment/observation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace molbridge::fragment {
namespace {

using testing::ElementsAre;

constexpr std::size_t kFirstAdduct = 2, kEnergy = 9, kFirstAnalyser = 12, kCharges = 17, kPrecursor = 18;

mass::Adduct adduct(const char* text) { return mass::Adduct::parse(text).value(); }

spectra::Spectrum spectrum(std::vector<spectra::Peak> peaks) {
  spectra::Spectrum out;
  out.peaks = std::move(peaks);
  return out;
}

void add_field(spectra::Spectrum& spectrum, const std::string& key, const std::string& value) {
  spectrum.fields.push_back({key, key, value});
}

/// Index of the only 1 among conditions [begin, begin + count).
std::size_t one_hot(const Observation& seen, std::size_t begin, std::size_t count) {
  const auto* first = seen.conditions.data() + begin;
  EXPECT_EQ(std::accumulate(first, first + count, 0.0F), 1.0F);
  return static_cast<std::size_t>(std::max_element(first, first + count) - first);
}

std::size_t adduct_kind(const char* text) {
  return one_hot(observe(spectrum({{50, 1}}), 200, adduct(text)), kFirstAdduct, 7);
}

TEST(Observation, Peaks_AreThoseBelowThePrecursor) {
  const auto seen =
      observe(spectrum({{100, 4}, {150, 16}, {199.41, 100}, {200, 100}, {250, 100}}), 200, adduct("[M+H]+"));
  EXPECT_THAT(seen.mz, ElementsAre(100, 150));
  EXPECT_THAT(seen.intensity, ElementsAre(0.25F, 1));  // relative to the strongest that is kept
  EXPECT_THAT(seen.weight, ElementsAre(2 / 6.0F, 4 / 6.0F));
}

TEST(Observation, SeveralCharges_HaveFragmentsAboveThePrecursor) {
  const auto seen = observe(spectrum({{100, 1}, {250, 1}}), 200, adduct("[M+2H]2+"));
  EXPECT_THAT(seen.mz, ElementsAre(100, 250));
  EXPECT_EQ(seen.conditions[kCharges], 1);
  EXPECT_EQ(observe(spectrum({{100, 1}}), 200, adduct("[M+H]+")).conditions[kCharges], 0);
}

TEST(Observation, WeakAndEmptyPeaks_AreLeftOut) {
  const auto seen = observe(spectrum({{60, 0}, {70, 1.9}, {80, 2}, {90, 1000}, {95, -5}}), 200, adduct("[M+H]+"));
  EXPECT_THAT(seen.mz, ElementsAre(80, 90));
}

TEST(Observation, TooManyPeaks_LeavesTheStrongestInOrderOfMz) {
  std::vector<spectra::Peak> peaks;
  for (int i = 0; i < 100; ++i) peaks.push_back({50.0 + i, 1.0 + (i * 37) % 100});
  const auto seen = observe(spectrum(peaks), 500, adduct("[M+H]+"));
  ASSERT_EQ(seen.mz.size(), 60U);
  EXPECT_TRUE(std::is_sorted(seen.mz.begin(), seen.mz.end()));
  EXPECT_FLOAT_EQ(*std::min_element(seen.intensity.begin(), seen.intensity.end()), 0.41F);
  EXPECT_NEAR(std::accumulate(seen.weight.begin(), seen.weight.end(), 0.0), 1, 1e-6);
}

TEST(Observation, NoPeaks_KeepsTheConditions) {
  const auto seen = observe(spectrum({}), 300, adduct("[M-H]-"));
  EXPECT_TRUE(seen.mz.empty());
  EXPECT_EQ(seen.conditions[1], 1);
  EXPECT_FLOAT_EQ(seen.conditions[kPrecursor], 0.3F);
}

TEST(Observation, Adducts_HaveOneKindEach) {
  EXPECT_EQ(adduct_kind("[M+H]+"), 0U);
  EXPECT_EQ(adduct_kind("[M-H]-"), 1U);
  EXPECT_EQ(adduct_kind("[M+Na]+"), 2U);
  EXPECT_EQ(adduct_kind("[M-2H+Na]-"), 2U);
  EXPECT_EQ(adduct_kind("[M+NH4]+"), 3U);
  EXPECT_EQ(adduct_kind("[M]+"), 4U);
  EXPECT_EQ(adduct_kind("[M-H2O+H]+"), 5U);
  EXPECT_EQ(adduct_kind("[M+2H]2+"), 6U);
  EXPECT_EQ(adduct_kind("[M+Cl]-"), 6U);
}

TEST(Observation, Sodium_IsKnownToTheIon) {
  const auto seen = observe(spectrum({{50, 1}}), 200, adduct("[M+Na]+"));
  EXPECT_NEAR(seen.ion.metal_mass, 22.98977, 1e-5);
  EXPECT_EQ(one_hot(seen, 0, 2), 0U);
}

TEST(Observation, UnknownEnergyAndInstrument_AreDefined) {
  const auto seen = observe(spectrum({{50, 1}}), 200, adduct("[M+H]+"));
  EXPECT_EQ(seen.conditions[kEnergy], 0);
  EXPECT_EQ(seen.conditions[kEnergy + 1], 0);
  EXPECT_EQ(seen.conditions[kEnergy + 2], 0);
  EXPECT_EQ(one_hot(seen, kFirstAnalyser, 5), static_cast<std::size_t>(spectra::Analyser::kUnknown));
}

TEST(Observation, Energy_IsScaledAndHeldWithinItsRange) {
  auto measured = spectrum({{50, 1}});
  add_field(measured, "collision_energy", "25 eV");
  add_field(measured, "instrument_type", "LC-ESI-QTOF");
  const auto seen = observe(measured, 200, adduct("[M+H]+"));
  EXPECT_EQ(seen.conditions[kEnergy], 1);
  EXPECT_FLOAT_EQ(seen.conditions[kEnergy + 1], 0.5F);
  EXPECT_FLOAT_EQ(seen.conditions[kEnergy + 2], 0.25F);
  EXPECT_EQ(one_hot(seen, kFirstAnalyser, 5), static_cast<std::size_t>(spectra::Analyser::kTimeOfFlight));
  measured.fields[0].value = "1000 eV";
  EXPECT_FLOAT_EQ(observe(measured, 200, adduct("[M+H]+")).conditions[kEnergy + 1], 3);
}

TEST(Observation, PeakFeatures_AreMzItsShareAndTheLogOfTheIntensity) {
  const auto seen = observe(spectrum({{50, 1}, {100, 4}}), 200, adduct("[M+H]+"));
  EXPECT_THAT(peak_features(seen, 0), ElementsAre(0.05F, 0.25F, std::log(0.25F)));
}

}  // namespace
}  // namespace molbridge::fragment
