#include "molbridge/train/loop.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "molbridge/core/files.hpp"
#include "molbridge/train/checkpoint.hpp"
#include "molbridge/train/losses.hpp"

namespace molbridge::train {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(fs::temp_directory_path() /
              ("molbridge_loop_" + std::to_string(::getpid()) + "_" + std::to_string(++count_))) {
    fs::create_directories(path_);
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  std::string str() const { return path_.string(); }

 private:
  static inline int count_ = 0;
  fs::path path_;
};

/// Linear regression with dropout on fixed data; throws at a given step as a kill would.
class ToyTask : public Task {
 public:
  explicit ToyTask(std::int64_t fail_at = -1) : fail_at_(fail_at) {
    torch::manual_seed(3);
    x_ = torch::randn({37, 6});
    y_ = x_.matmul(torch::arange(6, torch::kFloat32));
    torch::manual_seed(11);
    model_ = torch::nn::Sequential(torch::nn::Linear(6, 8), torch::nn::ReLU(), torch::nn::Dropout(0.3),
                                   torch::nn::Linear(8, 1));
  }
  torch::nn::Module& module() override { return *model_.ptr(); }
  std::int64_t num_examples() const override { return x_.size(0); }
  torch::Tensor loss(std::span<const std::int64_t> examples, std::int64_t step) override {
    if (step == fail_at_) throw Error(ErrorCode::kCancelled, "killed here");
    const torch::Tensor index =
        torch::tensor(std::vector<std::int64_t>(examples.begin(), examples.end()), torch::kInt64);
    seen_.insert(seen_.end(), examples.begin(), examples.end());
    return (model_->forward(x_.index_select(0, index)).squeeze(1) - y_.index_select(0, index)).pow(2).mean();
  }
  const std::vector<std::int64_t>& seen() const { return seen_; }

 private:
  std::int64_t fail_at_;
  torch::Tensor x_, y_;
  torch::nn::Sequential model_;
  std::vector<std::int64_t> seen_;
};

LoopOptions options_in(const TemporaryFolder& folder) {
  LoopOptions options;
  options.epochs = 4;
  options.batch_size = 5;
  options.learning_rate = 0.02;
  options.log_every = 3;
  options.checkpoint_every_steps = 4;
  options.folder = folder.str();
  options.run_digest = "run";
  return options;
}

learn::NamedTensors state_of(ToyTask& task) {
  learn::NamedTensors out;
  for (const auto& [name, tensor] : learn::named_state(task.module())) out[name] = tensor.detach().clone();
  return out;
}

void expect_equal_bits(const learn::NamedTensors& a, const learn::NamedTensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(torch::equal(tensor, b.at(name))) << name;
}

TEST(RunLoop, EveryEpoch_SeesEveryExampleOnce) {
  TemporaryFolder folder;
  ToyTask task;
  const LoopReport report = run_loop(task, options_in(folder), no_progress());
  EXPECT_EQ(report.steps, 4 * 8);
  for (int epoch = 0; epoch < 4; ++epoch) {
    std::vector<std::int64_t> part(task.seen().begin() + epoch * 37, task.seen().begin() + (epoch + 1) * 37);
    std::sort(part.begin(), part.end());
    for (std::int64_t i = 0; i < 37; ++i) EXPECT_EQ(part[static_cast<std::size_t>(i)], i);
  }
}

TEST(RunLoop, KilledAtAnyStep_ResumesToTheSameBits) {
  learn::set_threads(1);
  TemporaryFolder whole_folder;
  ToyTask whole;
  run_loop(whole, options_in(whole_folder), no_progress());
  const auto expected = state_of(whole);
  const std::string metrics = read_text_file(whole_folder.str() + "/metrics.tsv");
  for (const std::int64_t kill_at : {1, 4, 5, 13, 31}) {
    TemporaryFolder folder;
    {
      ToyTask killed(kill_at);
      EXPECT_THROW(run_loop(killed, options_in(folder), no_progress()), Error);
    }
    torch::manual_seed(99);  // whatever the process did meanwhile must not matter
    ToyTask resumed;
    const LoopReport report = run_loop(resumed, options_in(folder), no_progress());
    EXPECT_EQ(report.resumed_at_step, kill_at / 4 * 4);
    expect_equal_bits(expected, state_of(resumed));
    EXPECT_EQ(read_text_file(folder.str() + "/metrics.tsv"), metrics) << "killed at " << kill_at;
  }
}

TEST(RunLoop, FinishedRun_IsNotTrainedAgain) {
  TemporaryFolder folder;
  ToyTask first;
  run_loop(first, options_in(folder), no_progress());
  ToyTask second;
  const LoopReport report = run_loop(second, options_in(folder), no_progress());
  EXPECT_EQ(report.resumed_at_step, report.steps);
  EXPECT_TRUE(second.seen().empty());
  expect_equal_bits(state_of(first), state_of(second));
}

TEST(RunLoop, CheckpointOfAnotherRun_IsRefusedWithARemedy) {
  TemporaryFolder folder;
  ToyTask first;
  run_loop(first, options_in(folder), no_progress());
  LoopOptions other = options_in(folder);
  other.run_digest = "another";
  ToyTask second;
  try {
    run_loop(second, other, no_progress());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(e.what()).find("--restart"), std::string::npos);
  }
}

TEST(RunLoop, TruncatedCheckpoint_IsAnErrorAtEveryLength) {
  TemporaryFolder folder;
  ToyTask task;
  LoopOptions options = options_in(folder);
  options.epochs = 1;
  run_loop(task, options, no_progress());
  const std::string path = folder.str() + "/checkpoint.safetensors";
  const std::string bytes = read_text_file(path);
  for (std::size_t length = 0; length < bytes.size(); length += 97) {
    write_file_atomically(path, bytes.substr(0, length));
    ToyTask again;
    EXPECT_THROW(run_loop(again, options, no_progress()), Error) << length;
  }
}

TEST(RunLoop, Training_ReducesTheLoss) {
  TemporaryFolder folder;
  ToyTask task;
  LoopOptions options = options_in(folder);
  const double before = ToyTask().loss(std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}, 0).item<double>();
  options.epochs = 60;
  EXPECT_LT(run_loop(task, options, no_progress()).last_epoch_loss, before / 2);
}

TEST(AdamW, FirstStep_IsTheLearningRateTimesTheSignPlusDecay) {
  torch::nn::Linear layer(2, 1);
  const torch::Tensor before = layer->weight.detach().clone();
  AdamW optimizer(*layer, {.weight_decay = 0.1});
  (layer->weight * torch::tensor({{2.0F, -5.0F}})).sum().backward();
  optimizer.step(0.01);
  const torch::Tensor expected = before * (1 - 0.01 * 0.1) - 0.01 * torch::tensor({{1.0F, -1.0F}});
  EXPECT_TRUE(torch::allclose(layer->weight, expected, 1e-5, 1e-6));
}

TEST(AdamW, ManySteps_EqualLibTorchs) {
  torch::manual_seed(5);
  torch::nn::Linear ours(4, 3), theirs(4, 3);
  learn::load_state(*theirs, learn::named_state(*ours), "memory");
  AdamW optimizer(*ours, {.weight_decay = 0});
  torch::optim::AdamW reference(theirs->parameters(), torch::optim::AdamWOptions(0.01).weight_decay(0));
  for (int step = 0; step < 20; ++step) {
    const torch::Tensor x = torch::randn({8, 4});
    for (auto* layer : {&ours, &theirs}) {
      (*layer)->zero_grad();
      (*layer)->forward(x).pow(2).mean().backward();
    }
    optimizer.step(0.01);
    reference.step();
  }
  EXPECT_TRUE(torch::allclose(ours->weight, theirs->weight, 1e-4, 1e-5));
  EXPECT_TRUE(torch::allclose(ours->bias, theirs->bias, 1e-4, 1e-5));
}

TEST(ClipGradients, LargeNorm_IsScaledToTheLimit) {
  torch::nn::Linear layer(2, 1);
  (layer->weight * torch::tensor({{30.0F, 40.0F}})).sum().backward();
  EXPECT_NEAR(clip_gradients(*layer, 1.0), 50.0, 1e-4);
  EXPECT_NEAR(layer->weight.grad().norm().item<double>(), 1.0, 1e-5);
  EXPECT_NEAR(clip_gradients(*layer, 10.0), 1.0, 1e-5);
  EXPECT_NEAR(layer->weight.grad().norm().item<double>(), 1.0, 1e-5);
}

TEST(CosineSchedule, WarmsUpThenFallsToZero) {
  EXPECT_DOUBLE_EQ(cosine_schedule(0, 10, 100), 0.1);
  EXPECT_DOUBLE_EQ(cosine_schedule(9, 10, 100), 1.0);
  EXPECT_DOUBLE_EQ(cosine_schedule(10, 10, 100), 1.0);
  EXPECT_NEAR(cosine_schedule(55, 10, 100), 0.5, 1e-12);
  EXPECT_NEAR(cosine_schedule(100, 10, 100), 0.0, 1e-12);
}

TEST(FingerprintLoss, Gradient_MatchesFiniteDifferences) {
  torch::manual_seed(2);
  torch::Tensor logits = torch::randn({3, 8}, torch::kFloat64).requires_grad_();
  const torch::Tensor bits = (torch::rand({3, 8}) < 0.4).to(torch::kFloat64);
  const torch::Tensor weights = torch::tensor({0.5, 1.0, 1.5}, torch::kFloat64);
  const FingerprintLossOptions options{.cross_entropy_weight = 0.7, .cosine_weight = 1.3, .cross_entropy_scale = 0.5};
  fingerprint_loss(logits, bits, weights, options).backward();
  const torch::Tensor gradient = logits.grad().flatten();
  torch::Tensor flat = logits.detach().clone().flatten();
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    constexpr double kStep = 1e-6;
    const auto loss_at = [&](double shift) {
      torch::Tensor moved = flat.clone();
      moved[i] += shift;
      return fingerprint_loss(moved.view({3, 8}), bits, weights, options).item<double>();
    };
    EXPECT_NEAR(gradient[i].item<double>(), (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep), 1e-7);
  }
}

TEST(FingerprintLoss, PerfectPrediction_IsNearZero) {
  const torch::Tensor bits = torch::tensor({{1.0F, 0.0F, 1.0F, 0.0F}});
  const torch::Tensor good = (bits * 2 - 1) * 20;
  EXPECT_LT(fingerprint_loss(good, bits, torch::ones({1}), {}).item<double>(), 1e-5);
  EXPECT_GT(fingerprint_loss(-good, bits, torch::ones({1}), {}).item<double>(), 1.0);
}

}  // namespace
}  // namespace molbridge::train
