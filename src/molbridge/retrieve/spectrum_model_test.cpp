#include "molbridge/retrieve/spectrum_model.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "molbridge/bridges/test_fingerprint_ffn.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"
#include "molbridge/retrieve/two_stage.hpp"

namespace molbridge::retrieve {
namespace {

namespace fs = std::filesystem;

class SpectrumModelTest : public ::testing::Test {
 protected:
  SpectrumModelTest() : folder_(fs::temp_directory_path() / ("molbridge_model_" + std::to_string(::getpid()))) {
    write(folder_.string(), 0);
    Rng rng(8);
    for (int i = 0; i < 300; ++i) {
      spectra::Spectrum spectrum;
      for (std::uint64_t n = 1 + rng.below(40); n > 0; --n)
        spectrum.peaks.push_back({50 + 100 * rng.uniform(), rng.uniform()});
      spectra_.push_back(std::move(spectrum));
    }
    for (const auto& spectrum : spectra_)
      queries_.push_back({&spectrum, 180.1, 179.1, "[M+H]+", mass::IonMode::kPositive});
  }
  ~SpectrumModelTest() override { fs::remove_all(folder_); }

  /// A small random model; `extra_inputs` makes the bridge disagree with the encoder.
  static void write(const std::string& path, std::int64_t extra_inputs) {
    std::vector<std::int32_t> bins;
    for (std::int32_t bin = 500; bin < 1500; ++bin) bins.push_back(bin);
    const encoders::BinnedSpectrum encoder({}, bins, {}, {"[M+H]+"});
    const auto target = encoders::make_molecule_encoder("morgan:radius=2,bits=128");
    nn::ModelFolderWriter writer;
    writer.manifest.text("kind", "fingerprint-ffn");
    writer.manifest.text("name", "small");
    writer.manifest.text("target.encoder", target->name());
    writer.manifest.text("target.encoder_digest", target->digest());
    encoders::write_binned_spectrum(encoder, writer.manifest, writer.weights);
    bridges::add_random_fingerprint_ffn(
        writer, {.inputs = encoder.num_features() + extra_inputs, .hidden = 32, .layers = 2, .outputs = 128}, 4);
    writer.add_side_file("training_molecules.tsv", "inchikey14\tsmiles\nLFQSCWFLJHTTHZ\tCCO\n");
    writer.write(path);
  }

  fs::path folder_;
  std::vector<spectra::Spectrum> spectra_;
  std::vector<SpectrumQuery> queries_;
};

TEST_F(SpectrumModelTest, Load_GivesWhatTheManifestSays) {
  const auto model = SpectrumModel::load(folder_.string());
  EXPECT_EQ(model->name(), "small");
  EXPECT_EQ(model->width(), 128u);
  EXPECT_EQ(model->target_encoder(), "morgan:radius=2,bits=128");
  ASSERT_EQ(model->training_molecules().size(), 1u);
  EXPECT_EQ(model->training_molecules()[0].smiles, "CCO");
}

TEST_F(SpectrumModelTest, Vector_DoesNotDependOnTheOtherQueries) {
  const auto model = SpectrumModel::load(folder_.string());
  const std::vector<float> together = model->embed(queries_, 1);
  ASSERT_EQ(together.size(), queries_.size() * 128);
  for (std::size_t i = 0; i < queries_.size(); i += 37) {
    const std::vector<float> alone = model->embed({&queries_[i], 1}, 1);
    for (std::size_t d = 0; d < 128; ++d) EXPECT_EQ(alone[d], together[i * 128 + d]);
  }
}

TEST_F(SpectrumModelTest, SameModelLoadedTwiceAndOtherThreads_GiveTheSameVectors) {
  EXPECT_EQ(SpectrumModel::load(folder_.string())->embed(queries_, 1),
            SpectrumModel::load(folder_.string())->embed(queries_, 3));
}

TEST_F(SpectrumModelTest, NoQueries_GiveNoVectors) {
  EXPECT_TRUE(SpectrumModel::load(folder_.string())->embed({}, 1).empty());
}

TEST_F(SpectrumModelTest, BridgeOfAnotherWidth_IsRefused) {
  write(folder_.string(), 3);
  try {
    SpectrumModel::load(folder_.string());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kModel);
    EXPECT_NE(std::string(e.what()).find("bridge.inputs"), std::string::npos);
  }
}

TEST_F(SpectrumModelTest, ManifestCutAtEveryByte_IsAModelError) {
  const std::string path = (folder_ / "model.toml").string();
  const std::string text = read_text_file(path);
  for (std::size_t length = 0; length + 1 < text.size(); length += 7) {
    write_file_atomically(path, text.substr(0, length));
    try {
      SpectrumModel::load(folder_.string());
      ADD_FAILURE() << "accepted " << length << " bytes";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel) << e.what();
    }
  }
}

TEST_F(SpectrumModelTest, UnknownKind_IsRefused) {
  const std::string path = (folder_ / "model.toml").string();
  std::string text = read_text_file(path);
  const std::string kind = "fingerprint-ffn";
  text.replace(text.find(kind), kind.size(), "something-newer");
  write_file_atomically(path, text);
  EXPECT_THROW(SpectrumModel::load(folder_.string()), Error);
}

/// A folder around the small model, with a second part that nothing reads here.
class TwoStageTest : public SpectrumModelTest {
 protected:
  TwoStageTest() {
    fs::remove_all(whole_);
    fs::create_directories(whole_ / kRerankFolder);
    fs::copy(folder_, whole_ / kBridgeFolder, fs::copy_options::recursive);
    write_rerank("rerank.bridge_digest = \"" + digest_of(kBridgeFolder) + "\"\n");
  }
  ~TwoStageTest() override { fs::remove_all(whole_); }

  std::string digest_of(const std::string& part) const { return sha256_file((whole_ / part / "model.toml").string()); }
  /// A second stage of which the outer manifest knows.
  void write_rerank(const std::string& keys) const {
    write_file_atomically((whole_ / kRerankFolder / "model.toml").string(), "format = 1\nkind = \"other\"\n" + keys);
    write_manifest(digest_of(kBridgeFolder), digest_of(kRerankFolder));
  }
  void write_manifest(const std::string& bridge, const std::string& rerank) const {
    write_file_atomically((whole_ / "model.toml").string(),
                          "format = 1\nkind = \"two-stage\"\nname = \"both\"\nparts.bridge_digest = \"" + bridge +
                              "\"\nparts.rerank_digest = \"" + rerank + "\"\n");
  }

  void expect_model_error(const std::string& part) const {
    try {
      SpectrumModel::load(whole_.string());
      FAIL() << "accepted";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel);
      EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
  }

  fs::path whole_ = folder_.string() + "_whole";
};

TEST_F(TwoStageTest, Load_OfTheWhole_IsTheFirstStage) {
  const auto model = SpectrumModel::load(whole_.string());
  const auto bridge = SpectrumModel::load(folder_.string());
  EXPECT_EQ(model->digest(), bridge->digest());
  EXPECT_EQ(model->embed(queries_, 1), bridge->embed(queries_, 1));
}

TEST_F(TwoStageTest, Read_GivesPartsAndTheDigestOfTheOuterManifest) {
  const auto model = read_two_stage(whole_.string());
  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->name, "both");
  EXPECT_EQ(model->digest, sha256_file((whole_ / "model.toml").string()));
  EXPECT_EQ(model->rerank_digest, digest_of(kRerankFolder));
  EXPECT_FALSE(read_two_stage(folder_.string()).has_value());
  EXPECT_EQ(first_stage_folder(folder_.string()), folder_.string());
}

TEST_F(TwoStageTest, Part_OfAnotherModelOrMissing_IsAModelError) {
  write_manifest(digest_of(kRerankFolder), digest_of(kRerankFolder));
  expect_model_error(kBridgeFolder);
  write_manifest(digest_of(kBridgeFolder), digest_of(kBridgeFolder));
  expect_model_error(kRerankFolder);
  fs::remove_all(whole_ / kRerankFolder);
  expect_model_error(kRerankFolder);
}

TEST_F(TwoStageTest, SecondStageOfAnotherFirstOne_IsAModelError) {
  const std::string join = "molbridge model join";
  EXPECT_NO_THROW(read_two_stage(whole_.string()));
  write_rerank("rerank.bridge_digest = \"" + std::string(64, 'a') + "\"\n");
  expect_model_error("was made for the first stage aaaaaaaaaaaa");
  expect_model_error(join);
  write_rerank("");
  expect_model_error("rerank.bridge_digest");
  expect_model_error(join);
}

}  // namespace
}  // namespace molbridge::retrieve
