// What a folder may hold, what is refused, and what the digest is made of.

#include "molbridge/encoders/transformer/transformer_encoder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "molbridge/core/files.hpp"
#include "molbridge/encoders/transformer/test_transformer.hpp"
#include "molbridge/encoders/transformer/transformer_config.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::encoders {
namespace {

namespace fs = std::filesystem;

class TransformerFolder : public testing::Test {
 protected:
  TransformerFolder() : folder_(fs::temp_directory_path() / ("molbridge_transformer_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
  }
  ~TransformerFolder() override { fs::remove_all(folder_); }

  void copy_case(const std::string& name) {
    fs::remove_all(folder_);
    fs::copy(kTransformerGoldens + "/" + name, folder_, fs::copy_options::recursive);
  }
  std::shared_ptr<const SequenceEncoder> open(const SequenceEncoderOptions& options = {}) const {
    return open_transformer(folder_.string(), options, std::make_shared<IdTokenizer>());
  }
  std::string read(const std::string& file) const { return read_text_file((folder_ / file).string()); }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(folder_ / file, std::ios::binary) << text;
  }
  void replace_in(const std::string& file, const std::string& from, const std::string& to) const {
    std::string text = read(file);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write(file, text.replace(at, from.size(), to));
  }
  /// The tensors again, under names that `rename` gives; "" leaves one out.
  void rewrite_weights(const std::function<std::string(const std::string&)>& rename) const {
    nn::SafetensorsWriter writer;
    {
      const auto weights = nn::Weights::open(folder_.string());
      for (const auto& [name, view] : weights.tensors()) {
        const std::string to = rename(name);
        if (!to.empty()) writer.add(to, view.type, view.shape, view.bytes);
      }
    }
    fs::remove(folder_ / "pytorch_model.bin");
    writer.write((folder_ / "model.safetensors").string());
  }
  void expect_model_error(const std::string& part, const SequenceEncoderOptions& options = {}) const {
    try {
      open(options);
      ADD_FAILURE() << "opened; expected: " << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kModel) << error.what();
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
  fs::path folder_;
};

TEST_F(TransformerFolder, Config_WhatIsNotComputed_IsRefused) {
  const std::vector<std::array<const char*, 3>> cases = {
      {"\"model_type\": \"bert\"", "\"model_type\": \"gpt2\"", "gpt2"},
      {"\"absolute\"", "\"relative_key\"", "relative_key"},
      {"\"is_decoder\": false", "\"is_decoder\": true", "is_decoder"},
      {"\"add_cross_attention\": false", "\"add_cross_attention\": true", "add_cross_attention"},
      {"\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"", "mish"},
      {"\"pruned_heads\": {}", "\"pruned_heads\": {\"0\": [1]}", "pruned_heads"},
      {"\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "no multiple"},
      {"\"hidden_size\": 32", "\"hidden_size\": 16", "shape"},
      {"\"hidden_size\": 32", "\"hidden_size\": -32", "hidden_size"},
      {"\"intermediate_size\": 48", "\"intermediate_size\": 49", "shape"},
      {"\"vocab_size\": 28", "\"vocab_size\": 29", "shape"},
      {"\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "encoder.layer.2"},
      {"\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3000000000", "num_hidden_layers"},
      {"\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": -1", "layer_norm_eps"},
      {"\"model_type\": \"bert\",", "", "model_type"}};
  for (const auto& [from, to, part] : cases) {
    copy_case("bert_pooler");
    replace_in("config.json", from, to);
    expect_model_error(part);
  }
}

TEST_F(TransformerFolder, Config_CutOrFlippedAnywhere_IsReadOrRefused) {
  copy_case("esm_masked_lm");
  const std::string whole = read("config.json");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const std::string& text :
         {whole.substr(0, i), std::string(whole).replace(i, 1, 1, static_cast<char>(whole[i] ^ 5))}) {
      write("config.json", text);
      try {
        read_transformer_config(folder_.string());
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kModel) << error.what();
      }
    }
  }
}

TEST_F(TransformerFolder, Weights_MissingOrOfAnotherKind_AreRefused) {
  copy_case("bert_pooler");
  rewrite_weights([](const std::string& name) { return name == "encoder.layer.1.output.dense.bias" ? "" : name; });
  expect_model_error("encoder.layer.1.output.dense.bias");
  rewrite_weights([](const std::string& name) { return "other." + name + ".x"; });
  expect_model_error("word_embeddings");
  fs::remove(folder_ / "model.safetensors");
  expect_model_error("no weights");
  fs::remove(folder_ / "config.json");
  expect_model_error("config.json");
}

TEST_F(TransformerFolder, Digest_IsOfContentNotOfContainerPrefixOrPrecision) {
  copy_case("roberta_old_names");
  const std::string digest = open()->digest();
  try {
    SequenceEncoderOptions narrow;
    narrow.precision = nn::Precision::kBfloat16;
    EXPECT_EQ(open(narrow)->digest(), digest);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kResource);  // a processor without such numbers
  }
  rewrite_weights([](const std::string& name) { return name.starts_with("roberta.") ? "net." + name.substr(8) : ""; });
  EXPECT_EQ(open()->digest(), digest);
}

TEST_F(TransformerFolder, Digest_ChangesWithWeightPoolingAndLength) {
  copy_case("bert_pooler");
  const std::string digest = open()->digest();
  SequenceEncoderOptions other;
  other.normalize = true;
  EXPECT_NE(open(other)->digest(), digest);
  other = {};
  other.pooling = Pooling::kMax;
  EXPECT_NE(open(other)->digest(), digest);
  replace_in("config.json", "1e-12", "1e-11");
  EXPECT_NE(open()->digest(), digest);
  copy_case("bert_pooler");
  const std::string bytes = read("model.safetensors");
  std::string changed = bytes;
  const auto file = nn::SafetensorsFile::open((folder_ / "model.safetensors").string());
  const auto& view = file.at("encoder.layer.0.output.dense.weight");
  changed[static_cast<std::size_t>(view.bytes.data() - file.map()->bytes().data())] ^= 1;
  write("model.safetensors", changed);
  EXPECT_NE(open()->digest(), digest);
}

TEST_F(TransformerFolder, SentenceTransformers_PoolingAndLengthOfTheFolder) {
  copy_case("bert_sentences");
  const auto test = TransformerCase::read(folder_.string());
  const auto encoder = open();
  EXPECT_EQ(encoder->pooling(), Pooling::kMax);
  auto expected = read_values<float>(test.expected, "max");
  const auto width = static_cast<std::size_t>(encoder->width());
  for (std::size_t i = 0; i < expected.size(); i += width) {
    double sum = 0;
    for (std::size_t d = 0; d < width; ++d) sum += static_cast<double>(expected[i + d]) * expected[i + d];
    for (std::size_t d = 0; d < width; ++d) expected[i + d] /= static_cast<float>(std::sqrt(sum));
  }
  EXPECT_LT(largest_difference(embed_all(*encoder, test.texts), expected), 2e-5);
}

TEST_F(TransformerFolder, SentenceTransformers_WhatIsNotComputed_IsRefusedUnlessAPoolingIsChosen) {
  copy_case("bert_sentences");
  replace_in("modules.json", "models.Normalize", "models.Dense");
  expect_model_error("Dense");
  SequenceEncoderOptions options;
  options.pooling = Pooling::kMean;
  EXPECT_EQ(open(options)->pooling(), Pooling::kMean);
  copy_case("bert_sentences");
  replace_in("1_Pooling/config.json", "\"pooling_mode_cls_token\": false", "\"pooling_mode_cls_token\": true");
  expect_model_error("cls_token + max_tokens");
  replace_in("modules.json", "1_Pooling", "../../x");
  expect_model_error("leaves the folder");
}

TEST_F(TransformerFolder, Pooling_UsualOneOfTheKind) {
  for (const auto& [name, pooling] : {std::pair("roberta_long", Pooling::kCls),
                                      {"bert_pooler", Pooling::kMean},
                                      {"albert_groups", Pooling::kMean},
                                      {"esm_masked_lm", Pooling::kResidues}}) {
    copy_case(name);
    EXPECT_EQ(open()->pooling(), pooling) << name;
  }
}

TEST_F(TransformerFolder, Pooler_ThatIsNotThere_IsRefused) {
  copy_case("roberta_masked_lm");
  SequenceEncoderOptions options;
  options.pooling = Pooling::kPooler;
  expect_model_error("pooler", options);
}

TEST_F(TransformerFolder, Embed_TextWithoutTokens_IsTheZeroVector) {
  copy_case("bert_pooler");
  const auto encoder = open();
  const std::vector<std::string> texts = {"", "2 7 3", ""};
  const auto vectors = embed_all(*encoder, texts);
  const auto alone = embed_all(*encoder, std::span(texts).subspan(1, 1));
  const auto width = static_cast<std::size_t>(encoder->width());
  for (std::size_t d = 0; d < width; ++d) {
    EXPECT_EQ(vectors[d], 0);
    EXPECT_EQ(vectors[width + d], alone[d]);
    EXPECT_EQ(vectors[2 * width + d], 0);
  }
  EXPECT_TRUE(embed_all(*encoder, {}).empty());
}

TEST_F(TransformerFolder, Embed_TokenOrPositionThatIsNotThere_IsAnError) {
  copy_case("bert_pooler");
  const auto encoder = open();
  const std::vector<std::string> unknown = {"2 28 3"};
  EXPECT_THROW(embed_all(*encoder, unknown), Error);
  std::string longest;
  for (int i = 0; i < 68; ++i) longest += "4 ";
  EXPECT_NO_THROW(embed_all(*encoder, std::vector{longest}));
  EXPECT_THROW(embed_all(*encoder, std::vector{longest + "4"}), Error);
}

TEST_F(TransformerFolder, Open_WithATokenizer_CutsToThePositions) {
  copy_case("bert_pooler");
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  for (int i = 5; i < 28; ++i) vocabulary += std::string(1, static_cast<char>('a' + i - 5)) + "\n";
  write("vocab.txt", vocabulary);
  std::string text;
  for (int i = 0; i < 200; ++i) text += i % 2 == 0 ? "a " : "b ";
  const auto encoder = SequenceEncoder::open(folder_.string());
  EXPECT_EQ(encoder->tokenizer().max_tokens(), 68);
  EXPECT_EQ(encoder->tokenizer().encode(text).ids.size(), 68U);
  EXPECT_EQ(embed_all(*encoder, std::vector{text}), embed_all(*encoder, std::vector{text + "a a a"}));
  EXPECT_NE(embed_all(*encoder, std::vector<std::string>{""}), std::vector<float>(32, 0.0F));
}

TEST(PoolingNames, Parse_GivesNamesBack_OthersAreUsageErrors) {
  for (const char* text : {"cls", "mean", "residues", "max", "pooler"}) EXPECT_EQ(name(parse_pooling(text)), text);
  EXPECT_THROW(parse_pooling("median"), Error);
}

}  // namespace
}  // namespace molbridge::encoders
