// DeepSets and JESTR as models: what a folder must hold, and that a vector follows from its spectrum alone.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "molbridge/bridges/test_deep_sets.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/encoders/spectrum/peak_tokens.hpp"
#include "molbridge/nn/test_manifest.hpp"
#include "molbridge/retrieve/deep_sets_model.hpp"
#include "molbridge/retrieve/jestr_model.hpp"

namespace molbridge::retrieve {
namespace {

namespace fs = std::filesystem;

class BaselineModelsTest : public ::testing::Test {
 protected:
  BaselineModelsTest() : folder_(fs::temp_directory_path() / ("molbridge_baselines_" + std::to_string(::getpid()))) {
    Rng rng(8);
    for (int i = 0; i < 150; ++i) {
      spectra::Spectrum spectrum;
      for (std::uint64_t n = 1 + rng.below(80); n > 0; --n)
        spectrum.peaks.push_back({20 + 950 * rng.uniform(), rng.uniform()});
      spectra_.push_back(std::move(spectrum));
    }
    for (const auto& spectrum : spectra_)
      queries_.push_back({&spectrum, 180.1, 179.1, "[M+H]+", mass::IonMode::kPositive});
  }
  ~BaselineModelsTest() override { fs::remove_all(folder_); }

  static void add_head(nn::ModelFolderWriter& writer, const char* kind) {
    const auto target = encoders::make_molecule_encoder("morgan:radius=2,bits=128");
    writer.manifest.text("kind", kind);
    writer.manifest.text("name", "small");
    writer.manifest.text("target.encoder", target->name());
    writer.manifest.text("target.encoder_digest", target->digest());
    writer.add_side_file("training_molecules.tsv", "inchikey14\tsmiles\nLFQSCWFLJHTTHZ\tCCO\n");
  }
  void write_deep_sets(bool fourier, bool precursor = true) const {
    nn::ModelFolderWriter writer;
    add_head(writer, kDeepSetsKind);
    encoders::write_peak_token_options({.precursor = precursor}, writer.manifest);
    writer.manifest.flag("input.fourier", fourier);
    if (fourier) encoders::write_mz_fourier_options({.count = 6}, writer.manifest);
    bridges::add_random_deep_sets(writer,
                                  {.inputs = fourier ? 14 : 2,
                                   .fourier_hidden = fourier ? 8 : 0,
                                   .hidden = 20,
                                   .outputs = 128,
                                   .pooling = "mean"},
                                  3);
    writer.write(folder_.string());
  }
  void write_jestr() const {
    nn::ModelFolderWriter writer;
    add_head(writer, kJestrKind);
    writer.manifest.integers("bridge.widths", {1000, 12, 9});
    Rng rng(2);
    bridges::add_random(writer.weights, "spectrum.0.weight", {12, 1000}, rng);
    bridges::add_random(writer.weights, "spectrum.0.bias", {12}, rng);
    bridges::add_random(writer.weights, "spectrum.1.weight", {9, 12}, rng);
    bridges::add_random(writer.weights, "spectrum.1.bias", {9}, rng);
    writer.write(folder_.string());
  }
  void expect_vectors_stand_alone() const {
    const auto model = SpectrumModel::load(folder_.string());
    const std::vector<float> together = model->embed(queries_, 1);
    ASSERT_EQ(together.size(), queries_.size() * model->width());
    EXPECT_EQ(model->embed(queries_, 3), together);
    EXPECT_TRUE(model->embed({}, 1).empty());
    const auto vector = [&](std::size_t i) {
      const auto begin = together.begin() + static_cast<std::ptrdiff_t>(i * model->width());
      return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(model->width()));
    };
    for (std::size_t i = 0; i < queries_.size(); i += 37) {
      EXPECT_EQ(model->embed({&queries_[i], 1}, 1), vector(i));
      if (i > 0) EXPECT_NE(vector(i), vector(0));
    }
  }
  void expect_refused(const std::string& old, const std::string& changed, const std::string& part) const {
    nn::expect_manifest_refused(folder_.string(), old, changed, part,
                                [](const std::string& folder) { SpectrumModel::load(folder); });
  }
  fs::path folder_;
  std::vector<spectra::Spectrum> spectra_;
  std::vector<SpectrumQuery> queries_;
};

TEST_F(BaselineModelsTest, DeepSets_VectorFollowsFromTheSpectrumAlone) {
  for (const bool fourier : {false, true}) {
    write_deep_sets(fourier);
    expect_vectors_stand_alone();
  }
}

TEST_F(BaselineModelsTest, DeepSets_UsesThePrecursorWhereItIsAToken) {
  SpectrumQuery other = queries_[0];
  other.precursor_mz = 400;
  for (const bool precursor : {true, false}) {
    write_deep_sets(false, precursor);
    const auto model = SpectrumModel::load(folder_.string());
    EXPECT_EQ(model->uses_precursor(), precursor);
    EXPECT_EQ(model->embed({&other, 1}, 1) != model->embed({queries_.data(), 1}, 1), precursor);
    EXPECT_EQ(model->training_molecules().size(), 1U);
  }
}

TEST_F(BaselineModelsTest, DeepSetsManifestThatDoesNotFit_IsRefused) {
  write_deep_sets(true);
  expect_refused("fourier = true", "fourier = false", "bridge.inputs is 14, a token has 2 values");
  expect_refused("fourier_count = 6", "fourier_count = 7", "bridge.inputs is 14, a token has 16 values");
  expect_refused("fourier_count = 6", "fourier_count = 0", "input.fourier_count must be between");
  expect_refused("score = \"probability\"", "score = \"best\"", "unknown score \"best\"");
  expect_refused("max_mz = 1000", "max_mz = 1", "input.max_mz must be between");
}

TEST_F(BaselineModelsTest, Jestr_VectorFollowsFromTheSpectrumAlone) {
  write_jestr();
  expect_vectors_stand_alone();
  const auto model = SpectrumModel::load(folder_.string());
  EXPECT_FALSE(model->uses_precursor());
  EXPECT_EQ(model->target_encoder(), folder_.string() + "/morgan:radius=2,bits=128");  // a folder inside the model's
}

TEST_F(BaselineModelsTest, JestrManifestThatDoesNotFit_IsRefused) {
  write_jestr();
  expect_refused("[1000, 12, 9]", "[1000, 12]", "spectrum.1");
  expect_refused("[1000, 12, 9]", "[1000, 13, 9]", "shape");
  expect_refused("[1000, 12, 9]", "[1000]", "bridge.widths holds 1 widths");
  expect_refused("[1000, 12, 9]", "[1000, 0, 9]", "bad width");
  expect_refused("[1000, 12, 9]", "[200000, 12, 9]", "asks for 200000 bins");
  expect_refused("[1000, 12, 9]", "\"1000\"", "bridge.widths must be a list");
}

}  // namespace
}  // namespace molbridge::retrieve
