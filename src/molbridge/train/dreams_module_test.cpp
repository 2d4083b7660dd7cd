#include "molbridge/train/dreams_module.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/spectrum/dreams_folder.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::train {
namespace {

namespace fs = std::filesystem;
using encoders::DreamsOptions;

DreamsSizes small_sizes() {
  DreamsSizes sizes{.layers = 3, .heads = 2, .d_fourier = 20, .d_peak = 4, .feed_forward = 40, .fourier_hidden = {16}};
  sizes.frequencies = geometric_frequencies(0.01, 100, 12);
  sizes.mz_classes = 50;
  sizes.order_head = true;
  return sizes;
}

struct Spectra {
  std::vector<std::vector<double>> mz, intensity;
  std::vector<encoders::DreamsSpectrum> list;
};

/// Of 1 to 30 peaks.
Spectra some_spectra(std::size_t count) {
  Spectra spectra;
  Rng rng(7);
  for (std::size_t i = 0; i < count; ++i) {
    spectra.mz.emplace_back();
    spectra.intensity.emplace_back();
    for (std::uint64_t peak = 0; peak < 1 + rng.below(30); ++peak) {
      spectra.mz.back().push_back(50 + 500 * rng.uniform());
      spectra.intensity.back().push_back(1 + rng.uniform());
    }
  }
  for (std::size_t i = 0; i < count; ++i)
    spectra.list.push_back({spectra.mz[i], spectra.intensity[i], 400.0 + double(i)});
  return spectra;
}

std::vector<encoders::DreamsTokens> tokens_of(const Spectra& spectra, const DreamsOptions& options) {
  std::vector<encoders::DreamsTokens> tokens;
  for (const auto& spectrum : spectra.list) tokens.push_back(encoders::dreams_tokens(spectrum, options));
  return tokens;
}

/// LayerNorms that differ from the identity, so that a forgotten one shows.
std::shared_ptr<DreamsModule> random_module(const DreamsSizes& sizes) {
  torch::manual_seed(3);
  auto module = std::make_shared<DreamsModule>(sizes);
  const torch::NoGradGuard no_gradients;
  for (auto& item : module->named_parameters()) {
    if (item.key().find("scales") != std::string::npos) item.value().add_(0.2 * torch::randn_like(item.value()));
  }
  module->eval();
  return module;
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) { return (a - b).abs().max().item<double>(); }

torch::Tensor fast_vectors(const encoders::DreamsEncoder& encoder, const Spectra& spectra) {
  torch::Tensor out = torch::zeros({static_cast<std::int64_t>(spectra.list.size()), encoder.width()});
  encoder.embed(spectra.list, 1, {out.data_ptr<float>(), static_cast<std::size_t>(out.numel())});
  return out;
}

class DreamsModuleFolder : public testing::TestWithParam<DreamsOptions> {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const DreamsModule& module, const DreamsOptions& options) const {
    nn::ModelFolderWriter writer;
    writer.manifest.text("kind", encoders::kDreamsKind);
    writer.manifest.text("name", "small");
    encoders::write_dreams_input(options, writer.manifest);
    module.write(writer.manifest, writer.weights);
    writer.write(folder_);
  }
  std::string folder_ = testing::TempDir() + "dreams_module_" + std::to_string(::getpid());
};

TEST_P(DreamsModuleFolder, WrittenAndRead_GivesTheVectorsOfTheFastEncoder) {
  const auto module = random_module(small_sizes());
  write(*module, GetParam());
  DreamsOptions options = GetParam();
  options.peaks = 0;  // what the folder says
  const auto opened = encoders::open_dreams(folder_, options);
  EXPECT_EQ(opened.encoder->options().peaks, GetParam().peaks);
  EXPECT_EQ(opened.encoder->options().padding_tokens, GetParam().padding_tokens);
  const auto spectra = some_spectra(9);
  const auto tokens = tokens_of(spectra, opened.encoder->options());
  const bool mean = GetParam().input == encoders::DreamsInput::kSpecBridge;
  const auto pooling = mean ? DreamsPooling::kMeanPeaks : DreamsPooling::kPrecursor;
  const torch::InferenceMode no_gradients;
  const auto expected = fast_vectors(*opened.encoder, spectra);
  EXPECT_LT(largest_difference(module->forward(tokens, pooling), expected), 2e-5);
  const auto reopened = DreamsModule::open(folder_);
  reopened->eval();
  EXPECT_EQ(largest_difference(reopened->forward(tokens, pooling), module->forward(tokens, pooling)), 0);
  EXPECT_EQ(reopened->sizes().mz_classes, 50);
  EXPECT_TRUE(reopened->sizes().order_head);
}

INSTANTIATE_TEST_SUITE_P(
    Conventions, DreamsModuleFolder,
    testing::Values(DreamsOptions{.peaks = 20, .padding_tokens = false},
                    DreamsOptions{.peaks = 25, .padding_tokens = true},
                    DreamsOptions{.input = encoders::DreamsInput::kSpecBridge, .peaks = 40, .padding_tokens = false},
                    DreamsOptions{.input = encoders::DreamsInput::kSpecBridge, .peaks = 40}));

TEST(DreamsModule, PublishedCheckpoint_GivesTheVectorsOfTheFastEncoder) {
  const std::string file = MOLBRIDGE_SOURCE_DIR "/../shared/golden/dreams/tiny.ckpt";
  if (!fs::exists(file)) GTEST_SKIP() << "no " << file;
  const auto module = DreamsModule::open(file);
  module->eval();
  const auto opened = encoders::open_dreams(file, {});
  const auto spectra = some_spectra(6);
  const torch::InferenceMode no_gradients;
  const auto vectors = module->forward(tokens_of(spectra, opened.encoder->options()));
  EXPECT_LT(largest_difference(vectors, fast_vectors(*opened.encoder, spectra)), 2e-5);
}

TEST(DreamsModule, PublishedSizes_HaveThePublishedNumbersOfParameters) {
  DreamsModule module{DreamsSizes{}};
  EXPECT_EQ(module.num_parameters(), 95'549'381);
  EXPECT_EQ(module.num_parameters(true), 95'549'381 - 5'997);
  module.set_trainable(2, true, false);
  EXPECT_EQ(module.num_parameters(true), 25'174'016);
  module.set_trainable(2, false, false);
  EXPECT_EQ(module.num_parameters(true), 25'165'824);
  module.set_trainable(7, true, true);
  EXPECT_EQ(module.num_parameters(true), 95'549'381 - 5'997);
  module.set_trainable(0, true, false);
  EXPECT_EQ(module.num_parameters(true), 0);
}

TEST(DreamsModule, PublishedHeads_HaveThePublishedNumberOfParameters) {
  DreamsSizes sizes;
  sizes.mz_classes = 20'000;
  sizes.order_head = true;
  EXPECT_EQ(DreamsModule(sizes).num_parameters(), 116'051'429);
}

TEST(DreamsModule, Frequencies_AreThePublishedOnes) {
  const auto list = dreams_frequencies();
  ASSERT_EQ(list.size(), 5997U);
  EXPECT_FLOAT_EQ(list[0], 5000);
  EXPECT_FLOAT_EQ(list[4998], static_cast<float>(1 / 0.9998));
  EXPECT_FLOAT_EQ(list[4999], 0.5F);
  EXPECT_FLOAT_EQ(list.back(), static_cast<float>(1.0 / 999));
}

TEST(DreamsModule, Names_AreThoseOfTheStateDict) {
  const DreamsModule module(small_sizes());
  const auto names = learn::named_state(module);
  for (const auto* name : {"fourier_enc.b", "ff_fourier.ff.0.weight", "ff_fourier.ff.3.bias", "ff_peak.ff.0.weight",
                           "transformer_encoder.atts.2.weights", "transformer_encoder.ffs.0.in_proj.weight",
                           "transformer_encoder.scales.6.bias", "ff_out.ff.0.bias", "ro_out.weight"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_EQ(names.size(), 1U + 4 + 2 + 3 * 3 + 7 * 2 + 2 + 1);
}

/// For caching: the blocks that are frozen run once, spectrum by spectrum, and the rest runs on any batch of their outputs.
TEST(DreamsModule, BlocksInParts_GiveTheWholeWhateverTheBatch) {
  const auto module = random_module(small_sizes());
  for (const bool pads : {false, true}) {
    const auto tokens = tokens_of(some_spectra(7), {.peaks = 20, .padding_tokens = pads});
    const torch::InferenceMode no_gradients;
    const auto whole = module->forward(tokens), mean = module->forward(tokens, DreamsPooling::kMeanPeaks);
    const auto states = split_states(module->run(module->embed(tokens), 0, 2));
    const std::vector<std::size_t> order = {5, 0, 3};
    std::vector<DreamsState> some;
    for (const std::size_t i : order) some.push_back(states[i]);
    const auto batch = join_states(some);
    const auto rows = torch::tensor({5, 0, 3});
    EXPECT_LT(largest_difference(module->vectors(batch, 2, DreamsPooling::kPrecursor), whole.index_select(0, rows)),
              2e-6);
    EXPECT_LT(largest_difference(module->vectors(batch, 2, DreamsPooling::kMeanPeaks), mean.index_select(0, rows)),
              2e-6);
    EXPECT_LT(
        largest_difference(module->pool(module->run(batch, 2), DreamsPooling::kPrecursor), whole.index_select(0, rows)),
        2e-6);
    const auto picked = torch::tensor({1, 7, 8}, torch::kInt64);
    const auto all = module->final_norm(module->run(batch, 2).tokens);
    EXPECT_LT(largest_difference(module->tokens_at(batch, 2, picked), all.index_select(0, picked)), 2e-6);
    const auto alone = module->forward({&tokens[4], 1});
    EXPECT_LT(largest_difference(alone[0], whole[4]), 2e-6);
  }
}

/// Of every parameter that is trained, along a random direction, in double.
TEST(DreamsModule, Gradients_AreThoseOfFiniteDifferences) {
  const auto module = random_module(small_sizes());
  module->to(torch::kFloat64);
  const auto tokens = tokens_of(some_spectra(5), {.peaks = 12, .padding_tokens = true});
  torch::manual_seed(11);
  const auto target = torch::randn({5, 24}, torch::kFloat64);
  const auto loss = [&] {
    return (module->forward(tokens) * target).sum() + module->forward(tokens, DreamsPooling::kMeanPeaks).pow(2).sum();
  };
  module->zero_grad();
  loss().backward();
  int checked = 0;
  for (auto& item : module->named_parameters()) {
    auto& value = item.value();
    if (!value.grad().defined()) continue;
    const auto direction = torch::randn_like(value);
    const double expected = (value.grad() * direction).sum().item<double>(), step = 1e-6;
    const torch::NoGradGuard no_gradients;
    value.add_(step * direction);
    const double up = loss().item<double>();
    value.sub_(2 * step * direction);
    const double down = loss().item<double>();
    value.add_(step * direction);
    EXPECT_NEAR((up - down) / (2 * step), expected, 1e-4 * std::max(1.0, std::abs(expected))) << item.key();
    ++checked;
  }
  EXPECT_EQ(checked, 4 + 2 + 3 * 3 + 7 * 2);
}

TEST(DreamsModule, Dropout_ActsInTrainingOnly) {
  const auto module = random_module(small_sizes());
  const auto tokens = tokens_of(some_spectra(3), {.peaks = 12, .padding_tokens = false});
  const torch::NoGradGuard no_gradients;
  EXPECT_EQ(largest_difference(module->forward(tokens), module->forward(tokens)), 0);
  module->train();
  EXPECT_GT(largest_difference(module->forward(tokens), module->forward(tokens)), 1e-3);
}

TEST(DreamsModule, OtherKindsOfNetwork_AreRefusedByName) {
  const std::string goldens = MOLBRIDGE_SOURCE_DIR "/tests/golden/dreams/";
  const auto weights = nn::Weights::open(goldens + "variants.safetensors");
  const Json variants = read_json_file(goldens + "variants.json");
  for (const auto& [variant, json] : variants.items()) {
    const std::string prefix = variant + "/weights/";
    auto config = encoders::infer_dreams_config(weights, prefix);
    if (json["attn_mech"] == "additive_fixed") config.attention = encoders::DreamsAttention::kAdditiveFixed;
    EXPECT_THROW(DreamsModule::load(weights, config, prefix), Error) << variant;
  }
}

}  // namespace
}  // namespace molbridge::train
