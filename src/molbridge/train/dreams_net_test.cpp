#include "molbridge/train/dreams_net.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "molbridge/core/json.hpp"
#include "molbridge/encoders/spectrum/dreams_config.hpp"

namespace molbridge::train {
namespace {

const std::string kGoldens = MOLBRIDGE_SOURCE_DIR "/tests/golden/dreams/";
const std::string kLargeGoldens = MOLBRIDGE_SOURCE_DIR "/../shared/golden/dreams/";

torch::Tensor golden(const nn::Weights& weights, const std::string& name) {
  const auto& view = weights.at(name);
  auto values = weights.floats(name, view.shape);
  return torch::from_blob(values.data(), view.shape).clone();
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b.view(a.sizes())).abs().max().item<double>();
}

encoders::DreamsConfig config_of(const nn::Weights& weights, const std::string& prefix, const Json& json) {
  auto config = encoders::infer_dreams_config(weights, prefix);
  config.heads = json["n_heads"];
  config.mz_bin = json["hot_mz_bin_size"];
  config.graphormer = json["graphormer_mz_diffs"];
  if (json["attn_mech"] == "additive_fixed") config.attention = encoders::DreamsAttention::kAdditiveFixed;
  return config;
}

TEST(DreamsNet, EveryOption_GivesTheReferenceStates) {
  const auto weights = nn::Weights::open(kGoldens + "variants.safetensors");
  const auto prep = golden(weights, "prep_n20");
  const Json variants = read_json_file(kGoldens + "variants.json");
  for (const auto& [variant, json] : variants.items()) {
    const DreamsNet net(weights, config_of(weights, variant + "/weights/", json), variant + "/weights/");
    auto states = net.forward(prep), expected = golden(weights, variant + "/final");
    if (variant == "vanilla") {  // what becomes of padding there is undefined
      const auto real = (prep.select(-1, 0) != 0).unsqueeze(-1);
      states = states * real;
      expected = expected * real;
    }
    EXPECT_LT(largest_difference(states, expected), 2e-5) << variant;
  }
}

class DreamsNetStages : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kLargeGoldens + "tiny.ckpt")) GTEST_SKIP() << "no " << kLargeGoldens;
    weights_ = std::make_unique<nn::Weights>(nn::Weights::open(kLargeGoldens + "tiny.ckpt"));
    stages_ = std::make_unique<nn::Weights>(nn::Weights::open(kLargeGoldens + "tiny_stages.safetensors"));
    net_ = std::make_unique<DreamsNet>(*weights_, encoders::infer_dreams_config(*weights_, ""), "");
  }
  torch::Tensor expected(const std::string& name) const { return golden(*stages_, name); }
  std::unique_ptr<nn::Weights> weights_, stages_;
  std::unique_ptr<DreamsNet> net_;
};

TEST_F(DreamsNetStages, EachStage_IsWithinTheToleranceOfTheReference) {
  int seen = 0;
  net_->forward(expected("prep"), [&](const std::string& name, const torch::Tensor& value) {
    if (name == "fourier") {
      EXPECT_LT(largest_difference(value.narrow(1, 0, 8), expected("fourier_first8")), 2e-7);
    } else if (name.starts_with("att_weights")) {
      EXPECT_LT(largest_difference(value[0], expected(name + "_spec0")), 2e-5) << name;
    } else {
      EXPECT_LT(largest_difference(value, expected(name)), 2e-5) << name;
    }
    ++seen;
  });
  EXPECT_EQ(seen, 12);
}

TEST_F(DreamsNetStages, PretrainingHeads_GiveTheReferenceLogits) {
  const auto first = net_->forward(expected("prep")).select(1, 0);
  EXPECT_LT(largest_difference(net_->mz_logits(first), expected("ff_out_logits_precursor")), 2e-5);
  EXPECT_LT(
      largest_difference(net_->order_logits(first.narrow(0, 0, 5), first.narrow(0, 1, 5)), expected("ro_logit_pairs")),
      2e-5);
  const auto masked = net_->forward(expected("ssl_masked_input"));
  const auto logits = net_->mz_logits(masked.index({expected("ssl_mask").to(torch::kBool)}));
  EXPECT_LT(largest_difference(logits, expected("ssl_logits")), 2e-5);
}

/// The shortcuts of the fast path against the plain program, on the same weights.
TEST_F(DreamsNetStages, FastEncoder_EqualsThePlainProgram) {
  encoders::DreamsOptions options;
  const auto encoder = encoders::DreamsEncoder::open(*weights_, encoders::infer_dreams_config(*weights_, ""), options);
  const Json inputs = read_json_file(kGoldens + "inputs.json");
  std::vector<std::vector<double>> mz, intensity;
  std::vector<encoders::DreamsSpectrum> spectra;
  for (const auto& input : inputs) {
    mz.push_back(input["mz"]);
    intensity.push_back(input["intensity"]);
  }
  for (std::size_t i = 0; i < mz.size(); ++i) spectra.push_back({mz[i], intensity[i], inputs[i]["precursor_mz"]});
  const auto plain = embed_plainly(*net_, spectra, options, 4);
  std::vector<float> fast(plain.size());
  encoder->embed(spectra, 1, fast);
  for (std::size_t i = 0; i < plain.size(); ++i) ASSERT_NEAR(fast[i], plain[i], 1e-5);
}

}  // namespace
}  // namespace molbridge::train
