// Published weights against transformers on PyTorch; skipped where the weights are absent.

#include <gtest/gtest.h>

#include <cstdlib>

#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/encoders/transformer/test_transformer.hpp"

namespace molbridge::encoders {
namespace {

struct RealCase {
  nn::SafetensorsFile expected;
  std::vector<std::string> texts;
};

RealCase read_case(const std::string& name) {
  auto file = nn::SafetensorsFile::open(kTransformerGoldens + "/real/" + name + ".safetensors");
  const auto texts = Json::parse(file.metadata().at("texts")).get<std::vector<std::string>>();
  return {std::move(file), texts};
}

void expect_same_ids(const SequenceEncoder& encoder, const RealCase& test) {
  std::vector<std::int32_t> ids;
  for (const std::string& text : test.texts) {
    const auto encoding = encoder.tokenizer().encode(text);
    ids.insert(ids.end(), encoding.ids.begin(), encoding.ids.end());
  }
  EXPECT_EQ(ids, read_values<std::int32_t>(test.expected, "ids"));
}

/// Error of a narrow precision, for docs/formats/huggingface.md.
void expect_near(const std::string& folder, SequenceEncoderOptions options, const RealCase& test, const char* key) {
  const auto expected = read_values<float>(test.expected, key);
  const std::pair<nn::Precision, double> precisions[] = {
      {nn::Precision::kFloat32, 2e-5}, {nn::Precision::kBfloat16x3, 1e-4}, {nn::Precision::kBfloat16, 0.1}};
  for (const auto& [precision, tolerance] : precisions) {
    options.precision = precision;
    std::shared_ptr<const SequenceEncoder> encoder;
    try {
      encoder = SequenceEncoder::open(folder, options);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kResource) throw;
      continue;  // the processor has no such numbers
    }
    const double difference = largest_difference(embed_all(*encoder, test.texts, 2), expected);
    testing::Test::RecordProperty(std::string(key) + "_" + std::string(nn::name(precision)),
                                  std::to_string(difference));
    EXPECT_LT(difference, tolerance) << key << " " << nn::name(precision);
  }
}

TEST(RealWeights, Rxnmapper_AsTheOriginal) {
  const std::string folder = MOLBRIDGE_SOURCE_DIR "/../shared/data/weights/rxnmapper-albert";
  if (!folder_exists(folder)) GTEST_SKIP() << "no weights at " << folder;
  const RealCase test = read_case("rxnmapper");
  expect_same_ids(*SequenceEncoder::open(folder), test);
  for (const Pooling pooling : {Pooling::kCls, Pooling::kMean, Pooling::kPooler}) {
    SequenceEncoderOptions options;
    options.pooling = pooling;
    expect_near(folder, options, test, std::string(name(pooling)).c_str());
  }
}

TEST(RealWeights, MiniLm_AsSentenceTransformers) {
  const char* folder = std::getenv("MOLBRIDGE_MINILM");
  if (folder == nullptr) GTEST_SKIP() << "MOLBRIDGE_MINILM does not name a folder of all-MiniLM-L6-v2";
  const RealCase test = read_case("minilm");
  const auto encoder = SequenceEncoder::open(folder);
  EXPECT_EQ(encoder->pooling(), Pooling::kMean);
  expect_same_ids(*encoder, test);
  expect_near(folder, {}, test, "embedding");
}

}  // namespace
}  // namespace molbridge::encoders
