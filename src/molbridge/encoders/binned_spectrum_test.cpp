#include <gtest/gtest.h>

#include <algorithm>

#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum.hpp"

namespace molbridge::encoders {
namespace {

using spectra::Peak;

SpectrumInput input_of(const std::vector<Peak>& peaks, double precursor = 0,
                       mass::IonMode mode = mass::IonMode::kPositive, const std::string& adduct = "") {
  return {peaks, precursor, mode, adduct};
}

float value_at(const std::vector<SparseFeature>& features, std::int32_t index) {
  for (const auto& feature : features) {
    if (feature.index == index) return feature.value;
  }
  return 0;
}

TEST(BinnedSpectrum, Peaks_GoToTheirBinsWithSquareRootIntensity) {
  const BinnedSpectrum encoder({}, {1000, 1001}, {}, {});
  const std::vector<Peak> peaks{{100.05, 25}, {100.15, 100}, {250.0, 50}};
  const auto features = encoder.encode(input_of(peaks));
  EXPECT_FLOAT_EQ(value_at(features, 0), 0.5F);
  EXPECT_FLOAT_EQ(value_at(features, 1), 1.0F);
}

TEST(BinnedSpectrum, NeutralLosses_NeedAPrecursor) {
  const BinnedSpectrum encoder({}, {}, {180}, {});
  const std::vector<Peak> peaks{{282.04, 100}};
  EXPECT_FLOAT_EQ(value_at(encoder.encode(input_of(peaks, 300.05)), 0), 1.0F);  // water
  EXPECT_FLOAT_EQ(value_at(encoder.encode(input_of(peaks)), 0), 0.0F);
}

TEST(BinnedSpectrum, IntensityScale_DoesNotMatter) {
  const BinnedSpectrum encoder({}, {500, 1000, 1500}, {500}, {});
  std::vector<Peak> small{{50.01, 1}, {100.02, 3}, {150.03, 0.5}}, large = small;
  for (auto& peak : large) peak.intensity *= 4096;
  const auto a = encoder.encode(input_of(small, 200)), b = encoder.encode(input_of(large, 200));
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].index, b[i].index);
    EXPECT_FLOAT_EQ(a[i].value, b[i].value);
  }
}

TEST(BinnedSpectrum, Indices_AscendAndStayBelowTheWidth) {
  Rng rng(5);
  const BinnedSpectrum encoder({}, {500, 700, 1000}, {100, 200}, {"[M+H]+", "[M-H]-"});
  for (int round = 0; round < 200; ++round) {
    std::vector<Peak> peaks;
    for (std::uint64_t i = rng.below(300); i > 0; --i) peaks.push_back({rng.uniform() * 5000, rng.uniform() * 10});
    const auto features =
        encoder.encode(input_of(peaks, rng.uniform() * 1e5, static_cast<mass::IonMode>(rng.below(3)), "[M-H]-"));
    for (std::size_t i = 1; i < features.size(); ++i) EXPECT_LT(features[i - 1].index, features[i].index);
    EXPECT_LT(features.back().index, encoder.num_features());
  }
}

TEST(BinnedSpectrum, OnlyTheStrongestPeaks_AreKept) {
  BinnedSpectrumOptions options;
  options.max_peaks = 1;
  const BinnedSpectrum encoder(options, {500, 1000}, {}, {});
  const auto features = encoder.encode(input_of({{50.01, 1}, {100.01, 2}}));
  EXPECT_EQ(value_at(features, 0), 0.0F);
  EXPECT_EQ(value_at(features, 1), 1.0F);
}

TEST(BinnedSpectrum, UnknownAdduct_HasAFeatureOfItsOwn) {
  const BinnedSpectrum encoder({}, {}, {}, {"[M+H]+"});
  EXPECT_EQ(value_at(encoder.encode(input_of({}, 0, mass::IonMode::kPositive, "[M+H]+")), 0), 1.0F);
  EXPECT_EQ(value_at(encoder.encode(input_of({}, 0, mass::IonMode::kPositive, "[M+K]+")), 1), 1.0F);
  EXPECT_EQ(value_at(encoder.encode(input_of({}, 0, mass::IonMode::kPositive, "")), 1), 1.0F);
}

TEST(BinnedSpectrumBuilder, Replicates_DoNotBuyFeatures) {
  BinnedSpectrumOptions options;
  options.min_molecules = 2;
  BinnedSpectrumBuilder builder(options);
  for (int replicate = 0; replicate < 50; ++replicate) builder.add(input_of({{50.01, 1}}), 0);
  builder.add(input_of({{100.01, 1}}), 1);
  builder.add(input_of({{100.01, 1}}), 2);
  EXPECT_EQ(builder.build().peak_bins(), std::vector<std::int32_t>{1000});
}

TEST(BinnedSpectrumBuilder, Limit_KeepsTheBinsOfMostMolecules) {
  BinnedSpectrumOptions options;
  options.min_molecules = 1;
  options.max_features = 2;
  BinnedSpectrumBuilder builder(options);
  builder.add(input_of({{50.01, 1}, {60.01, 1}, {70.01, 1}}), 0);
  builder.add(input_of({{60.01, 1}, {70.01, 1}}), 1);
  EXPECT_EQ(builder.build().peak_bins(), (std::vector<std::int32_t>{600, 700}));
}

TEST(SpectrumInputOf, IonMode_FollowsFromAdductOrCharge) {
  spectra::Spectrum spectrum;
  spectrum.adduct = "[M-H]-";
  EXPECT_EQ(spectrum_input(spectrum).ion_mode, mass::IonMode::kNegative);
  spectrum.adduct = "rubbish";
  spectrum.charge = 1;
  EXPECT_EQ(spectrum_input(spectrum).ion_mode, mass::IonMode::kPositive);
  EXPECT_EQ(spectrum_input(spectrum).adduct, "");
}

TEST(MorganEncoder, BitsAndFloats_Agree) {
  const auto encoder = make_molecule_encoder("morgan:radius=2,bits=1024");
  const auto molecule = chem::standardize("CN1C=NC2=C1C(=O)N(C(=O)N2C)C").value();
  std::vector<float> floats(1024);
  std::vector<std::uint8_t> bits(128);
  encoder->encode(molecule, floats);
  encoder->encode_bits(molecule, bits);
  int on = 0;
  for (std::size_t i = 0; i < 1024; ++i) {
    EXPECT_EQ(floats[i], static_cast<float>((bits[i / 8] >> (i % 8)) & 1));
    on += floats[i] != 0;
  }
  EXPECT_GT(on, 10);
}

TEST(MorganEncoder, Digest_DependsOnTheOptionsOnly) {
  EXPECT_EQ(make_molecule_encoder("ecfp4")->digest(), make_molecule_encoder("morgan:radius=2,bits=2048")->digest());
  EXPECT_EQ(make_molecule_encoder(" Morgan:bits=2048 , radius=2")->digest(), make_molecule_encoder("ecfp4")->digest());
  EXPECT_NE(make_molecule_encoder("morgan:radius=3,bits=2048")->digest(), make_molecule_encoder("ecfp4")->digest());
  EXPECT_EQ(make_molecule_encoder(kDefaultEncoder)->name(), kDefaultEncoder);
}

TEST(MoleculeEncoder, BadSpecifications_AreUsageErrors) {
  for (const char* text : {"", "ecfp5", "morgan:bits=100", "morgan:bits=0", "morgan:radius=-1", "morgan:radius",
                           "morgan:size=9", "morgan:bits=9999999999", "ecfp4:bits=64"}) {
    try {
      make_molecule_encoder(text);
      ADD_FAILURE() << text;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kUsage) << text;
    }
  }
}

}  // namespace
}  // namespace molbridge::encoders
