#include "molbridge/train/loop.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "molbridge/core/files.hpp"
#include "molbridge/train/checkpoint.hpp"

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
  explicit ToyTask(std::int64_t fail_at = -1, double dropout = 0.3) : fail_at_(fail_at) {
    torch::manual_seed(3);
    x_ = torch::randn({37, 6});
    y_ = x_.matmul(torch::arange(6, torch::kFloat32));
    torch::manual_seed(11);
    model_ = torch::nn::Sequential(torch::nn::Linear(6, 8), torch::nn::ReLU(), torch::nn::Dropout(dropout),
                                   torch::nn::Linear(8, 1));
  }
  torch::nn::Module& module() override { return *model_.ptr(); }
  std::int64_t num_examples() const override { return x_.size(0); }
  StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) override {
    if (context.step == fail_at_) throw Error(ErrorCode::kCancelled, "killed here");
    const torch::Tensor index =
        torch::tensor(std::vector<std::int64_t>(examples.begin(), examples.end()), torch::kInt64);
    seen_.insert(seen_.end(), examples.begin(), examples.end());
    const torch::Tensor error =
        (model_->forward(x_.index_select(0, index)).squeeze(1) - y_.index_select(0, index)).pow(2);
    return {error.mean(), {{"squared", error.mean().item<double>()}}};
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
  options.sampler.batch_size = 5;
  options.learning_rate = 0.02;
  options.log_every = 3;
  options.checkpoint_every_steps = 4;
  options.folder = folder.str();
  options.identity = {"job", "loop"};
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

TEST(RunLoop, AccumulatedParts_GiveTheGradientOfTheWholeBatch) {
  learn::set_threads(1);
  TemporaryFolder one_folder, parts_folder;
  LoopOptions one = options_in(one_folder), parts = options_in(parts_folder);
  one.sampler.batch_size = 10;
  parts.sampler.batch_size = 5;
  parts.accumulate = 2;
  ToyTask whole(-1, 0.0), accumulated(-1, 0.0);
  EXPECT_EQ(run_loop(whole, one, no_progress()).steps, run_loop(accumulated, parts, no_progress()).steps);
  const auto expected = state_of(whole), found = state_of(accumulated);
  for (const auto& [name, tensor] : expected) EXPECT_TRUE(torch::allclose(tensor, found.at(name), 1e-3, 1e-4)) << name;
}

TEST(RunLoop, RunThatIsOver_ReportsTheLossItEndedWith) {
  learn::set_threads(1);
  TemporaryFolder folder;
  ToyTask task, again;
  const LoopOptions options = options_in(folder);
  const double loss = run_loop(task, options, no_progress()).last_epoch_loss;
  EXPECT_GT(loss, 0);
  EXPECT_EQ(run_loop(again, options, no_progress()).last_epoch_loss, loss) << "nothing was left to do but the model";
}

TEST(RunLoop, Autocast_StillLearns) {
  TemporaryFolder folder;
  ToyTask task;
  LoopOptions options = options_in(folder);
  options.autocast = true;
  options.epochs = 60;
  const double before = ToyTask().loss(std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}, {}).total.item<double>();
  EXPECT_LT(run_loop(task, options, no_progress()).last_epoch_loss, before / 2);
  for (const auto& parameter : task.module().parameters()) EXPECT_EQ(parameter.scalar_type(), torch::kFloat32);
}

/// Gives the values told, one per measurement; draws random numbers, which must not change the training.
class ToldValidator : public Validator {
 public:
  explicit ToldValidator(std::vector<double> values) : values_(std::move(values)) {}
  NamedValues measure() override {
    torch::rand({7});
    return {{"recall_at_1", values_.at(std::min(count_++, values_.size() - 1))}, {"other", 0.5}};
  }
  std::size_t count() const { return count_; }

 private:
  std::vector<double> values_;
  std::size_t count_ = 0;
};

TEST(RunLoop, Selection_KeepsTheBestStateAndLeavesTheTrainingAlone) {
  learn::set_threads(1);
  TemporaryFolder with_folder, without_folder, two_folder;
  ToldValidator validator({0.1, 0.7, 0.3, 0.2});
  ToyTask selected;
  const LoopReport report = run_loop(selected, &validator, options_in(with_folder), no_progress());
  EXPECT_EQ(report.best_step, 16);
  EXPECT_EQ(report.best_value, 0.7);
  EXPECT_EQ(report.steps, 32);
  ToyTask plain;
  run_loop(plain, options_in(without_folder), no_progress());
  EXPECT_EQ(read_text_file(with_folder.str() + "/metrics.tsv"), read_text_file(without_folder.str() + "/metrics.tsv"));
  // The state of step 16, of a run that was cut off there.
  ToyTask cut(16);
  EXPECT_THROW(run_loop(cut, options_in(two_folder), no_progress()), Error);
  expect_equal_bits(state_of(cut), state_of(selected));
  EXPECT_EQ(read_text_file(with_folder.str() + "/validation.tsv"),
            "step\tepoch\trecall_at_1\tother\n8\t1.000\t0.1\t0.5\n16\t2.000\t0.7\t0.5\n24\t3.000\t0.3\t0.5\n32\t4."
            "000\t0.2\t0.5\n");
}

TEST(RunLoop, EarlyStopping_EndsAfterSoManyMisses) {
  TemporaryFolder folder;
  ToldValidator validator({0.5, 0.4, 0.4, 0.9});
  ToyTask task;
  LoopOptions options = options_in(folder);
  options.patience = 2;
  const LoopReport report = run_loop(task, &validator, options, no_progress());
  EXPECT_TRUE(report.stopped_early);
  EXPECT_EQ(report.steps, 24);
  EXPECT_EQ(report.best_step, 8);
  ToldValidator never({0.0});
  ToyTask again;
  EXPECT_EQ(run_loop(again, &never, options, no_progress()).steps, 24) << "a stopped run stays stopped";
  EXPECT_EQ(never.count(), 0U);
}

TEST(RunLoop, KilledBetweenMeasurements_ResumesToTheSameSelection) {
  learn::set_threads(1);
  TemporaryFolder whole_folder, folder;
  ToldValidator told({0.1, 0.7, 0.3, 0.2});
  ToyTask whole;
  run_loop(whole, &told, options_in(whole_folder), no_progress());
  ToldValidator first({0.1, 0.7}), second({0.3, 0.2});
  ToyTask killed(19);
  EXPECT_THROW(run_loop(killed, &first, options_in(folder), no_progress()), Error);
  ToyTask resumed;
  EXPECT_EQ(run_loop(resumed, &second, options_in(folder), no_progress()).best_step, 16);
  expect_equal_bits(state_of(whole), state_of(resumed));
  for (const char* file : {"/metrics.tsv", "/validation.tsv"})
    EXPECT_EQ(read_text_file(folder.str() + file), read_text_file(whole_folder.str() + file));
}

TEST(RunLoop, UnknownFigureToSelectBy_IsRefusedWithTheList) {
  TemporaryFolder folder;
  ToldValidator validator({0.5});
  ToyTask task;
  LoopOptions options = options_in(folder);
  options.select_by = "recall_at_2";
  try {
    run_loop(task, &validator, options, no_progress());
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("recall_at_1, other"), std::string::npos) << std::string(e.what());
  }
}

TEST(RunLoop, OtherTrainSettings_AreRefusedUnlessTheRunIsContinued) {
  learn::set_threads(1);
  TemporaryFolder folder, whole_folder;
  ToyTask first;
  run_loop(first, options_in(folder), no_progress());
  LoopOptions longer = options_in(folder);
  longer.epochs = 6;
  longer.identity.loop = "longer";
  ToyTask refused;
  EXPECT_THROW(run_loop(refused, longer, no_progress()), Error);
  longer.identity.loop.clear();  // as --continue does
  ToyTask continued;
  const LoopReport report = run_loop(continued, longer, no_progress());
  EXPECT_EQ(report.resumed_at_step, 32);
  EXPECT_EQ(report.steps, 48);
}

TEST(TransferTrained, TakesWhatFitsAndNamesTheRest) {
  TemporaryFolder folder;
  ToyTask trained;
  run_loop(trained, options_in(folder), no_progress());
  torch::nn::Sequential other(torch::nn::Linear(6, 8), torch::nn::ReLU(), torch::nn::Dropout(0.3),
                              torch::nn::Linear(8, 2));
  const Transfer transfer = transfer_trained(folder.str(), *other);
  EXPECT_EQ(transfer.taken, 2U);
  EXPECT_EQ(transfer.left, (std::vector<std::string>{"3.bias", "3.weight"}));
  EXPECT_TRUE(torch::equal(learn::named_state(*other).at("0.weight"), state_of(trained).at("0.weight")));
  torch::nn::Linear stranger(3, 3);
  EXPECT_THROW(transfer_trained(folder.str(), *stranger), Error);
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
  other.identity.job = "another";
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
  const double before = ToyTask().loss(std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}, {}).total.item<double>();
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

TEST(AdamW, Groups_HaveTheirOwnRates) {
  torch::nn::Sequential module(torch::nn::Linear(2, 2), torch::nn::Linear(2, 2), torch::nn::Linear(2, 2));
  const learn::NamedTensors before = [&] {
    learn::NamedTensors out;
    for (const auto& [name, tensor] : learn::named_state(*module)) out[name] = tensor.detach().clone();
    return out;
  }();
  AdamW optimizer(*module, {.weight_decay = 0},
                  {{.name = "slow", .parameters = {"0."}, .learning_rate_scale = 0.1},
                   {.name = "still", .parameters = {"1.weight", "1.bias"}, .learning_rate_scale = 0}});
  torch::Tensor sum = torch::zeros({});
  for (const auto& parameter : module->parameters()) sum = sum + parameter.sum();
  sum.backward();
  optimizer.step(0.01);
  for (const auto& [name, moved] :
       {std::pair{"0.weight", 0.001}, {"0.bias", 0.001}, {"1.weight", 0.0}, {"2.bias", 0.01}}) {
    const torch::Tensor after = learn::named_state(*module).at(name);
    EXPECT_TRUE(torch::allclose(after, before.at(name) - moved, 1e-4, 1e-7)) << name;
  }
  EXPECT_THROW(AdamW(*module, {}, {{.name = "typo", .parameters = {"7."}}}), Error);
  EXPECT_THROW(AdamW(*module, {}, {{.name = "a", .parameters = {"0."}}, {.name = "b", .parameters = {"0.bias"}}}),
               Error);
}

TEST(AdamW, Clip_ScalesALargeNormToTheLimit) {
  torch::nn::Linear layer(2, 1);
  AdamW optimizer(*layer, {});
  (layer->weight * torch::tensor({{30.0F, 40.0F}})).sum().backward();
  EXPECT_NEAR(optimizer.clip(1.0), 50.0, 1e-4);
  EXPECT_NEAR(layer->weight.grad().norm().item<double>(), 1.0, 1e-5);
  EXPECT_NEAR(optimizer.clip(10.0), 1.0, 1e-5);
  EXPECT_NEAR(layer->weight.grad().norm().item<double>(), 1.0, 1e-5);
}

TEST(CosineSchedule, WarmsUpThenFallsToZero) {
  EXPECT_DOUBLE_EQ(cosine_schedule(0, 10, 100), 0.1);
  EXPECT_DOUBLE_EQ(cosine_schedule(9, 10, 100), 1.0);
  EXPECT_DOUBLE_EQ(cosine_schedule(10, 10, 100), 1.0);
  EXPECT_NEAR(cosine_schedule(55, 10, 100), 0.5, 1e-12);
  EXPECT_NEAR(cosine_schedule(100, 10, 100), 0.0, 1e-12);
}

}  // namespace
}  // namespace molbridge::train
