#include "molbridge/cli_train/training_runners.hpp"

#include <fmt/format.h>

#include "molbridge/core/text.hpp"
#include "molbridge/service_train/train.hpp"

namespace molbridge::cli_train {
namespace {

int run_train(service::TrainOptions options, const cli::Context& context) {
  options.threads = context.threads;
  const auto say = [&](const std::string& line) { context.say(line); };
  const service_train::TrainReport report = service_train::train_model(options, say, *context.progress);
  if (report.loop.resumed_at_step > 0) {
    context.say("resumed at step " + format_count(static_cast<std::uint64_t>(report.loop.resumed_at_step)));
  }
  context.say(fmt::format("{} steps in {}; last epoch's loss {:.4f}",
                          format_count(static_cast<std::uint64_t>(report.loop.steps)),
                          format_duration(report.loop.seconds), report.loop.last_epoch_loss));
  context.say(fmt::format("model {} ({:.1f} MB, digest {})", report.model_folder,
                          static_cast<double>(report.model_bytes) / 1e6, report.model_digest.substr(0, 12)));
  context.say(
      fmt::format("next: molbridge evaluate --spectra HELD_OUT.mgf --model {} --bank DIR --pool ppm -o report.json",
                  report.model_folder));
  return 0;
}

}  // namespace

cli::TrainingRunners training_runners() { return {.train = run_train}; }

}  // namespace molbridge::cli_train
