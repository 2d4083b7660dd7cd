#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/train.hpp"

namespace molbridge::cli {
namespace {

int run_train(service::TrainOptions options, const Context& context) {
  options.threads = context.threads;
  const auto say = [&](const std::string& line) { context.say(line); };
  const service::TrainReport report = service::train_model(options, say, *context.progress);
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

void add_train_command(Command& parent) {
  auto options = std::make_shared<service::TrainOptions>();
  Command& c = parent.add("train", "Trains a model from a config file; resumes where an earlier run was cut off.",
                          "molbridge train --config configs/fingerprint-ffn.toml");
  c.details(
      "Writes checkpoint.safetensors and metrics.tsv to the run folder while it runs, and the model folder `model` at "
      "the "
      "end. Paths in the config are relative to the current folder. With train.threads = 1 a resumed run gives the "
      "same "
      "weights to the bit as one that was never interrupted.");
  c.option("--config", &options->config, "FILE.toml", "what to train on what").required().flag_only();
  c.option("--set", &options->set, "KEY=VALUE", "replace a value of the config, e.g. train.epochs=2; repeatable")
      .flag_only();
  c.option("-o,--output", &options->output, "DIR", "run folder; default: `output` of the config").flag_only();
  c.flag("--restart", &options->restart, "discard the run that stands in the folder").flag_only();
  c.on_run([options](const Context& context) { return run_train(*options, context); },
           {.threads = true, .config = false});
}

}  // namespace molbridge::cli
