#include "molbridge/cli_train/training_runners.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "molbridge/core/text.hpp"
#include "molbridge/service_train/train.hpp"

namespace molbridge::cli_train {
namespace {

void say_result(const service_train::TrainReport& report, const cli::Context& context) {
  if (report.loop.resumed_at_step > 0) {
    context.say("resumed at step " + format_count(static_cast<std::uint64_t>(report.loop.resumed_at_step)));
  }
  if (report.loop.steps > 0) {  // not solved in closed form
    context.say(fmt::format("{} steps in {}{}; last epoch's loss {:.4f}",
                            format_count(static_cast<std::uint64_t>(report.loop.steps)),
                            format_duration(report.loop.seconds), report.loop.stopped_early ? ", stopped early" : "",
                            report.loop.last_epoch_loss));
  }
  if (report.loop.best_step > 0) {
    context.say(fmt::format("the state of step {} is kept: {} {:.4f}",
                            format_count(static_cast<std::uint64_t>(report.loop.best_step)), report.selected_by,
                            report.loop.best_value));
  }
  context.say(fmt::format("model {} ({:.1f} MB, digest {})", report.model_folder,
                          static_cast<double>(report.model_bytes) / 1e6, report.model_digest.substr(0, 12)));
}

/// What measures a model of that kind.
std::string evaluation(const std::string& kind, const std::string& model) {
  if (kind == "thin-bridge") return fmt::format("molbridge pairs evaluate PAIRS --model {} -o report.json", model);
  constexpr std::array<std::string_view, 5> kOfGraphs{"biobridge", "transe", "distmult", "complex", "rotate"};
  if (std::ranges::find(kOfGraphs, kind) != kOfGraphs.end())
    return fmt::format("molbridge graph evaluate --graph DIR --model {} --edges HELD_OUT.tsv -o links.json", model);
  return fmt::format("molbridge evaluate --spectra HELD_OUT.mgf --model {} --bank DIR --pool ppm -o report.json",
                     model);
}

service_train::TrainReport train(service::TrainOptions options, const cli::Context& context) {
  options.threads = context.threads;
  const auto say = [&](const std::string& line) { context.say(line); };
  service_train::TrainReport report = service_train::train_model(options, say, *context.progress);
  say_result(report, context);
  return report;
}

int run_train(const service::TrainOptions& options, const cli::Context& context) {
  const service_train::TrainReport report = train(options, context);
  context.say("next: " + evaluation(report.kind, report.model_folder));
  return 0;
}

int run_pretrain(const service::TrainOptions& options, const cli::Context& context) {
  train(options, context);
  return 0;
}

}  // namespace

cli::TrainingRunners training_runners() { return {.train = run_train, .pretrain = run_pretrain}; }

}  // namespace molbridge::cli_train
