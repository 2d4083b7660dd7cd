#include "molbridge/encoders/item_encoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/safetensors.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::encoders {
namespace {

namespace fs = std::filesystem;
using testing::Each;
using testing::HasSubstr;
using Items = std::vector<std::string>;

struct Encoded {
  std::vector<float> rows;
  std::vector<ItemState> states;
  std::vector<float> row(std::size_t i) const {
    const std::size_t width = rows.size() / states.size();
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(i * width);
    return {begin, begin + static_cast<std::ptrdiff_t>(width)};
  }
};

Encoded encode(const ItemEncoder& encoder, const Items& items, std::size_t threads = 2) {
  Encoded out;
  out.rows.assign(items.size() * encoder.width(), 7.0F);
  out.states = encoder.encode(items, threads, out.rows);
  return out;
}

TEST(MoleculeItems, Spellings_AreOneMolecule_AndWhatDoesNotParseHasAReason) {
  const auto encoder = make_item_encoder(Modality::kMolecule, "ecfp4");
  EXPECT_EQ(encoder->modality(), Modality::kMolecule);
  EXPECT_EQ(encoder->digest(), make_molecule_encoder("ecfp4")->digest());
  EXPECT_EQ(encoder->precision(), "");
  const Encoded out = encode(*encoder, {"OCC", "no molecule", "C(O)C.[Na+].[Cl-]", "", "CCO"});
  EXPECT_EQ(out.row(0), out.row(4));
  EXPECT_EQ(out.row(2), out.row(4));
  std::vector<float> expected(encoder->width());
  make_molecule_encoder("ecfp4")->encode(chem::standardize("CCO").value(), expected);
  EXPECT_EQ(out.row(0), expected);
  for (const std::size_t failed : {1u, 3u}) {
    EXPECT_FALSE(out.states[failed].ok());
    EXPECT_THAT(out.row(failed), Each(0.0F));
  }
}

TEST(MakeItemEncoder, UnknownSpecifications_AreUsageErrorsThatListTheKinds) {
  const std::vector<std::pair<Modality, std::string>> cases = {
      {Modality::kMolecule, "ecfp4"}, {Modality::kProtein, "protein-descriptor"}, {Modality::kText, "tfidf:FILE"}};
  for (const auto& [modality, known] : cases) {
    try {
      make_item_encoder(modality, "/no/such/folder");
      ADD_FAILURE() << name(modality);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_THAT(error.remedy_text(), HasSubstr(known));
    }
  }
}

TEST(MakeItemEncoder, Defaults_CanBeMade) {
  for (const Modality modality : {Modality::kMolecule, Modality::kProtein})
    EXPECT_EQ(make_item_encoder(modality, std::string(default_encoder(modality)))->modality(), modality);
  EXPECT_EQ(default_encoder(Modality::kText), "");
}

TEST(ModalityNames, AreReadBack) {
  for (const Modality modality : {Modality::kMolecule, Modality::kProtein, Modality::kText})
    EXPECT_EQ(parse_modality(name(modality)), modality);
  EXPECT_THROW(parse_modality("sound"), Error);
}

/// Small networks with random weights: a RoBERTa, and an ESM with the alphabet of the published ones.
class NetworkItems : public testing::Test {
 protected:
  NetworkItems() : folder_(fs::temp_directory_path() / ("molbridge_items_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    make_roberta();
    make_esm();
  }
  ~NetworkItems() override { fs::remove_all(folder_); }

  void make_roberta(float scale = 1) const {
    const std::string golden = MOLBRIDGE_SOURCE_DIR "/tests/golden/specbridge/", prefix = "chem_mdl.";
    fs::copy(golden + "encoder", roberta(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    const nn::Weights weights = nn::Weights::open(golden + "deep.pt");
    nn::SafetensorsWriter writer;
    std::vector<float> spoilt;
    for (const auto& [name, view] : weights.tensors()) {
      if (!name.starts_with(prefix)) continue;
      if (scale != 1 && name.ends_with("LayerNorm.weight")) {
        spoilt.assign(view.bytes.size() / sizeof(float), scale);
        writer.add(name.substr(prefix.size()), view.type, view.shape, std::as_bytes(std::span(spoilt)));
      } else {
        writer.add(name.substr(prefix.size()), view.type, view.shape, view.bytes);
      }
    }
    writer.write(roberta() + "/model.safetensors");
  }
  void make_esm() const {
    fs::copy(MOLBRIDGE_SOURCE_DIR "/tests/golden/transformers/esm_norm_before", esm());
    std::ofstream vocabulary(esm() + "/vocab.txt");
    for (const char* token : {"<cls>", "<pad>", "<eos>", "<unk>"}) vocabulary << token << '\n';
    for (const char letter : std::string("LAGVSERTIDPKQNFYMHWCXBUZO.-")) vocabulary << letter << '\n';
    vocabulary << "<null_1>\n<mask>\n";
  }
  std::string roberta() const { return (folder_ / "roberta").string(); }
  std::string esm() const { return (folder_ / "esm").string(); }

  fs::path folder_;
};

TEST_F(NetworkItems, Text_IsAsTheSequenceEncoderHasIt_AndEmptyOnesHaveAReason) {
  const auto encoder = make_item_encoder(Modality::kText, roberta());
  const auto network = SequenceEncoder::open(roberta());
  EXPECT_EQ(encoder->digest(), network->digest());
  EXPECT_EQ(encoder->precision(), "f32");
  const Encoded out = encode(*encoder, {"CCO", "", " \t ", "CCN"});
  std::vector<float> expected(2 * encoder->width());
  network->embed(Items{"CCO", "CCN"}, 1, expected);
  std::vector<float> found = out.row(0);
  for (const float value : out.row(3)) found.push_back(value);
  EXPECT_EQ(found, expected);
  for (const std::size_t empty : {1u, 2u}) {
    EXPECT_EQ(out.states[empty].reason, "an empty text");
    EXPECT_THAT(out.row(empty), Each(0.0F));
  }
}

TEST_F(NetworkItems, TextOverTheLimit_IsCutAndSaysSo) {
  const auto encoder = make_item_encoder(Modality::kText, roberta() + "?max-tokens=6");
  const Encoded out = encode(*encoder, {"CCCC", "CCCCC", "CCCCCCCCCCCC"});
  EXPECT_FALSE(out.states[0].truncated);  // four and two special ones
  EXPECT_TRUE(out.states[1].truncated);
  EXPECT_TRUE(out.states[2].truncated);
  EXPECT_EQ(out.row(1), out.row(0));
  EXPECT_NE(encoder->digest(), make_item_encoder(Modality::kText, roberta())->digest());
  EXPECT_EQ(make_item_encoder(Modality::kText, encoder->name())->digest(), encoder->digest());
}

TEST_F(NetworkItems, MoleculeOverTheLimit_IsCutAndSaysSo) {
  const auto encoder = make_item_encoder(Modality::kMolecule, roberta() + "?max-tokens=6");
  const Encoded out = encode(*encoder, {"CCCC", "CCCCCCCCCCCC"});
  EXPECT_FALSE(out.states[0].truncated);
  EXPECT_TRUE(out.states[1].truncated);
  EXPECT_EQ(encoder->precision(), "f32");
}

TEST_F(NetworkItems, Protein_IsCleanedFirst) {
  const auto encoder = make_item_encoder(Modality::kProtein, esm());
  const Encoded out = encode(*encoder, {"MKTAYI", "mkt ayi*", "MK1", ""});
  EXPECT_TRUE(out.states[0].ok());
  EXPECT_EQ(out.row(0), out.row(1));
  EXPECT_THAT(out.states[2].reason, HasSubstr("'1' at position 3"));
  EXPECT_EQ(out.states[3].reason, "no residues");
  EXPECT_THAT(out.row(2), Each(0.0F));
}

TEST_F(NetworkItems, NetworkOfTheOtherKind_IsRefused) {
  for (const auto& [modality, folder] : {std::pair(Modality::kText, esm()), std::pair(Modality::kProtein, roberta()),
                                         std::pair(Modality::kMolecule, esm())}) {
    try {
      make_item_encoder(modality, folder);
      ADD_FAILURE() << folder;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kModel) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(", not over ")) << error.what();
    }
  }
}

TEST_F(NetworkItems, NetworkThatGivesNaN_GivesReasonsInstead) {
  make_roberta(std::numeric_limits<float>::quiet_NaN());
  const Encoded out = encode(*make_item_encoder(Modality::kText, roberta()), {"CCO", "CCN"});
  for (const ItemState& state : out.states) EXPECT_EQ(state.reason, "the vector is not finite");
  EXPECT_THAT(out.rows, Each(0.0F));
}

}  // namespace
}  // namespace molbridge::encoders
