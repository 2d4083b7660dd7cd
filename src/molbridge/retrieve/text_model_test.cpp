#include "molbridge/retrieve/text_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "molbridge/bank/test_bank.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/concat_encoder.hpp"
#include "molbridge/encoders/text/tfidf.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::uint64_t kBits = 64, kOutputs = 6;
constexpr char kMoleculeEncoder[] = "morgan:radius=2,bits=64";

class TextModelTest : public ::testing::Test {
 protected:
  TextModelTest() {
    const std::vector<std::string> texts{"kinase inhibitor", "opioid receptor agonist"};
    encoders::fit_tfidf(texts).write(folder_ / "tfidf.tsv");
    tfidf_ = std::make_shared<encoders::TfidfEncoder>(encoders::TfidfEncoder::read(folder_ / "tfidf.tsv"));
    molecules_ = encoders::make_molecule_encoder(kMoleculeEncoder);
  }

  static void add_matrix(nn::SafetensorsWriter& writer, const std::string& name, std::uint64_t outputs,
                         std::uint64_t inputs, std::uint64_t seed) {
    Rng rng(seed);
    std::vector<float> values(outputs * inputs);
    for (float& value : values) value = static_cast<float>(rng.normal());
    writer.add(name, nn::ElementType::kF32, {static_cast<std::int64_t>(outputs), static_cast<std::int64_t>(inputs)},
               std::as_bytes(std::span(values)));
  }

  /// A random bridge between 64 bits and TF-IDF. `text_encoder`: another than the file beside it.
  std::string write_model(std::string text_encoder = "tfidf:tfidf.tsv", std::string text_digest = "",
                          std::uint64_t text_outputs = kOutputs, const std::vector<std::string>& part_digests = {}) {
    const std::uint64_t parts = part_digests.empty() ? 1 : part_digests.size();
    nn::ModelFolderWriter writer;
    writer.manifest.text("kind", "thin-bridge");
    writer.manifest.text("name", "test");
    writer.manifest.text("target.encoder", molecules_->name());
    writer.manifest.text("target.encoder_digest", molecules_->digest());
    writer.manifest.text("text.encoder", text_encoder);
    writer.manifest.text("text.encoder_digest", text_digest.empty() ? tfidf_->digest() : text_digest);
    if (!part_digests.empty()) writer.manifest.texts("text.part_digests", part_digests);
    writer.manifest.text("bridge.method", "trained");
    writer.add_side_file("tfidf.tsv", read_text_file(folder_ / "tfidf.tsv"));
    writer.add_side_file("training_molecules.tsv", "inchikey14\tsmiles\nLFQSCWFLJHTTHZ\tCCO\n");
    add_matrix(writer.weights, "molecule.weight", kOutputs, kBits, 1);
    add_matrix(writer.weights, "text.weight", text_outputs, parts * tfidf_->width(), 2);
    const std::string path = folder_ / "model";
    writer.write(path);
    return path;
  }

  bank::testing::TempFolder folder_;
  std::shared_ptr<encoders::TfidfEncoder> tfidf_;
  std::shared_ptr<const encoders::MoleculeEncoder> molecules_;
};

double length(std::span<const float> row) {
  double squares = 0;
  for (const float value : row) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

TEST_F(TextModelTest, EmbedTexts_UnitRowsAndZerosWhereThereIsNoVector) {
  const auto model = TextModel::load(write_model());
  const std::vector<std::string> texts{"an opioid agonist", "zebra", "kinase"};
  const TextVectors vectors = model->embed_texts(texts, 1);
  EXPECT_NEAR(length(std::span(vectors.rows).first(kOutputs)), 1, 1e-6);
  EXPECT_EQ(length(std::span(vectors.rows).subspan(kOutputs, kOutputs)), 0);
  EXPECT_TRUE(vectors.states[0].ok());
  EXPECT_FALSE(vectors.states[1].ok()) << "no known word";
  const TextVectors alone = model->embed_texts(std::span(texts).subspan(2), 2);
  EXPECT_EQ(alone.rows, std::vector<float>(vectors.rows.end() - kOutputs, vectors.rows.end()));
}

TEST_F(TextModelTest, View_ScoresMoleculesAsTheirVectorsDo) {
  const auto model = TextModel::load(write_model());
  std::vector<chem::Molecule> molecules;
  std::vector<bank::testing::TestRow> rows;
  for (const char* smiles : {"CCO", "c1ccccc1O", "CC(=O)N"}) {
    molecules.push_back(chem::standardize(smiles).value());
    std::vector<float> bits(kBits);
    molecules_->encode(molecules.back(), bits);
    const auto formula = molecules.back().formula();
    rows.push_back(
        {{smiles, chem::inchikey14(molecules.back()).value(), formula.hill(), formula.monoisotopic_mass(), "", smiles},
         bits});
  }
  bank::BuildOptions options = bank::testing::test_options(kBits, bank::Dtype::kBits);
  options.encoder_digest = model->target_encoder_digest();
  bank::testing::build_bank(folder_ / "bank", rows, options);
  const auto view = model->view(bank::Bank::open(folder_ / "bank"), 1);
  ASSERT_EQ(view->width(), model->width());
  EXPECT_EQ(model->target_width(), kBits);

  const std::vector<std::string> texts{"kinase inhibitor"};
  const std::vector<float> query = model->embed_texts(texts, 1).rows;
  const std::vector<float> own = model->embed_molecules(molecules, 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    double cosine = 0;
    for (std::size_t d = 0; d < kOutputs; ++d) cosine += static_cast<double>(query[d]) * own[i * kOutputs + d];
    const auto place = view->rows_of_inchikey14(rows[i].record.inchikey14);
    std::vector<float> score(1);
    view->score(bank::Similarity::kCosine, query, place, score);
    EXPECT_NEAR(score[0], cosine, 2e-6) << rows[i].record.smiles;
  }
}

TEST_F(TextModelTest, TextEncoderElsewhere_IsAskedForOnlyWhenATextComes) {
  const auto model = TextModel::load(write_model("no/such/folder?pooling=mean", std::string(64, 'd')));
  const auto ethanol = chem::standardize("CCO").value();
  EXPECT_NEAR(length(model->embed_molecules({&ethanol, 1}, 1)), 1, 1e-6);
  const std::vector<std::string> texts{"kinase"};
  const Error error = bank::testing::error_of([&] { model->embed_texts(texts, 1); });
  EXPECT_EQ(error.code(), ErrorCode::kModel);
  EXPECT_NE(error.remedy_text().find("--text-encoder"), std::string::npos);
}

TEST_F(TextModelTest, AnotherTextEncoder_IsRefusedWithBothDigests) {
  const auto model = TextModel::load(write_model("tfidf:tfidf.tsv", std::string(64, 'd')));
  const std::vector<std::string> texts{"kinase"};
  const Error error = bank::testing::error_of([&] { model->embed_texts(texts, 1); });
  EXPECT_EQ(error.code(), ErrorCode::kModel);
  EXPECT_NE(std::string(error.what()).find("dddddddddddd"), std::string::npos);
  EXPECT_NE(std::string(error.what()).find(tfidf_->digest().substr(0, 12)), std::string::npos);
}

TEST_F(TextModelTest, EncodersSideBySide_AreFoundBesideTheModelAndCheckedByPart) {
  const encoders::ConcatEncoder both({{tfidf_, 1}, {tfidf_, 0.5}});
  const std::string stated = "tfidf:tfidf.tsv + 0.5*tfidf:tfidf.tsv";
  const std::vector<std::string> texts{"kinase", "zebra"}, digests(2, tfidf_->digest());
  const auto model = TextModel::load(write_model(stated, both.digest(), kOutputs, digests));
  EXPECT_EQ(model->text_encoder(), stated);
  const TextVectors vectors = model->embed_texts(texts, 1);
  EXPECT_TRUE(vectors.states[0].ok() && !vectors.states[1].ok());
  EXPECT_NEAR(length(std::span(vectors.rows).first(kOutputs)), 1, 1e-6);

  const auto changed =
      TextModel::load(write_model(stated, std::string(64, 'd'), kOutputs, {tfidf_->digest(), std::string(64, 'e')}));
  const Error error = bank::testing::error_of([&] { changed->embed_texts(texts, 1); });
  EXPECT_NE(std::string(error.what()).find("part 2 of the text encoder"), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("eeeeeeeeeeee"), std::string::npos) << error.what();
}

TEST_F(TextModelTest, OneFolderTooMany_IsRefused) {
  const std::string path = write_model("tfidf:tfidf.tsv + /no/such/folder?pooling=mean", std::string(64, 'd'));
  const Error error = bank::testing::error_of([&] { TextModel::load(path, {.text_encoder = "/a + /b"}); });
  EXPECT_EQ(error.code(), ErrorCode::kUsage);
  EXPECT_NE(std::string(error.what()).find("2 folders"), std::string::npos) << error.what();
}

TEST_F(TextModelTest, SidesOfDifferentWidths_AreRefused) {
  const std::string path = write_model("tfidf:tfidf.tsv", "", kOutputs + 1);
  EXPECT_EQ(bank::testing::error_of([&] { TextModel::load(path); }).code(), ErrorCode::kModel);
}

TEST_F(TextModelTest, ModelOfAnotherKind_IsRefused) {
  nn::ModelFolderWriter writer;
  writer.manifest.text("kind", "fingerprint-ffn");
  add_matrix(writer.weights, "w", 1, 1, 1);
  writer.write(folder_ / "other");
  const Error error = bank::testing::error_of([&] { TextModel::load(folder_ / "other"); });
  EXPECT_NE(std::string(error.what()).find("fingerprint-ffn"), std::string::npos);
}

}  // namespace
}  // namespace molbridge::retrieve
