#include "molbridge/train/smiles_vocabulary.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "molbridge/core/files.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/tokenizers/tokenizer.hpp"

namespace molbridge::train {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> tokens_of(const SmilesVocabulary& vocabulary) {
  std::vector<std::string> tokens;
  for (std::int64_t id = SmilesVocabulary::kOrdinary; id < vocabulary.size(); ++id)
    tokens.push_back(vocabulary.token(id));
  return tokens;
}

/// The tokenizer of encoders over the files of `vocabulary`.
std::shared_ptr<const encoders::Tokenizer> open_files(const SmilesVocabulary& vocabulary) {
  const std::string folder = (fs::temp_directory_path() / ("molbridge_smiles_" + std::to_string(::getpid()))).string();
  make_folders(folder);
  write_file_atomically(folder + "/tokenizer.json", vocabulary.tokenizer_json());
  write_file_atomically(folder + "/tokenizer_config.json", SmilesVocabulary::tokenizer_config_json(40));
  write_file_atomically(folder + "/special_tokens_map.json", SmilesVocabulary::special_tokens_map_json());
  auto tokenizer = encoders::Tokenizer::open(folder);
  fs::remove_all(folder);
  return tokenizer;
}

/// Strings of SMILES tokens and of characters that are none, in any order.
std::string random_text(Rng& rng) {
  static const std::vector<std::string> kPieces = {
      "C", "c", "Cl", "Br", "B", "[nH]", "[N+]", "[13C]", "(", ")", "1",     "%12", "=", "#", "N", "O", ".", "[",
      "]", "l", "%1", "~",  ">", ">>",   "/",    "\\",    "@", "é", "[Na+]", "x",   " ", "r", "-", "+", "$", "*"};
  std::string text;
  for (std::uint64_t n = rng.below(30); n > 0; --n) text += kPieces[rng.below(kPieces.size())];
  return text;
}

TEST(SmilesVocabulary, Count_CommonestFirstByMolecules) {
  const std::vector<std::string> smiles = {"CCCCO", "CN", "CCl", "O[nH]", "CCC"};
  EXPECT_EQ(tokens_of(SmilesVocabulary::count(smiles, 1)), (std::vector<std::string>{"C", "O", "Cl", "N", "[nH]"}));
  EXPECT_EQ(tokens_of(SmilesVocabulary::count(smiles, 2)), (std::vector<std::string>{"C", "O"}));
}

TEST(SmilesVocabulary, Count_NothingLeft_IsRefused) {
  const std::vector<std::string> smiles = {"C", "N"};
  EXPECT_THROW(SmilesVocabulary::count(smiles, 2), Error);
}

TEST(SmilesVocabulary, Encode_FramesAndMarksWhatItLacks) {
  const SmilesVocabulary vocabulary({"C", "O", "[nH]"});
  EXPECT_EQ(vocabulary.encode("CO[nH]"), (std::vector<TokenId>{0, 5, 6, 7, 2}));
  EXPECT_EQ(vocabulary.encode("C[Na+]C"), (std::vector<TokenId>{0, 5, 3, 5, 2}));
  EXPECT_EQ(vocabulary.encode("CxxO"),
            (std::vector<TokenId>{0, 5, 3, 6, 2}));  // a run of what is no SMILES is one token
  EXPECT_EQ(vocabulary.encode(""), (std::vector<TokenId>{0, 2}));
}

TEST(SmilesVocabulary, Files_SameIdsInEncoders) {
  const SmilesVocabulary vocabulary({"C", "c", "Cl", "Br", "[nH]", "[13C]", "(", ")", "1", "%12", "=", ">>", "B"});
  const auto tokenizer = open_files(vocabulary);
  EXPECT_EQ(tokenizer->vocabulary_size(), vocabulary.size());
  EXPECT_EQ(tokenizer->pad_id(), SmilesVocabulary::kPad);
  EXPECT_EQ(tokenizer->model_max_tokens(), 40);
  EXPECT_EQ(tokenizer->id_of("<mask>"), std::int32_t{SmilesVocabulary::kMask});
  Rng rng(5);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random_text(rng);
    const auto mine = vocabulary.encode(text);
    EXPECT_EQ(tokenizer->encode(text).ids, (std::vector<std::int32_t>(mine.begin(), mine.end()))) << text;
  }
}

}  // namespace
}  // namespace molbridge::train
