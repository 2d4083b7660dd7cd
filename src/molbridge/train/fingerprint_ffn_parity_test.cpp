// The fast inference path against the network that LibTorch trains.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "molbridge/bridges/fingerprint_ffn.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/learn/fingerprint_ffn.hpp"

namespace molbridge::train {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kPrefix = "bridge.";

/// The same folder, read into the module that was trained.
learn::FingerprintFfn read_with_torch(const nn::ModelFolder& folder) {
  learn::NamedTensors tensors;
  for (const auto& [name, view] : folder.weights.tensors()) {
    if (name.starts_with(kPrefix)) tensors[name.substr(kPrefix.size())] = learn::load_float(folder.weights, name);
  }
  learn::FingerprintFfn model(learn::FingerprintFfnOptions{.inputs = folder.manifest.integer("bridge.inputs"),
                                                           .hidden = folder.manifest.integer("bridge.hidden"),
                                                           .layers = folder.manifest.integer("bridge.layers"),
                                                           .outputs = folder.manifest.integer("bridge.outputs")});
  learn::load_state(*model, tensors, folder.path);
  model->eval();
  return model;
}

bridges::SparseBatch random_batch(std::int64_t inputs, int rows) {
  Rng rng(12);
  bridges::SparseBatch batch;
  for (int b = 0; b < rows; ++b) {
    batch.offsets.push_back(batch.indices.size());
    for (std::uint64_t n = rng.below(80); n > 0; --n) {
      batch.indices.push_back(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(inputs))));
      batch.values.push_back(static_cast<float>(rng.uniform()));
    }
  }
  return batch;
}

void expect_parity(const nn::ModelFolder& folder) {
  const torch::NoGradGuard no_grad;
  const std::int64_t inputs = folder.manifest.integer("bridge.inputs");
  const bridges::SparseBatch batch = random_batch(inputs, 50);
  const std::vector<std::int64_t> offsets(batch.offsets.begin(), batch.offsets.end());
  learn::FingerprintFfn oracle = read_with_torch(folder);
  const torch::Tensor expected =
      oracle
          ->log_odds_ratio({torch::tensor(batch.indices, torch::kInt64), torch::tensor(offsets, torch::kInt64),
                            torch::tensor(batch.values, torch::kFloat32)})
          .contiguous();
  const std::vector<float> got = bridges::FingerprintFfn::read(folder, inputs).log_odds_ratio(batch);
  ASSERT_EQ(static_cast<std::int64_t>(got.size()), expected.numel());
  float worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i)
    worst = std::max(worst, std::abs(got[i] - expected.data_ptr<float>()[i]));
  const float largest = expected.abs().max().item<float>();
  EXPECT_LT(worst, 1e-5F * std::max(1.0F, largest)) << "largest " << largest;
  EXPECT_GT(largest, 0.05F);
}

TEST(FingerprintFfnParity, TrainedAndWritten_InfersTheSame) {
  const fs::path path = fs::temp_directory_path() / ("molbridge_parity_" + std::to_string(::getpid()));
  torch::manual_seed(4);
  for (const std::int64_t layers : {1, 2, 3}) {
    const learn::FingerprintFfn model(
        learn::FingerprintFfnOptions{.inputs = 300, .hidden = 96, .layers = layers, .outputs = 500, .dropout = 0.5});
    nn::ModelFolderWriter writer;
    learn::write_fingerprint_ffn(*model, writer.manifest, writer.weights);
    writer.write(path.string());
    expect_parity(nn::ModelFolder::open(path.string()));
  }
  fs::remove_all(path);
}

TEST(FingerprintFfnParity, ShippedModel_InfersTheSame) {
  expect_parity(nn::ModelFolder::open(MOLBRIDGE_SOURCE_DIR "/models/fingerprint-ffn"));
}

}  // namespace
}  // namespace molbridge::train
