// Against transformers on PyTorch: small random networks (tools/goldens/make_transformer_goldens.py).

#include <gtest/gtest.h>

#include "molbridge/encoders/transformer/test_transformer.hpp"

namespace molbridge::encoders {
namespace {

constexpr double kFloat32Tolerance = 2e-5;

class TransformerParity : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { case_.emplace(TransformerCase::read(GetParam())); }
  std::shared_ptr<const SequenceEncoder> open(std::optional<Pooling> pooling = std::nullopt,
                                              nn::Precision precision = nn::Precision::kFloat32) const {
    SequenceEncoderOptions options;
    options.pooling = pooling;
    options.precision = precision;
    return open_transformer(case_->folder, options, std::make_shared<IdTokenizer>());
  }
  std::vector<float> hidden(const SequenceEncoder& encoder) const {
    std::vector<float> all;
    for (const auto& sequence : case_->sequences) {
      const auto states = encoder.hidden_states(sequence);
      all.insert(all.end(), states.begin(), states.end());
    }
    return all;
  }
  std::optional<TransformerCase> case_;
};

TEST_P(TransformerParity, HiddenStates_Float32_AsTheOriginal) {
  const auto encoder = open();
  EXPECT_LT(largest_difference(hidden(*encoder), read_values<float>(case_->expected, "hidden")), kFloat32Tolerance);
}

TEST_P(TransformerParity, Embed_EveryPooling_AsTheOriginal) {
  for (const Pooling pooling : {Pooling::kCls, Pooling::kMean, Pooling::kResidues, Pooling::kMax, Pooling::kPooler}) {
    const std::string key(name(pooling));
    if (!case_->expected.has(key)) continue;
    const auto encoder = open(pooling);
    EXPECT_LT(largest_difference(embed_all(*encoder, case_->texts), read_values<float>(case_->expected, key)),
              kFloat32Tolerance)
        << key;
  }
}

TEST_P(TransformerParity, Embed_ClsShortcut_SameBitsAsAllTokens) {
  const auto encoder = open(Pooling::kCls);
  const auto vectors = embed_all(*encoder, case_->texts);
  const auto width = static_cast<std::size_t>(encoder->width());
  for (std::size_t i = 0; i < case_->sequences.size(); ++i) {
    const auto states = encoder->hidden_states(case_->sequences[i]);
    EXPECT_TRUE(std::equal(states.begin(), states.begin() + encoder->width(), vectors.begin() + i * width)) << i;
  }
}

TEST_P(TransformerParity, Embed_AloneOrInAnyBatch_SameBits) {
  std::vector<std::string> many;
  for (int copy = 0; copy < 5; ++copy) many.insert(many.end(), case_->texts.begin(), case_->texts.end());
  const auto encoder = open(Pooling::kMean);
  const auto width = static_cast<std::size_t>(encoder->width());
  const auto vectors = embed_all(*encoder, many, 3);
  for (std::size_t i = 0; i < many.size(); ++i) {
    const auto alone = embed_all(*encoder, std::span(&many[i], 1));
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), vectors.begin() + i * width)) << i;
  }
}

TEST_P(TransformerParity, HiddenStates_NarrowNumbers_NearTheOriginal) {
  const auto expected = read_values<float>(case_->expected, "hidden");
  for (const auto& [precision, tolerance] :
       {std::pair(nn::Precision::kBfloat16, 0.35), {nn::Precision::kBfloat16x3, 5e-4}}) {
    try {
      const auto encoder = open(std::nullopt, precision);
      const double error = largest_difference(hidden(*encoder), expected);
      RecordProperty("max_abs_" + std::string(nn::name(precision)), std::to_string(error));
      EXPECT_LT(error, tolerance) << nn::name(precision);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kResource);
      GTEST_SKIP() << error.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, TransformerParity, testing::ValuesIn(transformer_case_folders()),
                         [](const auto& test) { return std::filesystem::path(test.param).filename().string(); });

}  // namespace
}  // namespace molbridge::encoders
