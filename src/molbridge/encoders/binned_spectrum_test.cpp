#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"

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

SpectrumInput at_energy(double energy, spectra::EnergyUnit unit, spectra::Analyser analyser) {
  const std::vector<Peak> none;
  SpectrumInput input = input_of(none, 500);
  input.acquisition = {spectra::CollisionEnergy{energy, unit}, analyser};
  return input;
}

TEST(BinnedSpectrum, WithoutAcquisition_EnergyChangesNothing) {
  const BinnedSpectrum encoder({}, {1000}, {}, {"[M+H]+"});
  const auto plain = encoder.encode(input_of({}, 500));
  const auto known = encoder.encode(at_energy(30, spectra::EnergyUnit::kElectronVolt, spectra::Analyser::kFourier));
  ASSERT_EQ(plain.size(), known.size());
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(plain[i].index, known[i].index);
}

TEST(BinnedSpectrum, Acquisition_StandsBehindTheOlderFeatures) {
  BinnedSpectrumOptions options;
  const std::int64_t older = BinnedSpectrum(options, {1000}, {}, {}).num_features();
  options.acquisition = true;
  const BinnedSpectrum encoder(options, {1000}, {}, {});
  EXPECT_EQ(encoder.num_features(), older + 5 + 1 + 24);
  const auto base = static_cast<std::int32_t>(older);
  const auto unknown = encoder.encode(input_of({}, 500));
  EXPECT_EQ(unknown.back().index, base) << "the analyser is unknown, the energy has no feature";
  const auto tof = encoder.encode(at_energy(35, spectra::EnergyUnit::kElectronVolt, spectra::Analyser::kTimeOfFlight));
  EXPECT_EQ(value_at(tof, base), 0.0F);
  EXPECT_EQ(value_at(tof, base + 2), 1.0F);
  EXPECT_EQ(value_at(tof, base + 5), 1.0F) << "known";
  EXPECT_FLOAT_EQ(value_at(tof, base + 6 + 4), 0.5F) << "half-way between the bands of 30 and 40";
  EXPECT_FLOAT_EQ(value_at(tof, base + 6 + 5), 0.5F);
  EXPECT_FLOAT_EQ(value_at(tof, base + 6 + 12 + 4), 0.5F) << "at m/z 500 both scales agree";
}

TEST(BinnedSpectrum, EnergiesBeyondTheBands_BelongToTheLastOnes) {
  BinnedSpectrumOptions options;
  options.acquisition = true;
  const BinnedSpectrum encoder(options, {}, {}, {});
  const auto base = static_cast<std::int32_t>(encoder.num_features()) - 24;
  for (const auto& [energy, band] : {std::pair{0.1, 0}, {5.0, 0}, {170.0, 11}, {999.0, 11}}) {
    const auto features =
        encoder.encode(at_energy(energy, spectra::EnergyUnit::kElectronVolt, spectra::Analyser::kUnknown));
    EXPECT_FLOAT_EQ(value_at(features, base + band), 1.0F) << energy;
  }
}

TEST(BinnedSpectrum, ExactMasses_AreTheLastFeatures) {
  const BinnedSpectrum encoder({}, {910}, {}, {}, {{91.0178, 91.0542}, {18.0106}});
  const auto features = encoder.encode(input_of({{91.0542, 25}, {281.9894, 100}}, 300));
  const auto base = static_cast<std::int32_t>(encoder.num_features()) - 3;
  EXPECT_EQ(value_at(features, base), 0.0F);
  EXPECT_FLOAT_EQ(value_at(features, base + 1), 0.5F);
  EXPECT_NEAR(value_at(features, base + 2), 1.0F, 1e-4) << "the loss of water";
  EXPECT_FLOAT_EQ(value_at(features, 0), 0.5F) << "the bin as before";
}

TEST(BinnedSpectrum, NoPeaks_IsTheBlindControl) {
  BinnedSpectrumOptions options;
  options.max_peaks = 0;
  const BinnedSpectrum encoder(options, {1000}, {}, {}, {{100.0}, {}});
  const auto blind = encoder.encode(input_of({{100.0, 1}}, 200)), empty = encoder.encode(input_of({}, 200));
  ASSERT_EQ(blind.size(), empty.size());
  for (std::size_t i = 0; i < blind.size(); ++i) EXPECT_EQ(blind[i].index, empty[i].index);
}

TEST(BinnedSpectrumBuilder, Vocabulary_IsBuiltWhereAskedFor) {
  BinnedSpectrumOptions options;
  options.min_molecules = 3;
  for (const int limit : {0, 5}) {
    options.max_exact_peaks = options.max_exact_losses = limit;
    BinnedSpectrumBuilder builder(options);
    for (std::uint64_t molecule = 0; molecule < 4; ++molecule)
      builder.add(input_of({{77.0386, 1}, {105.0335 + 10 * static_cast<double>(molecule), 1}}, 195.0), molecule);
    const BinnedSpectrum encoder = builder.build();
    EXPECT_EQ(encoder.exact_peaks().size(), limit == 0 ? 0U : 1U);
    EXPECT_EQ(encoder.exact_losses().size(), limit == 0 ? 0U : 1U);
  }
}

TEST(BinnedSpectrumFolder, WrittenAndRead_EncodesTheSame) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("molbridge_binned_" + std::to_string(::getpid()));
  BinnedSpectrumOptions options;
  options.acquisition = true;
  options.exact_ppm = 7;
  options.max_exact_peaks = 2;
  const BinnedSpectrum encoder(options, {910}, {180}, {"[M+H]+"}, {{91.0178, 91.0542}, {18.0106}});
  nn::ModelFolderWriter writer;
  write_binned_spectrum(encoder, writer.manifest, writer.weights);
  writer.write(path.string());
  const BinnedSpectrum read = read_binned_spectrum(nn::ModelFolder::open(path.string()));
  SpectrumInput input = input_of({}, 300, mass::IonMode::kPositive, "[M+H]+");
  const std::vector<Peak> peaks{{91.0545, 25}, {281.9894, 100}};
  input.peaks = peaks;
  input.acquisition = {spectra::CollisionEnergy{22, spectra::EnergyUnit::kNormalised}, spectra::Analyser::kFourier};
  const auto expected = encoder.encode(input), got = read.encode(input);
  EXPECT_EQ(read.num_features(), encoder.num_features());
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].index, expected[i].index);
    EXPECT_EQ(got[i].value, expected[i].value);
  }
  std::filesystem::remove_all(path);
}

TEST(BinnedSpectrumFolder, MassesThatAreNone_AreRefused) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("molbridge_binned_bad_" + std::to_string(::getpid()));
  for (const std::vector<double>& masses :
       {std::vector<double>{2, 1}, {std::numeric_limits<double>::quiet_NaN()}, {-1.0}, {1e300}}) {
    nn::ModelFolderWriter writer;
    write_binned_spectrum(BinnedSpectrum({}, {910}, {}, {}), writer.manifest, writer.weights);
    writer.weights.add("input.exact_peaks", nn::ElementType::kF64, {static_cast<std::int64_t>(masses.size())},
                       std::as_bytes(std::span(masses)));
    writer.write(path.string());
    try {
      read_binned_spectrum(nn::ModelFolder::open(path.string()));
      ADD_FAILURE() << masses.front();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel);
    }
  }
  std::filesystem::remove_all(path);
}

TEST(SpectrumInputOf, Fields_GiveTheAcquisition) {
  spectra::Spectrum spectrum;
  spectrum.fields = {{"collision_energy", "CE", "35 eV"}, {"instrument_type", "INSTRUMENT_TYPE", "LC-ESI-QTOF"}};
  const SpectrumInput input = spectrum_input(spectrum);
  ASSERT_TRUE(input.acquisition.energy);
  EXPECT_EQ(input.acquisition.energy->value, 35);
  EXPECT_EQ(input.acquisition.analyser, spectra::Analyser::kTimeOfFlight);
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
