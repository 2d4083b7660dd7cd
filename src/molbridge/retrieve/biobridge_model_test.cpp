#include "molbridge/retrieve/biobridge_model.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "molbridge/bank/memory_table.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/item_encoder.hpp"
#include "molbridge/retrieve/biobridge_manifest.hpp"
#include "molbridge/retrieve/test_bank.hpp"

namespace molbridge::retrieve {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kWidth = 8, kBits = 64, kProtein = 20;
constexpr const char* kMolecules = "morgan:radius=2,bits=64";
constexpr const char* kProteins = "composition";
const LinkRelation kBinds{"binds", "compound", "gene"};
const std::string kSequence = "MKTAYIAKQRQISFVKSHFSRQ";

/// A model of random weights: compounds, genes, and phenotypes that have no projection; one layer.
class BiobridgeModelTest : public ::testing::Test {
 protected:
  BiobridgeModelTest()
      : folder_((fs::temp_directory_path() / ("molbridge_biobridge_" + std::to_string(::getpid()))).string()),
        molecule_digest_(encoders::make_item_encoder(encoders::Modality::kMolecule, kMolecules)->digest()) {
    write();
  }
  ~BiobridgeModelTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void add(nn::ModelFolderWriter& writer, Rng& rng, const std::string& name, std::vector<std::int64_t> shape) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(rng.normal()) * 0.3F;
    writer.weights.add(name, nn::ElementType::kF32, std::move(shape), std::as_bytes(std::span(values)));
  }

  void add_norm(nn::ModelFolderWriter& writer, Rng& rng, const std::string& name) {
    add(writer, rng, name + ".weight", {kWidth});
    add(writer, rng, name + ".bias", {kWidth});
  }

  void add_layer(nn::ModelFolderWriter& writer, Rng& rng) {
    const std::string name = "encoder.layers.0.";
    add(writer, rng, name + "self_attn.in_proj_weight", {3 * kWidth, kWidth});
    add(writer, rng, name + "self_attn.in_proj_bias", {3 * kWidth});
    add(writer, rng, name + "self_attn.out_proj.weight", {kWidth, kWidth});
    add(writer, rng, name + "self_attn.out_proj.bias", {kWidth});
    add(writer, rng, name + "linear1.weight", {12, kWidth});
    add(writer, rng, name + "linear1.bias", {12});
    add(writer, rng, name + "linear2.weight", {kWidth, 12});
    add(writer, rng, name + "linear2.bias", {kWidth});
    add_norm(writer, rng, name + "norm1");
    add_norm(writer, rng, name + "norm2");
  }

  void write(std::vector<std::string> relations = {"binds", "causes"}) {
    nn::ModelFolderWriter writer;
    Rng rng(5);
    writer.manifest.text("kind", kBiobridgeKind);
    writer.manifest.text("name", "random");
    const std::string protein_digest = encoders::make_item_encoder(encoders::Modality::kProtein, kProteins)->digest();
    write_biobridge_manifest({{"compound", "gene", "phenotype"},
                              {"molecule", "protein", ""},
                              std::move(relations),
                              {kBinds},
                              {{"molecule", {kMolecules, molecule_digest_}}, {"protein", {kProteins, protein_digest}}}},
                             writer.manifest);
    writer.manifest.integer("bridge.heads", 2);
    add(writer, rng, "node_type_embed.0.weight", {3, kWidth});
    add_norm(writer, rng, "node_type_embed.1");
    add(writer, rng, "relation_type_embed.0.weight", {2, kWidth});
    add_norm(writer, rng, "relation_type_embed.1");
    add(writer, rng, "proj_layer.0.weight", {kWidth, kBits});
    add(writer, rng, "proj_layer.1.weight", {kWidth, kProtein});
    add_layer(writer, rng);
    writer.write(folder_);
  }

  std::string folder_, molecule_digest_;
};

double length(std::span<const float> row) {
  double sum = 0;
  for (const float value : row) sum += static_cast<double>(value) * value;
  return std::sqrt(sum);
}

std::string message_of(const std::function<void()>& act, ErrorCode code) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(BiobridgeModelTest, Manifest_IsWhatWasWritten) {
  const auto model = LinkModel::load(folder_);
  EXPECT_EQ(model->name(), "random");
  ASSERT_EQ(model->node_types().size(), 3U);
  EXPECT_EQ(model->node_type("gene").modality, "protein");
  EXPECT_EQ(model->node_type("compound").encoder_digest, molecule_digest_);
  EXPECT_EQ(model->relations(), std::vector<LinkRelation>{kBinds});
  EXPECT_FALSE(model->is_zero_shot(kBinds));
  EXPECT_TRUE(model->is_zero_shot({"binds", "gene", "compound"}));
}

TEST_F(BiobridgeModelTest, NewEntities_HaveVectorsAndBadOnesReasons) {
  const auto model = LinkModel::load(folder_);
  const std::vector<LinkEntity> heads{{"compound", "CCO", ""}, {"compound", "C1CC(", ""}, {"compound", "OCC", ""}};
  const EntityVectors found = model->heads(heads, kBinds, 2);
  const auto row = [&](std::size_t i) { return std::span(found.rows).subspan(i * kWidth, kWidth); };
  EXPECT_EQ(found.reasons[0], "");
  EXPECT_NE(found.reasons[1], "");
  EXPECT_NEAR(length(row(0)), 1, 1e-5);
  EXPECT_EQ(length(row(1)), 0);
  EXPECT_TRUE(std::equal(row(0).begin(), row(0).end(), row(2).begin()));  // one spelling of a molecule
  const EntityVectors tails = model->tails(std::vector<LinkEntity>{{"", kSequence, ""}, {"", "", ""}}, "gene", 1);
  EXPECT_EQ(tails.reasons[0], "");
  EXPECT_NE(tails.reasons[1], "");
}

TEST_F(BiobridgeModelTest, HeadsOfSeveralTypes_AreEachOfTheirOwn) {
  const auto model = LinkModel::load(folder_);
  const LinkRelation zero_shot{"causes", "gene", "phenotype"};  // a tail type without vectors may still be asked for
  const std::vector<LinkEntity> mixed{{"gene", kSequence, ""}, {"compound", "CCO", ""}};
  const EntityVectors both = model->heads(mixed, zero_shot, 1);
  const EntityVectors one = model->heads(std::span(mixed).subspan(1), zero_shot, 1);
  EXPECT_TRUE(std::equal(one.rows.begin(), one.rows.end(), both.rows.begin() + kWidth));
}

TEST_F(BiobridgeModelTest, UnknownNames_GetTheNearest) {
  const auto model = LinkModel::load(folder_);
  const std::vector<LinkEntity> head{{"compound", "CCO", ""}};
  EXPECT_TRUE(contains(message_of(
                           [&] {
                             model->heads(head, {"bind", "compound", "gene"}, 1);
                           },
                           ErrorCode::kInput),
                       "\"binds\""));
  EXPECT_TRUE(contains(message_of(
                           [&] {
                             model->heads(head, {"binds", "compound", "genes"}, 1);
                           },
                           ErrorCode::kInput),
                       "\"gene\""));
  EXPECT_TRUE(contains(message_of([&] { model->tails(head, "phenotype", 1); }, ErrorCode::kInput), "no vectors"));
}

TEST_F(BiobridgeModelTest, AnotherEncoder_IsRefusedByDigest) {
  const auto model = LinkModel::load(folder_, {.encoders = {{"molecule", "morgan:radius=3,bits=64"}}});
  const std::vector<LinkEntity> head{{"compound", "CCO", ""}};
  const std::string said = message_of([&] { model->heads(head, kBinds, 1); }, ErrorCode::kModel);
  EXPECT_TRUE(contains(said, molecule_digest_.substr(0, 12))) << said;
  EXPECT_TRUE(contains(said, "MOLBRIDGE_MOLECULE_ENCODER")) << said;
}

TEST_F(BiobridgeModelTest, ManifestThatDoesNotFitTheWeights_IsRefused) {
  write({"binds"});
  EXPECT_TRUE(contains(message_of([&] { LinkModel::load(folder_); }, ErrorCode::kModel), "relations"));
}

TEST_F(BiobridgeModelTest, ABank_IsRankedAsItsMoleculesWouldBeAsTails) {
  Rng rng(9);
  std::vector<TestMolecule> molecules;
  const std::vector<std::string> formulas{"CH4", "C2H6", "C3H8"};
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    std::vector<float> row(kBits);
    for (float& value : row) value = rng.below(2) == 1 ? 1.0F : 0.0F;
    molecules.push_back({formulas[i], "AAAAAAAAAAAAA" + std::string(1, static_cast<char>('A' + i)), row});
  }
  const TestBank bank(molecules);
  EXPECT_TRUE(
      contains(message_of([&] { LinkModel::load(folder_)->view(bank.shared(), "compound", 1); }, ErrorCode::kModel),
               "bank build"));
  molecule_digest_ = kTestEncoderDigest;
  write();
  const auto model = LinkModel::load(folder_);
  EXPECT_TRUE(
      contains(message_of([&] { model->view(bank.shared(), "gene", 1); }, ErrorCode::kModel), "no type of molecules"));
  const auto view = model->view(bank.shared(), "compound", 1);
  const EntityVectors query =
      model->heads(std::vector<LinkEntity>{{"gene", kSequence, ""}}, {"binds", "gene", "compound"}, 1);
  ASSERT_EQ(view->width(), model->width());
  for (std::uint64_t row = 0; row < view->size(); ++row) {
    std::vector<float> x(kWidth), score(1);
    view->embedding(row, x);
    double product = 0;
    for (std::size_t i = 0; i < x.size(); ++i) product += static_cast<double>(x[i]) * query.rows[i];
    view->score(model->similarity(), query.rows, std::vector<std::uint64_t>{row}, score);
    EXPECT_NEAR(score[0], product / length(x), 1e-5);
  }
}

}  // namespace
}  // namespace molbridge::retrieve
