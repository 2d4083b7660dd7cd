#include "molbridge/service/specbridge_import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/service/specbridge_parts.hpp"

namespace molbridge::service {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kGoldens = MOLBRIDGE_SOURCE_DIR "/tests/golden/specbridge/";
const std::string kEncoder = kGoldens + "encoder";

class SpecbridgeImportTest : public ::testing::Test {
 protected:
  SpecbridgeImportTest() : root_(fs::temp_directory_path() / ("molbridge_import_" + std::to_string(::getpid()))) {
    fs::create_directories(root_);
  }
  ~SpecbridgeImportTest() override { fs::remove_all(root_); }

  std::string at(const std::string& name) const { return (root_ / name).string(); }

  SpecbridgeImportReport import(const std::string& checkpoint, const std::string& output = "model",
                                const std::string& encoder = "") const {
    return import_specbridge(nn::Weights::open(checkpoint),
                             {.molecule_encoder = encoder, .output = at(output), .name = "model"});
  }

  using Change = std::function<void(nn::SafetensorsWriter&, const nn::Weights&)>;
  /// The golden checkpoint as safetensors, without some tensors and changed.
  std::string changed(const std::string& left_out, const Change& change = {}) const {
    const nn::Weights weights = nn::Weights::open(kGoldens + "plain.pt");
    nn::SafetensorsWriter writer;
    for (const auto& [name, view] : weights.tensors()) {
      if (name != left_out) writer.add(name, view.type, view.shape, view.bytes);
    }
    if (change) change(writer, weights);
    writer.write(at("changed.safetensors"));
    return at("changed.safetensors");
  }

  /// A Hugging Face folder of the molecule encoder with weights.
  std::string encoder_with_weights(float added_to_first) const {
    const std::string folder = at("hf");
    fs::create_directories(folder);
    for (const auto& entry : fs::directory_iterator(kEncoder)) {
      fs::copy(entry.path(), fs::path(folder) / entry.path().filename(), fs::copy_options::overwrite_existing);
    }
    const nn::Weights weights = nn::Weights::open(kGoldens + "plain.pt");
    nn::SafetensorsWriter writer;
    for (const auto& [name, view] : weights.tensors()) {
      if (!name.starts_with("chem_mdl.")) continue;
      std::vector<float> values = weights.floats(name, view.shape);
      if (name == "chem_mdl.embeddings.LayerNorm.bias") values[0] += added_to_first;
      writer.add("roberta." + name.substr(9), view.type, view.shape, std::as_bytes(std::span(values)));
    }
    writer.write(folder + "/model.safetensors");
    return folder;
  }

  void expect_refused(const std::string& checkpoint, const std::string& encoder, const std::string& named) const {
    try {
      import(checkpoint, "model", encoder);
      ADD_FAILURE() << "accepted: " << named;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel) << e.what();
      EXPECT_THAT(e.what(), HasSubstr(named));
    }
    EXPECT_FALSE(fs::exists(at("model"))) << "something was written of what was refused: " << named;
  }

  fs::path root_;
};

TEST_F(SpecbridgeImportTest, WithoutTokenizer_GivesAModelThatEmbedsSpectra) {
  const auto report = import(kGoldens + "gaussian.pt");
  EXPECT_THAT(report.parts, Contains(HasSubstr("2 layers of width 32")));
  EXPECT_THAT(report.parts, Contains(HasSubstr("32 to 36 to 40 to 24, 2 blocks of width 44")));
  EXPECT_THAT(report.notes, Contains(HasSubstr("two names, equal")));
  EXPECT_THAT(report.dropped, Contains(HasSubstr("mapB.lv.*")));
  EXPECT_THAT(report.dropped, Contains(HasSubstr("chem_proj.*")));
  EXPECT_THAT(report.dropped, Contains(HasSubstr("contrast.*")));
  EXPECT_THAT(report.dropped, Contains(HasSubstr("chem_mdl.pooler.*")));
  EXPECT_THAT(report.dropped, Contains(HasSubstr("opt")));
  EXPECT_THAT(report.notes, Contains(HasSubstr("holds no tokenizer")));
  const auto model = retrieve::SpectrumModel::load(at("model"));
  EXPECT_EQ(model->name(), "model");
  EXPECT_EQ(model->width(), 24u);
  EXPECT_EQ(nn::read_model_manifest(at("model")).integer("checkpoint.step"), 1200);
}

TEST_F(SpecbridgeImportTest, ImportedModel_GivesTheVectorsOfThePlainForward) {
  const Json all = read_json_file(kGoldens + "expected.json");
  import(kGoldens + "deep.pt");
  const auto model = retrieve::SpectrumModel::load(at("model"));
  for (std::size_t s = 0; s < all["spectra"].size(); ++s) {
    spectra::Spectrum spectrum;
    for (std::size_t i = 0; i < all["spectra"][s]["mz"].size(); ++i) {
      spectrum.peaks.push_back({all["spectra"][s]["mz"][i], all["spectra"][s]["intensity"][i]});
    }
    const retrieve::SpectrumQuery query{&spectrum, 0, 0, "", mass::IonMode::kUnknown};
    const std::vector<float> vector = model->embed({&query, 1}, 1);
    const Json& expected = all["models"]["deep"]["honest"][s];
    for (std::size_t d = 0; d < vector.size(); ++d) ASSERT_NEAR(vector[d], expected[d].get<float>(), 1e-4F);
  }
}

TEST_F(SpecbridgeImportTest, SameCheckpointTwice_GivesTheSameModel) {
  import(kGoldens + "plain.pt", "a");
  import(kGoldens + "plain.pt", "b");
  EXPECT_EQ(read_text_file(at("a/model.toml")), read_text_file(at("b/model.toml")));
}

TEST_F(SpecbridgeImportTest, AnyRequiredTensorMissing_IsRefusedAndNothingIsWritten) {
  for (const std::string name :
       {"spec.proj.0.bias", "spec.proj.1.weight", "mapB.W.bias", "mapB.blocks.0.ln.weight", "mapB.blocks.0.fc1.bias"}) {
    expect_refused(changed(name), "", name);
  }
  expect_refused(changed("mapB.blocks.0.fc1.weight"), "", "mapB.blocks.0.fc");
  expect_refused(changed("spec.dreams.ff_peak.ff.0.weight"), "", "DreaMS");
}

TEST_F(SpecbridgeImportTest, UnknownTensor_IsRefusedByName) {
  const auto add = [](nn::SafetensorsWriter& writer, const nn::Weights& weights) {
    const auto& view = weights.at("contrast.log_tau");
    writer.add("spec.attention_pool.query", view.type, view.shape, view.bytes);
  };
  expect_refused(changed("", add), "", "spec.attention_pool.query");
}

TEST_F(SpecbridgeImportTest, BlocksWithAGap_AreRefused) {
  const auto add = [](nn::SafetensorsWriter& writer, const nn::Weights& weights) {
    for (const std::string part : {"ln.weight", "ln.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}) {
      const auto& view = weights.at("mapB.blocks.0." + part);
      writer.add("mapB.blocks.2." + part, view.type, view.shape, view.bytes);
    }
  };
  expect_refused(changed("", add), "", "mapB.blocks.2.");
}

TEST_F(SpecbridgeImportTest, DifferentAlias_IsSaid) {
  const auto change = [](nn::SafetensorsWriter& writer, const nn::Weights& weights) {
    const auto& view = weights.at("spec.dreams.fourier_enc.b");
    std::vector<float> values = weights.floats("spec.dreams.fourier_enc.b", view.shape);
    values[3] += 1;
    writer.add("spec.dreams.fourier_enc.Fourier frequencies", view.type, view.shape, std::as_bytes(std::span(values)));
  };
  const auto report = import(changed("", change));
  EXPECT_THAT(report.notes, Contains(HasSubstr("different values")));
  fs::remove_all(at("model"));
  const auto without = import(changed("spec.dreams.fourier_enc.Fourier frequencies"));
  EXPECT_THAT(without.notes, Contains(HasSubstr("not in the file")));
}

TEST_F(SpecbridgeImportTest, ConfigOfAnotherMoleculeEncoder_IsRefusedByKey) {
  const std::string text = read_text_file(kEncoder + "/config.json");
  for (const std::string key : {"vocab_size", "hidden_size", "num_hidden_layers", "max_position_embeddings",
                                "intermediate_size", "model_type"}) {
    Json config = Json::parse(text);
    if (key == "model_type") {
      config[key] = "bert";
    } else {
      config[key] = config[key].get<int>() + 1;
    }
    const std::string folder = encoder_with_weights(0);
    write_file_atomically(folder + "/config.json", config.dump());
    expect_refused(kGoldens + "plain.pt", folder, key == "model_type" ? "RoBERTa" : key);
  }
  expect_refused(kGoldens + "plain.pt", at("nowhere"), "is missing");
}

TEST_F(SpecbridgeImportTest, Comparison_SaysWhatDiffers) {
  const nn::Weights weights = nn::Weights::open(kGoldens + "plain.pt");
  const SpecbridgeParts parts = sort_specbridge_tensors(weights);
  EXPECT_THAT(compare_molecule_encoder(weights, parts, kEncoder), HasSubstr("no weights to compare with"));
  EXPECT_THAT(compare_molecule_encoder(weights, parts, encoder_with_weights(0)), HasSubstr("all equal"));
  EXPECT_THAT(compare_molecule_encoder(weights, parts, encoder_with_weights(0.25F)),
              HasSubstr("1 differ (by at most 0.25), 0 are not there"));
}

TEST_F(SpecbridgeImportTest, CheckpointCutAnywhere_IsAModelError) {
  const std::string whole = read_text_file(kGoldens + "plain.pt");
  for (std::size_t length = 0; length < whole.size(); length += 4001) {
    write_file_atomically(at("cut.pt"), whole.substr(0, length));
    expect_refused(at("cut.pt"), "", "");
  }
}

}  // namespace
}  // namespace molbridge::service
