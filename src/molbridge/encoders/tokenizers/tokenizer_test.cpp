#include "molbridge/encoders/tokenizers/tokenizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/encoders/tokenizers/pipeline.hpp"
#include "molbridge/encoders/tokenizers/test_folder.hpp"

namespace molbridge::encoders {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kGoldens = std::string(MOLBRIDGE_SOURCE_DIR) + "/tests/golden/tokenizers";
constexpr const char* kSmilesVocabulary =
    "[PAD]\n[unused1]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nc\nC\n(\n)\nO\n1\n=\n>>\nCl\n[O-]\n[P+]\n%10\n";

Error error_of(const std::string& folder, const TokenizerOptions& options = {}) {
  try {
    Tokenizer::open(folder, options);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kInternal, "no error");
}

TEST(TokenizerOpen, FolderWithoutTokenizer_ModelErrorWithRemedy) {
  const TestFolder folder;
  const auto error = error_of(folder.path());
  EXPECT_EQ(error.code(), ErrorCode::kModel);
  EXPECT_THAT(error.what(), HasSubstr("vocab.txt"));
}

TEST(TokenizerOpen, UnknownBehaviour_UsageError) {
  TokenizerOptions options;
  options.behaviour = "best";
  EXPECT_EQ(error_of(kGoldens + "/wordpiece", options).code(), ErrorCode::kUsage);
}

TEST(TokenizerOpen, VocabularyOfSmiles_RegularExpression) {
  const TestFolder folder;
  folder.write("vocab.txt", kSmilesVocabulary);
  const auto tokenizer = Tokenizer::open(folder.path());
  const auto encoding = tokenizer->encode("C[P+](Cl)>>c%10[Xx] ", true, true);
  EXPECT_THAT(encoding.ids, ElementsAre(3, 7, 16, 8, 14, 9, 13, 6, 17, 2, 4));
  EXPECT_THAT(encoding.special, ElementsAre(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
  EXPECT_EQ(encoding.unknown, 2);  // [Xx], and the space that is dropped
  EXPECT_EQ(encoding.tokens[2], "[P+]");
  EXPECT_EQ(tokenizer->pad_id(), 0);
  EXPECT_EQ(tokenizer->id_of("Cl"), 14);
  EXPECT_EQ(tokenizer->id_of("Br"), std::nullopt);
  EXPECT_THAT(tokenizer->encode("CC", false).ids, ElementsAre(7, 7));
}

TEST(TokenizerOpen, TokenizerJson_GoesBeforeTheOthers) {
  const TestFolder folder;
  folder.write("vocab.txt", kSmilesVocabulary);
  folder.write("tokenizer.json",
               R"({"version":"1.0","model":{"type":"WordLevel","vocab":{"CC":5,"?":1},"unk_token":"?"}})");
  EXPECT_THAT(Tokenizer::open(folder.path())->encode("CC").ids, ElementsAre(5));
}

// DeepChem ChemBERTa-77M: a vocabulary of SMILES tokens, without merges that could make them out of bytes.
TEST(TokenizerBehaviour, VocabularyWithoutMerges_HubDropsBrackets_TrainedKeepsThem) {
  const TestFolder folder;
  folder.write(
      "vocab.json",
      R"json({"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,"C":5,"P":6,"[P+]":7,"Cl":8,"(":9,")":10})json");
  folder.write("merges.txt", "#version: 0.2\n");
  folder.write(
      "special_tokens_map.json",
      R"({"cls_token":"[CLS]","sep_token":"[SEP]","unk_token":"[UNK]","pad_token":"[PAD]","mask_token":"[MASK]","bos_token":"[CLS]","eos_token":"[SEP]"})");
  TokenizerOptions options;
  const auto standard = Tokenizer::open(folder.path(), options);
  options.behaviour = "hub";
  const auto hub = Tokenizer::open(folder.path(), options);
  options.behaviour = "trained";
  const auto trained = Tokenizer::open(folder.path(), options);
  EXPECT_THAT(hub->encode("C[P+](Cl)").ids, ElementsAre(2, 5, 6, 9, 5, 10, 3));
  EXPECT_EQ(hub->encode("C[P+](Cl)").unknown, 4);  // [ + ] l
  EXPECT_THAT(trained->encode("C[P+](Cl)").ids, ElementsAre(2, 5, 7, 9, 8, 10, 3));
  EXPECT_EQ(standard->encode("C[P+]").ids, hub->encode("C[P+]").ids);
  EXPECT_EQ(standard->digest(), hub->digest());
  EXPECT_NE(trained->digest(), hub->digest());
}

TEST(TokenizerTruncation, MaxTokens_CountsTheSpecialOnes) {
  TokenizerOptions options;
  options.max_tokens = 4;
  const auto tokenizer = Tokenizer::open(kGoldens + "/bert", options);
  const auto encoding = tokenizer->encode("the kinase domain of a product");
  EXPECT_EQ(encoding.ids.size(), 4U);
  EXPECT_TRUE(encoding.truncated);
  EXPECT_THAT(encoding.special, ElementsAre(1, 0, 0, 1));
  EXPECT_EQ(tokenizer->max_tokens(), 4);
  EXPECT_EQ(tokenizer->model_max_tokens(), 512);
  EXPECT_EQ(tokenizer->encode("the kinase domain of a product", false).ids.size(), 4U);
  EXPECT_NE(tokenizer->digest(), Tokenizer::open(kGoldens + "/bert")->digest());
  options.max_tokens = 1;
  EXPECT_EQ(error_of(kGoldens + "/bert", options).code(), ErrorCode::kModel);
}

TEST(TokenizerEncode, InvalidUtf8_BecomesReplacementCharacters) {
  const auto tokenizer = Tokenizer::open(kGoldens + "/byte-level-bpe");
  EXPECT_EQ(tokenizer->encode("a\xFFz\xC3").ids, tokenizer->encode("a\xEF\xBF\xBDz\xEF\xBF\xBD").ids);
  EXPECT_EQ(tokenizer->encode("\xED\xA0\x80").ids,
            tokenizer->encode("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD").ids);  // a surrogate
}

TEST(TokenizerEsm, ResiduesSpacesAndUnknownOnes) {
  const auto tokenizer = Tokenizer::open(kGoldens + "/esm");
  EXPECT_THAT(tokenizer->encode("LAGx V<mask>").ids, ElementsAre(0, 4, 5, 6, 3, 7, 32, 2));
  EXPECT_EQ(tokenizer->encode("LAGx").unknown, 1);
  EXPECT_EQ(tokenizer->pad_id(), 1);
  EXPECT_EQ(tokenizer->vocabulary_size(), 33);
}

TEST(TokenizerJson, UnknownComponents_NamedInTheError) {
  const std::string model = R"("model":{"type":"WordLevel","vocab":{"?":0},"unk_token":"?"})";
  const std::pair<std::string, std::string> cases[] = {
      {R"({"model":{"type":"Best","vocab":{}}})", "the model 'Best'"},
      {"{" + model + R"(,"normalizer":{"type":"Sequence","normalizers":[{"type":"Odd"}]}})",
       "normalizer.normalizers[0]: the normalizer 'Odd'"},
      {"{" + model + R"(,"pre_tokenizer":{"type":"Odd"}})", "the pre-tokenizer 'Odd'"},
      {"{" + model + R"(,"post_processor":{"type":"Odd"}})", "the post-processor 'Odd'"},
      {"{" + model + R"(,"version":"2.0"})", "version"},
      {R"({"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}})", "merge 1"},
      {R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}})", "pair"},
      {R"({"model":{"type":"Unigram","vocab":[["a",0.5]],"unk_id":7}})", "unk_id"},
      {R"({"model":{"type":"WordLevel","vocab":{"a":99999999999},"unk_token":"?"}})", "id"},
      {R"({"version":"1.0"})", "model"},
      {"[1", "not JSON"},
  };
  for (const auto& [text, expected] : cases) {
    try {
      read_tokenizer_json(text, "t.json", {});
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kModel) << text;
      EXPECT_THAT(error.what(), HasSubstr(expected)) << text;
      EXPECT_EQ(error.position().file, "t.json") << text;
    }
  }
}

TEST(TokenizerJson, DeepNesting_Refused) {
  const std::string text = std::string(5000, '[') + std::string(5000, ']');
  EXPECT_THROW(read_tokenizer_json(text, "t.json", {}), Error);
}

// Opens what can be opened and encodes with it; anything but an Error fails the test.
void try_file(const std::string& text) {
  try {
    const auto tokenizer = read_tokenizer_json(text, "t.json", {});
    for (const char* sample : {"", "the kinase <mask> lst 12", "na\xC3\xAFve [MASK] \xE6\x97\xA5"})
      tokenizer->encode(sample, true, true);
  } catch (const Error&) {
  }
}

TEST(TokenizerJson, CutAndChangedFiles_ErrorOrTokenizer) {
  for (const char* name : {"unigram", "wordpiece", "byte-level-bpe", "bpe-ignore-merges"}) {
    const auto text = read_text_file(kGoldens + "/" + name + "/tokenizer.json");
    for (std::size_t cut = 0; cut < text.size(); cut += 61) try_file(text.substr(0, cut));
    std::uint32_t state = 5;
    for (int round = 0; round < 400; ++round) {
      auto changed = text;
      state = state * 1664525 + 1013904223;
      const auto place =
          (round % 2 == 0 ? state >> 4 : state >> 4 & 0x7FF) % changed.size();  // half of them where the sections are
      changed[place] = "0\"[]{},:x9-\\"[(state >> 20) % 12];
      try_file(changed);
    }
  }
}

}  // namespace
}  // namespace molbridge::encoders
