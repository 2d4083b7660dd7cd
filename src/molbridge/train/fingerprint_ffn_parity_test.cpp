// The fast inference path against the network that LibTorch trains.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cctype>
#include <cmath>
#include <filesystem>

#include "molbridge/bridges/fingerprint_ffn.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/learn/fingerprint_ffn.hpp"

namespace molbridge::train {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kPrefix = "bridge.";

/// A tensor as float32, int8 with the scale of its row.
torch::Tensor wide(const nn::ModelFolder& folder, const std::string& name) {
  const torch::Tensor tensor = learn::load_float(folder.weights, name);
  if (!folder.weights.has(name + ".scale")) return tensor;
  return tensor * learn::load_float(folder.weights, name + ".scale").unsqueeze(1);
}

/// The same folder, read into the modules that were trained.
std::vector<learn::FingerprintFfn> read_with_torch(const nn::ModelFolder& folder) {
  const std::int64_t members = folder.manifest.has("bridge.members") ? folder.manifest.integer("bridge.members") : 1;
  std::vector<learn::NamedTensors> tensors(static_cast<std::size_t>(members));
  for (const auto& [name, view] : folder.weights.tensors()) {
    if (!name.starts_with(kPrefix) || name.ends_with(".scale")) continue;
    const std::string rest = name.substr(kPrefix.size());
    const bool is_later = std::isdigit(static_cast<unsigned char>(rest[0])) != 0;
    tensors[is_later ? static_cast<std::size_t>(rest[0] - '0') : 0][is_later ? rest.substr(2) : rest] =
        wide(folder, name);
  }
  std::vector<learn::FingerprintFfn> models;
  for (const auto& state : tensors) {
    models.emplace_back(learn::FingerprintFfnOptions{.inputs = folder.manifest.integer("bridge.inputs"),
                                                     .hidden = folder.manifest.integer("bridge.hidden"),
                                                     .layers = folder.manifest.integer("bridge.layers"),
                                                     .outputs = folder.manifest.integer("bridge.outputs")});
    learn::load_state(*models.back(), state, folder.path);
    models.back()->eval();
  }
  return models;
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
  const learn::SparseBatch rows{torch::tensor(batch.indices, torch::kInt64), torch::tensor(offsets, torch::kInt64),
                                torch::tensor(batch.values, torch::kFloat32)};
  std::vector<torch::Tensor> vectors;
  for (learn::FingerprintFfn& oracle : read_with_torch(folder)) vectors.push_back(oracle->log_odds_ratio(rows));
  const torch::Tensor expected = torch::stack(vectors).mean(0).contiguous();
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
    learn::write_fingerprint_ffn({model}, learn::WeightFormat::kFloat16, writer.manifest, writer.weights);
    writer.write(path.string());
    expect_parity(nn::ModelFolder::open(path.string()));
  }
  fs::remove_all(path);
}

TEST(FingerprintFfnParity, MembersAndInt8_InferTheSame) {
  const fs::path path = fs::temp_directory_path() / ("molbridge_parity_members_" + std::to_string(::getpid()));
  torch::manual_seed(6);
  const learn::FingerprintFfnOptions options{
      .inputs = 300, .hidden = 96, .layers = 2, .outputs = 500, .dropout = 0.5, .trained_prior = true};
  for (const auto format : {learn::WeightFormat::kFloat16, learn::WeightFormat::kInt8}) {
    nn::ModelFolderWriter writer;
    learn::write_fingerprint_ffn({learn::FingerprintFfn(options), learn::FingerprintFfn(options)}, format,
                                 writer.manifest, writer.weights);
    writer.write(path.string());
    expect_parity(nn::ModelFolder::open(path.string()));
  }
  fs::remove_all(path);
}

TEST(FingerprintFfnParity, Int8_IsNearFloat16) {
  const fs::path path = fs::temp_directory_path() / ("molbridge_parity_int8_" + std::to_string(::getpid()));
  torch::manual_seed(6);
  const learn::FingerprintFfn model(
      learn::FingerprintFfnOptions{.inputs = 300, .hidden = 96, .layers = 2, .outputs = 500});
  const bridges::SparseBatch batch = random_batch(300, 20);
  std::vector<std::vector<float>> vectors;
  for (const auto format : {learn::WeightFormat::kFloat16, learn::WeightFormat::kInt8}) {
    nn::ModelFolderWriter writer;
    learn::write_fingerprint_ffn({model}, format, writer.manifest, writer.weights);
    writer.write(path.string());
    const nn::ModelFolder folder = nn::ModelFolder::open(path.string());
    vectors.push_back(bridges::FingerprintFfn::read(folder, 300).log_odds_ratio(batch));
  }
  double difference = 0, length = 0;
  for (std::size_t i = 0; i < vectors[0].size(); ++i) {
    difference += std::pow(static_cast<double>(vectors[0][i] - vectors[1][i]), 2);
    length += std::pow(static_cast<double>(vectors[0][i]), 2);
  }
  EXPECT_GT(difference, 0);
  EXPECT_LT(difference, 1e-4 * length) << "under 1 % of the length";
  fs::remove_all(path);
}

TEST(FingerprintFfnParity, ShippedModel_InfersTheSame) {
  expect_parity(nn::ModelFolder::open(MOLBRIDGE_SOURCE_DIR "/models/fingerprint-ffn"));
}

}  // namespace
}  // namespace molbridge::train
