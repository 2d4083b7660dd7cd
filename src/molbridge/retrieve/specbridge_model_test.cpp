#include "molbridge/retrieve/specbridge_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/encoders/spectrum/dreams_folder.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::retrieve {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kGoldens = MOLBRIDGE_SOURCE_DIR "/tests/golden/specbridge/";

/// A model folder with the parts of a golden checkpoint that concern spectra.
class SpecbridgeModelTest : public ::testing::TestWithParam<std::string> {
 protected:
  SpecbridgeModelTest() : folder_(fs::temp_directory_path() / ("molbridge_specbridge_" + std::to_string(::getpid()))) {
    const Json all = read_json_file(kGoldens + "expected.json");
    for (const Json& one : all["spectra"]) {
      spectra::Spectrum spectrum;
      for (std::size_t i = 0; i < one["mz"].size(); ++i) {
        spectrum.peaks.push_back({one["mz"][i].get<double>(), one["intensity"][i].get<double>()});
      }
      spectra_.push_back(std::move(spectrum));
    }
    expected_ = all["models"][model()];
    padded_to_ = all["padded_to"].get<std::int64_t>();
    EXPECT_EQ(all["batch"].get<std::size_t>(), kSpecbridgeBatch);
    write();
  }
  ~SpecbridgeModelTest() override { fs::remove_all(folder_); }

  static std::string model() { return GetParam(); }

  void write(const std::string& left_out = "", const std::string& added = "") const {
    const nn::Weights weights = nn::Weights::open(kGoldens + model() + ".pt");
    nn::ModelFolderWriter writer;
    writer.manifest.text("kind", kSpecbridgeKind);
    writer.manifest.text("name", "small");
    writer.manifest.text("target.encoder", "molecule-encoder");
    writer.manifest.text("target.encoder_digest", "0123");
    writer.manifest.integer("input.padded_to", padded_to_);
    encoders::write_dreams_config(encoders::infer_dreams_config(weights, kSpecbridgeDreams), writer.manifest);
    for (const auto& [name, view] : weights.tensors()) {
      const bool used = (name.starts_with("spec.") && !name.ends_with("Fourier frequencies")) ||
                        (name.starts_with("mapB.") && !name.starts_with("mapB.lv."));
      if (used && name != left_out) writer.weights.add(name, view.type, view.shape, view.bytes);
      if (used && !added.empty()) writer.weights.add(added, view.type, view.shape, view.bytes);
    }
    writer.write(folder_.string());
  }

  std::vector<SpectrumQuery> queries(const std::vector<spectra::Spectrum>& spectra) const {
    std::vector<SpectrumQuery> out;
    for (const auto& spectrum : spectra) out.push_back({&spectrum, 180.1, 179.1, "[M+H]+", mass::IonMode::kPositive});
    return out;
  }

  /// Rows of `found` against rows of the golden, to 2e-5 of its largest value.
  static void expect_rows(const std::vector<float>& found, const Json& rows) {
    ASSERT_EQ(found.size(), rows.size() * rows[0].size());
    float scale = 0;
    for (const Json& row : rows) {
      for (const Json& value : row) scale = std::max(scale, std::abs(value.get<float>()));
    }
    std::size_t i = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      for (const Json& value : rows[row]) ASSERT_NEAR(found[i++], value.get<float>(), 2e-5F * scale) << row;
    }
  }

  fs::path folder_;
  std::vector<spectra::Spectrum> spectra_;
  Json expected_;
  std::int64_t padded_to_ = kSpecbridgePaddedTo;
};

TEST_P(SpecbridgeModelTest, HonestVectors_AreThoseOfThePlainForwardWithFixedPadding) {
  const auto loaded = SpectrumModel::load(folder_.string());
  EXPECT_EQ(loaded->similarity(), bank::Similarity::kCosine);
  EXPECT_EQ(loaded->target_encoder(), folder_.string() + "/molecule-encoder");
  EXPECT_TRUE(loaded->training_molecules().empty());
  expect_rows(loaded->embed(queries(spectra_), 1), expected_["honest"]);
}

TEST_P(SpecbridgeModelTest, ReleasedVectors_AreThoseOfBatchesOfThirtyTwoPaddedToTheirLongest) {
  const auto loaded = SpectrumModel::load(folder_.string(), Convention::kReleased);
  EXPECT_EQ(loaded->similarity(), bank::Similarity::kDot);
  EXPECT_EQ(loaded->convention(), Convention::kReleased);
  std::vector<spectra::Spectrum> in_order;
  for (const Json& index : expected_["order"]) in_order.push_back(spectra_[index.get<std::size_t>()]);
  expect_rows(loaded->embed(queries(in_order), 2), expected_["released"]);
}

TEST_P(SpecbridgeModelTest, HonestVector_DoesNotDependOnNeighboursOrThreads) {
  const auto loaded = SpectrumModel::load(folder_.string());
  const auto all = queries(spectra_);
  const std::vector<float> together = loaded->embed(all, 3);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::vector<float> alone = loaded->embed({&all[i], 1}, 1);
    for (std::size_t d = 0; d < alone.size(); ++d) ASSERT_EQ(alone[d], together[i * alone.size() + d]);
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, SpecbridgeModelTest, ::testing::Values("gaussian", "plain", "deep"),
                         [](const auto& test) { return test.param; });

/// On one checkpoint.
class SpecbridgeBrokenTest : public SpecbridgeModelTest {
 protected:
  void expect_refused(const std::string& named) const {
    try {
      SpectrumModel::load(folder_.string());
      ADD_FAILURE() << "accepted without " << named;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel);
      EXPECT_THAT(e.what(), HasSubstr(named));
    }
  }
};

TEST_P(SpecbridgeBrokenTest, HypothesesOfOneSpectrum_CountOnceInABatch) {
  const auto loaded = SpectrumModel::load(folder_.string(), Convention::kReleased);
  std::vector<SpectrumQuery> doubled;
  for (std::size_t i = 0; i < 40; ++i) {
    const spectra::Spectrum* spectrum = &spectra_[i < 32 ? (i % 2) : 2];  // the longest only in the second batch
    doubled.insert(doubled.end(), {{spectrum, 180.1, 179.1, "[M+H]+", mass::IonMode::kPositive},
                                   {spectrum, 180.1, 157.1, "[M+Na]+", mass::IonMode::kPositive}});
  }
  std::vector<SpectrumQuery> single;
  for (std::size_t i = 0; i < doubled.size(); i += 2) single.push_back(doubled[i]);
  const std::vector<float> twice = loaded->embed(doubled, 1), once = loaded->embed(single, 1);
  const std::size_t width = loaded->width();
  for (std::size_t i = 0; i < once.size(); ++i) {
    const std::size_t row = i / width, d = i % width;
    ASSERT_EQ(twice[2 * row * width + d], once[i]);
    ASSERT_EQ(twice[(2 * row + 1) * width + d], once[i]);
  }
}

TEST_P(SpecbridgeBrokenTest, MissingTensor_IsRefusedByName) {
  for (const std::string name : {"spec.proj.1.bias", "mapB.W.weight", "mapB.blocks.0.fc2.weight",
                                 "mapB.blocks.0.ln.bias", "spec.dreams.fourier_enc.b"}) {
    write(name);
    expect_refused(name);
  }
}

TEST_P(SpecbridgeBrokenTest, TensorThatNobodyReads_IsRefusedByName) {
  write("", "mapB.blocks.7.fc1.weight");
  expect_refused("mapB.blocks.7.fc1.weight");
}

TEST_P(SpecbridgeBrokenTest, ImpossiblePadding_IsRefused) {
  const std::string path = (folder_ / "model.toml").string();
  std::string text = read_text_file(path);
  for (const char* value : {"0", "-4", "99999999999"}) {
    std::string changed = text;
    const std::string key = "padded_to = ";
    changed.replace(changed.find(key), key.size() + 3, key + value);
    write_file_atomically(path, changed);
    expect_refused("input.padded_to");
  }
}

TEST_P(SpecbridgeBrokenTest, ManifestCutAtEveryByte_IsAModelError) {
  const std::string path = (folder_ / "model.toml").string();
  const std::string text = read_text_file(path);
  for (std::size_t length = 0; length + 1 < text.size(); length += 5) {
    write_file_atomically(path, text.substr(0, length));
    expect_refused("");
  }
}

INSTANTIATE_TEST_SUITE_P(Gaussian, SpecbridgeBrokenTest, ::testing::Values("gaussian"));

}  // namespace
}  // namespace molbridge::retrieve
