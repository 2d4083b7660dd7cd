#include "molbridge/encoders/spectrum/dreams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::encoders {
namespace {

const std::string kGoldens = MOLBRIDGE_SOURCE_DIR "/tests/golden/dreams/";
const std::string kLargeGoldens = MOLBRIDGE_SOURCE_DIR "/../shared/golden/dreams/";

struct RawSpectrum {
  std::string name;
  std::vector<double> mz, intensity;
  double precursor_mz;
  DreamsSpectrum view() const { return {mz, intensity, precursor_mz}; }
};

std::vector<RawSpectrum> golden_spectra() {
  std::vector<RawSpectrum> spectra;
  for (const auto& entry : read_json_file(kGoldens + "inputs.json")) {
    spectra.push_back({entry["name"], entry["mz"], entry["intensity"], entry["precursor_mz"]});
  }
  return spectra;
}

DreamsConfig config_of(const Json& json) {
  DreamsConfig config;
  config.layers = json["n_layers"];
  config.heads = json["n_heads"];
  config.d_fourier = json["d_fourier"];
  config.d_peak = json["d_peak"];
  config.d_mz_token = json["d_mz_token"];
  config.mz_bin = json["hot_mz_bin_size"];
  config.graphormer = json["graphormer_mz_diffs"];
  config.pre_norm = json["pre_norm"];
  config.vanilla = json["vanilla_transformer"];
  const std::string attention = json["attn_mech"];
  if (attention == "additive_fixed") config.attention = DreamsAttention::kAdditiveFixed;
  if (attention == "additive_v") config.attention = DreamsAttention::kAdditiveVector;
  return config;
}

/// Rows of (m/z, intensity) with zeros behind them.
DreamsTokens tokens_from(const float* rows, std::int64_t count) {
  DreamsTokens tokens;
  for (std::int64_t i = 0; i < count; ++i) {
    if (rows[2 * i] == 0) {
      ++tokens.pads;
    } else {
      tokens.peaks.push_back({rows[2 * i], rows[2 * i + 1]});
    }
  }
  return tokens;
}

void expect_same_tokens(const std::vector<float>& states, const DreamsTokens& tokens, const float* expected,
                        std::int64_t width, bool padding_too, double tolerance, const std::string& where) {
  const auto rows = static_cast<std::int64_t>(tokens.peaks.size()) + (padding_too && tokens.pads > 0 ? 1 : 0);
  for (std::int64_t i = 0; i < rows * width; ++i) {
    ASSERT_NEAR(states[static_cast<std::size_t>(i)], expected[i], tolerance)
        << where << ", row " << i / width << ", column " << i % width;
  }
}

TEST(DreamsVariants, EveryOption_GivesTheReferenceStatesOfEveryToken) {
  const auto weights = nn::Weights::open(kGoldens + "variants.safetensors");
  const auto prep = weights.floats("prep_n20", {6, 21, 2});
  const Json variants = read_json_file(kGoldens + "variants.json");
  for (const auto& [variant, json] : variants.items()) {
    DreamsOptions options;
    options.input = DreamsInput::kSpecBridge;
    const auto config = config_of(json);
    const auto encoder = DreamsEncoder::open(weights, config, options, variant + "/weights/");
    const auto final = weights.floats(variant + "/final", {6, 21, config.d_model()});
    for (std::int64_t s = 0; s < 6; ++s) {
      const auto tokens = tokens_from(prep.data() + s * 42, 21);
      expect_same_tokens(encoder->hidden_states(tokens), tokens, final.data() + s * 21 * config.d_model(),
                         config.d_model(), !config.vanilla, 2e-5, variant + ", spectrum " + std::to_string(s));
    }
  }
}

TEST(DreamsVariants, Configuration_FollowsFromTheTensors) {
  const auto weights = nn::Weights::open(kGoldens + "variants.safetensors");
  const Json variants = read_json_file(kGoldens + "variants.json");
  for (const auto& [variant, json] : variants.items()) {
    const auto expected = config_of(json), found = infer_dreams_config(weights, variant + "/weights/");
    EXPECT_EQ(found.layers, expected.layers) << variant;
    EXPECT_EQ(found.d_model(), expected.d_model()) << variant;
    EXPECT_EQ(found.d_fourier, expected.d_fourier) << variant;
    EXPECT_EQ(found.pre_norm, expected.pre_norm) << variant;
    EXPECT_EQ(found.vanilla, expected.vanilla) << variant;
    if (variant.starts_with("additivev")) {
      EXPECT_EQ(found.attention, DreamsAttention::kAdditiveVector);
    }
  }
}

/// The first token with the shortcuts of the last layer against the same network that computes all tokens.
TEST(DreamsEncoder, FirstTokenOnly_EqualsAllTokens) {
  const auto weights = nn::Weights::open(kGoldens + "variants.safetensors");
  for (const auto* variant :
       {"postnorm_bias_paramgraphormer_voronov", "additivev_interpolated", "mz_token", "vanilla"}) {
    const auto config = config_of(read_json_file(kGoldens + "variants.json")[variant]);
    DreamsOptions own, all;
    own.peaks = 40;
    all.input = DreamsInput::kSpecBridge;
    const auto first = DreamsEncoder::open(weights, config, own, std::string(variant) + "/weights/");
    const auto every = DreamsEncoder::open(weights, config, all, std::string(variant) + "/weights/");
    for (const auto& spectrum : golden_spectra()) {
      std::vector<float> vector(static_cast<std::size_t>(first->width()));
      const auto view = spectrum.view();
      first->embed({&view, 1}, 1, vector);
      const auto states = every->hidden_states(dreams_tokens(view, own));
      for (std::size_t i = 0; i < vector.size(); ++i)
        ASSERT_NEAR(vector[i], states[i], 2e-6) << variant << " " << spectrum.name;
    }
  }
}

std::vector<RawSpectrum> random_spectra(std::size_t count) {
  Rng rng(5);
  std::vector<RawSpectrum> spectra;
  for (std::size_t i = 0; i < count; ++i) {
    RawSpectrum spectrum{"", {}, {}, 100 + 600 * rng.uniform()};
    for (std::size_t peak = 0; peak < 1 + i % 60; ++peak) {
      spectrum.mz.push_back(40 + 500 * rng.uniform());
      spectrum.intensity.push_back(rng.uniform());
    }
    spectra.push_back(spectrum);
  }
  return spectra;
}

TEST(DreamsEncoder, AVector_IsTheSameToTheBitAloneInABatchAndOnOtherThreads) {
  const auto weights = nn::Weights::open(kGoldens + "variants.safetensors");
  const auto config = config_of(read_json_file(kGoldens + "variants.json")["postnorm_scnorm"]);
  const auto spectra = random_spectra(130);
  std::vector<DreamsSpectrum> views;
  for (const auto& spectrum : spectra) views.push_back(spectrum.view());
  for (const auto input : {DreamsInput::kDreams, DreamsInput::kSpecBridge}) {
    DreamsOptions options;
    options.input = input;
    const auto encoder = DreamsEncoder::open(weights, config, options, "postnorm_scnorm/weights/");
    const auto width = static_cast<std::size_t>(encoder->width());
    std::vector<float> batch(views.size() * width), threaded(batch.size()), alone(width);
    encoder->embed(views, 1, batch);
    encoder->embed(views, 3, threaded);
    EXPECT_EQ(batch, threaded);
    for (std::size_t i = 0; i < views.size(); i += 7) {
      encoder->embed({&views[i], 1}, 1, alone);
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), batch.begin() + static_cast<std::ptrdiff_t>(i * width))) << i;
    }
  }
}

TEST(DreamsTokens, OwnConvention_KeepsHighestPeaksInOrderAndPutsThePrecursorFirst) {
  const std::vector<double> mz = {300, 100, 200, 150, 120}, intensity = {5, 10, 1, 5, 5};
  DreamsOptions options;
  options.peaks = 3;
  const auto tokens = dreams_tokens({mz, intensity, 321.5}, options);
  ASSERT_EQ(tokens.peaks.size(), 4U);
  EXPECT_EQ(tokens.pads, 0);
  EXPECT_FLOAT_EQ(tokens.peaks[0].mz, 321.5F);
  EXPECT_FLOAT_EQ(tokens.peaks[0].intensity, 1.1F);
  EXPECT_FLOAT_EQ(tokens.peaks[1].mz, 100);
  EXPECT_FLOAT_EQ(tokens.peaks[1].intensity, 1);
  EXPECT_FLOAT_EQ(tokens.peaks[2].mz, 150) << "of equal peaks at the cut the later ones stay";
  EXPECT_FLOAT_EQ(tokens.peaks[3].mz, 120);
  EXPECT_FLOAT_EQ(tokens.peaks[3].intensity, 0.5);
}

TEST(DreamsTokens, SpecBridgeConvention_TakesPeaksAsTheyAre) {
  const std::vector<double> mz = {300, 100}, intensity = {5, 1000};
  DreamsOptions options;
  options.input = DreamsInput::kSpecBridge;
  const auto tokens = dreams_tokens({mz, intensity, 0, 7}, options);
  ASSERT_EQ(tokens.peaks.size(), 2U);
  EXPECT_EQ(tokens.pads, 5);
  EXPECT_FLOAT_EQ(tokens.peaks[0].intensity, 5);
}

/// A manifest may say anything: nothing is read or written by its word alone.
TEST(DreamsEncoder, ConfigurationThatDoesNotFitTheTensors_IsRefused) {
  const auto weights = nn::Weights::open(kGoldens + "variants.safetensors");
  const std::string prefix = "postnorm_bias_paramgraphormer_voronov/weights/";
  const auto good = config_of(read_json_file(kGoldens + "variants.json")["postnorm_bias_paramgraphormer_voronov"]);
  const auto refused = [&](auto change) {
    DreamsConfig config = good;
    change(config);
    try {
      DreamsEncoder::open(weights, config, {}, prefix);
      return false;
    } catch (const Error& error) {
      return error.code() == ErrorCode::kModel;
    }
  };
  EXPECT_FALSE(refused([](DreamsConfig&) {}));
  EXPECT_TRUE(refused([](DreamsConfig& config) { config.d_peak = 8, config.d_fourier = 24; }));
  EXPECT_TRUE(refused([](DreamsConfig& config) { config.d_peak = 44; }));
  EXPECT_TRUE(refused([](DreamsConfig& config) { config.d_peak = 32, config.d_fourier = 0; }));
  EXPECT_TRUE(refused([](DreamsConfig& config) { config.heads = 8; }));
  EXPECT_TRUE(refused([](DreamsConfig& config) { config.layers = 3; }));
  EXPECT_TRUE(refused([](DreamsConfig& config) { config.d_mz_token = 20, config.d_peak = 0, config.d_fourier = 12; }));
}

TEST(DreamsEncoder, MissingBias_IsRefusedByName) {
  const auto weights = nn::Weights::open(kGoldens + "variants.safetensors");
  const std::string prefix = "postnorm_scnorm/weights/", lost = "ff_fourier.ff.3.bias";
  nn::SafetensorsWriter writer;
  for (const auto& [name, view] : weights.tensors()) {
    if (name.starts_with(prefix) && name != prefix + lost)
      writer.add(name.substr(prefix.size()), view.type, view.shape, view.bytes);
  }
  const std::string path = testing::TempDir() + "dreams_without_a_bias.safetensors";
  writer.write(path);
  const auto damaged = nn::Weights::open(path);
  try {
    DreamsEncoder::open(damaged, infer_dreams_config(damaged, ""), {});
    FAIL() << "took a network that lacks " << lost;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel);
    EXPECT_THAT(error.message(), testing::HasSubstr(lost));
  }
  std::filesystem::remove(path);
}

class DreamsLargeGoldens : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kLargeGoldens + "tiny_stages.safetensors")) GTEST_SKIP() << "no " << kLargeGoldens;
  }
  static std::vector<float> stage(const std::string& name, const std::vector<std::int64_t>& shape) {
    return nn::Weights::open(kLargeGoldens + "tiny_stages.safetensors").floats(name, shape);
  }
  static std::vector<float> embed(const std::string& checkpoint, DreamsOptions options) {
    const auto weights = nn::Weights::open(kLargeGoldens + checkpoint);
    const auto prefix = find_dreams_prefix(weights).value();
    auto config = infer_dreams_config(weights, prefix);
    config.heads = 4;  // tiny_embedding.ckpt tells no number of heads
    const auto encoder = DreamsEncoder::open(weights, config, options, prefix);
    const auto spectra = golden_spectra();
    std::vector<DreamsSpectrum> views;
    for (const auto& spectrum : spectra) views.push_back(spectrum.view());
    std::vector<float> out(views.size() * static_cast<std::size_t>(encoder->width()));
    encoder->embed(views, 2, out);
    return out;
  }
  static double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
    return largest;
  }
};

TEST_F(DreamsLargeGoldens, Preprocessing_GivesTheSameNumbers) {
  for (const std::int64_t peaks : {60, 100}) {
    const auto expected = stage(peaks == 60 ? "prep" : "prep_n100", {6, peaks + 1, 2});
    const auto spectra = golden_spectra();
    DreamsOptions options;
    options.peaks = peaks;
    for (std::size_t s = 0; s < spectra.size(); ++s) {
      const auto tokens = dreams_tokens(spectra[s].view(), options);
      EXPECT_EQ(static_cast<std::int64_t>(tokens.peaks.size()) + tokens.pads, peaks + 1);
      for (std::size_t i = 0; i < tokens.peaks.size(); ++i) {
        const float* row = expected.data() + (s * static_cast<std::size_t>(peaks + 1) + i) * 2;
        EXPECT_EQ(tokens.peaks[i].mz, row[0]) << spectra[s].name << " " << i;
        EXPECT_EQ(tokens.peaks[i].intensity, row[1]) << spectra[s].name << " " << i;
      }
    }
  }
}

TEST_F(DreamsLargeGoldens, PretrainingCheckpoint_GivesTheReferenceEmbeddings) {
  DreamsOptions options;
  options.peaks = 60;
  EXPECT_LT(largest_difference(embed("tiny.ckpt", options), stage("embedding", {6, 64})), 2e-5);
  EXPECT_LT(largest_difference(embed("tiny.safetensors", options), stage("embedding", {6, 64})), 2e-5);
  options.peaks = 100;
  EXPECT_LT(largest_difference(embed("tiny.ckpt", options), stage("embedding_n100", {6, 64})), 2e-5);
}

TEST_F(DreamsLargeGoldens, EmbeddingCheckpoint_GivesTheReferenceEmbeddingsWithAndWithoutItsHead) {
  DreamsOptions options;
  EXPECT_LT(largest_difference(embed("tiny_embedding.ckpt", options), stage("contrastive_embedding_n100", {6, 64})),
            2e-5);
  options.use_head = false;
  EXPECT_LT(
      largest_difference(embed("tiny_embedding.ckpt", options), stage("contrastive_backbone_embedding_n100", {6, 64})),
      2e-5);
}

TEST_F(DreamsLargeGoldens, FewerDigits_StayNearTheReference) {
  const auto expected = stage("embedding_n100", {6, 64});
  DreamsOptions options;
  options.precision = nn::Precision::kBfloat16x3;
  try {
    embed("tiny.ckpt", options);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kResource) GTEST_SKIP() << error.message();
    throw;
  }
  EXPECT_LT(largest_difference(embed("tiny.ckpt", options), expected), 5e-4);
  options.precision = nn::Precision::kBfloat16;
  EXPECT_LT(largest_difference(embed("tiny.ckpt", options), expected), 0.1);
}

TEST_F(DreamsLargeGoldens, Configuration_FollowsFromTheCheckpoint) {
  const auto weights = nn::Weights::open(kLargeGoldens + "tiny.ckpt");
  const auto config = infer_dreams_config(weights, find_dreams_prefix(weights).value());
  EXPECT_EQ(config.heads, 4) << "from the arguments of the run";
  EXPECT_EQ(config.d_fourier, 52);
  EXPECT_EQ(config.d_peak, 12);
  EXPECT_EQ(config.layers, 2);
  EXPECT_TRUE(config.pre_norm && config.graphormer && !config.vanilla);
  EXPECT_EQ(find_dreams_prefix(nn::Weights::open(kLargeGoldens + "tiny_embedding.ckpt")).value(), "backbone.");
}

}  // namespace
}  // namespace molbridge::encoders
