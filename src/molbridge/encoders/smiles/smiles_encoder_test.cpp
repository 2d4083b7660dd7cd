#include "molbridge/encoders/smiles/smiles_encoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/nn/safetensors.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::encoders {
namespace {

namespace fs = std::filesystem;

const std::string kGoldens = MOLBRIDGE_SOURCE_DIR "/tests/golden/specbridge/";

/// The small RoBERTa of a SpecBridge golden as a Hugging Face folder.
class SmilesEncoderTest : public ::testing::Test {
 protected:
  SmilesEncoderTest() : folder_(fs::temp_directory_path() / ("molbridge_smiles_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::copy(kGoldens + "encoder", folder_);
    const nn::Weights weights = nn::Weights::open(kGoldens + "deep.pt");
    const std::string prefix = "chem_mdl.";
    nn::SafetensorsWriter writer;
    for (const auto& [name, view] : weights.tensors()) {
      if (name.starts_with(prefix)) writer.add(name.substr(prefix.size()), view.type, view.shape, view.bytes);
    }
    writer.write((folder_ / "model.safetensors").string());
  }
  ~SmilesEncoderTest() override { fs::remove_all(folder_); }

  static chem::Molecule molecule(const std::string& smiles) { return chem::standardize(smiles).value(); }

  fs::path folder_;
};

TEST_F(SmilesEncoderTest, Molecule_HasTheVectorOfItsStandardisedSmiles) {
  const auto encoder = make_molecule_encoder(folder_.string());
  const Json all = read_json_file(kGoldens + "expected.json");
  std::vector<float> vector(encoder->width());
  std::size_t compared = 0;
  for (std::size_t i = 0; i < all["smiles"].size(); ++i) {
    const auto smiles = all["smiles"][i].get<std::string>();
    if (molecule(smiles).smiles() != smiles) continue;
    encoder->encode(molecule(smiles), vector);
    const Json& expected = all["models"]["deep"]["molecules"][i];
    for (std::size_t d = 0; d < vector.size(); ++d) ASSERT_NEAR(vector[d], expected[d].get<float>(), 6e-5F) << smiles;
    ++compared;
  }
  EXPECT_GE(compared, 3u);
}

TEST_F(SmilesEncoderTest, OtherSpelling_HasTheSameVector) {
  const auto encoder = make_molecule_encoder(folder_.string());
  std::vector<float> a(encoder->width()), b(encoder->width());
  encoder->encode(molecule("CN1C=NC2=C1C(=O)N(C)C(=O)N2C"), a);
  encoder->encode(molecule("Cn1c(=O)c2c(ncn2C)n(C)c1=O"), b);
  EXPECT_EQ(a, b);
}

TEST_F(SmilesEncoderTest, ManyAtOnce_AreAsOneByOneWhateverTheThreads) {
  const auto encoder = make_molecule_encoder(folder_.string());
  std::vector<chem::Molecule> molecules;
  for (int i = 1; i < 40; ++i)
    molecules.push_back(molecule(std::string(static_cast<std::size_t>(i * 7 % 31 + 1), 'C') + "O"));
  std::vector<float> one(molecules.size() * encoder->width()), three(one.size()), alone(encoder->width());
  encoder->encode_all(molecules, 1, one);
  encoder->encode_all(molecules, 3, three);
  EXPECT_EQ(one, three);
  for (std::size_t i = 0; i < molecules.size(); ++i) {
    encoder->encode(molecules[i], alone);
    for (std::size_t d = 0; d < alone.size(); ++d) ASSERT_EQ(alone[d], one[i * alone.size() + d]);
  }
}

TEST_F(SmilesEncoderTest, Name_OpensTheSameEncoderFromEverywhere) {
  const auto encoder = make_molecule_encoder(folder_.string());
  EXPECT_TRUE(fs::path(encoder->name()).is_absolute());
  EXPECT_EQ(make_molecule_encoder(encoder->name())->digest(), encoder->digest());
  EXPECT_FALSE(encoder->is_binary());
}

TEST_F(SmilesEncoderTest, ChoicesAfterTheFolder_AreTakenAndNamed) {
  const auto plain = make_molecule_encoder(folder_.string());
  const auto chosen = make_molecule_encoder(folder_.string() + "?pooling=mean,normalize=yes");
  EXPECT_TRUE(chosen->name().ends_with("?pooling=mean,normalize=yes"));
  EXPECT_EQ(make_molecule_encoder(chosen->name())->digest(), chosen->digest());
  EXPECT_NE(chosen->digest(), plain->digest());
  std::vector<float> vector(chosen->width());
  chosen->encode(molecule("CCO"), vector);
  double sum = 0;
  for (const float value : vector) sum += value * value;
  EXPECT_NEAR(sum, 1, 1e-5);
  for (const char* bad : {"?pooling=median", "?colour=red", "?max-tokens=0", "?pooling"}) {
    EXPECT_THAT([&] { make_molecule_encoder(folder_.string() + bad); },
                testing::Throws<Error>(testing::Property(&Error::code, ErrorCode::kUsage)))
        << bad;
  }
}

TEST_F(SmilesEncoderTest, FolderThatIsNoNetwork_IsAModelError) {
  fs::remove(folder_ / "config.json");
  try {
    make_molecule_encoder(folder_.string());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kModel);
  }
  EXPECT_THAT([] { make_molecule_encoder("/nowhere/at/all"); },
              testing::Throws<Error>(testing::Property(&Error::code, ErrorCode::kUsage)));
}

}  // namespace
}  // namespace molbridge::encoders
