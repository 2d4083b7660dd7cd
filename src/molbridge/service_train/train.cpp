#include "molbridge/service_train/train.hpp"

#include <filesystem>

#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/service_train/train_config.hpp"
#include "molbridge/train/metrics_file.hpp"

namespace molbridge::service_train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigFile = "config.toml";

void discard_run(const std::string& folder) {
  for (const char* file : {train::kCheckpointFile, train::kBestFile, "metrics.tsv", "validation.tsv", kConfigFile}) {
    std::error_code ignored;
    fs::remove(fs::path(folder) / file, ignored);
  }
}

std::uint64_t folder_bytes(const std::string& folder) {
  std::uint64_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) sum += entry.file_size();
  }
  return sum;
}

/// The config that is meant: the one named, or that of the run that is continued or forked.
TrainSettings settings_of(const service::TrainOptions& options) {
  const std::string& source = options.continue_run.empty() ? options.fork_run : options.continue_run;
  const std::string config = options.config.empty() && !source.empty() ? source + "/" + kConfigFile : options.config;
  if (!options.continue_run.empty() && !file_exists(options.continue_run + "/" + train::kCheckpointFile))
    throw Error(ErrorCode::kUsage, "holds no checkpoint to continue from").in_file(options.continue_run);
  TrainSettings settings = read_train_config(config, options.set, options.kind);
  if (!options.continue_run.empty()) settings.output = options.continue_run;
  if (!options.output.empty()) settings.output = options.output;
  if (!options.fork_run.empty() && fs::weakly_canonical(settings.output) == fs::weakly_canonical(options.fork_run))
    throw Error(ErrorCode::kUsage, "--fork needs a run folder of its own").remedy("Name one: --output DIR.");
  return settings;
}

void say_transfer(const train::Transfer& transfer, const std::string& run,
                  const std::function<void(const std::string&)>& say) {
  std::string line = "started from " + run + ": " + format_count(transfer.taken) + " tensors taken";
  if (!transfer.left.empty())
    line += ", " + format_count(transfer.left.size()) + " begin anew (first " + transfer.left.front() + ")";
  say(line);
}

void count_parameters(const torch::nn::Module& module, TrainReport& report) {
  for (const auto& parameter : module.parameters()) {
    report.parameters += parameter.numel();
    if (parameter.requires_grad()) report.trained_parameters += parameter.numel();
  }
}

void write_selection(const train::LoopReport& loop, const std::string& figure, ConfigWriter& manifest) {
  manifest.integer("training.steps", loop.steps);
  manifest.number("training.last_epoch_loss", loop.last_epoch_loss);
  if (loop.best_step == 0) return;
  manifest.text("training.selected_by", figure);
  manifest.integer("training.selected_step", loop.best_step);
  manifest.number("training.selected_value", loop.best_value);
}

void write_model(const std::string& folder, TrainSettings& settings, const train::LoopReport& loop) {
  nn::ModelFolderWriter writer;
  writer.manifest.text("kind", settings.job->model_kind(settings.kind));
  writer.manifest.text("name", settings.name);
  writer.manifest.text("licence", settings.licence);
  writer.manifest.text("tool_version", std::string(version()));
  settings.job->write_model(writer);
  write_selection(loop, settings.loop.select_by, writer.manifest);
  writer.add_side_file("training.toml", resolved_toml(settings));
  writer.write(folder);
}

/// The run folder as far as the loop needs it. The config stands there from the start, so that --continue finds it after a kill.
void open_run(const service::TrainOptions& options, TrainSettings& settings) {
  if (options.restart) discard_run(settings.output);
  make_folders(settings.output);
  settings.loop.folder = settings.output;
  settings.loop.identity = run_identity(settings);
  if (!options.continue_run.empty()) settings.loop.identity.loop.clear();
  const std::string config = settings.output + "/" + kConfigFile;
  const std::string checkpoint = settings.output + "/" + train::kCheckpointFile;
  train::require_same_run(checkpoint, settings.loop.identity);
  const bool has_checkpoint = file_exists(checkpoint);
  if (!has_checkpoint || !options.continue_run.empty()) write_file_atomically(config, resolved_toml(settings));
}

/// Measures what was solved in closed form, once.
train::LoopReport measure_solved(TrainingJob& job, const std::string& folder,
                                 const std::function<void(const std::string&)>& say) {
  job.task().module().eval();
  if (job.validator() == nullptr) return {};
  const std::string path = folder + "/validation.tsv";
  std::error_code ignored;
  fs::remove(path, ignored);  // of an earlier solution
  train::MetricsFile file(path, 0);
  const train::NamedValues figures = job.validator()->measure();
  file.append(0, 0, figures);
  std::string line = "held-out pairs:";
  for (const auto& [figure, value] : figures) line += " " + figure + " " + format_fixed(value, 4);
  say(line);
  return {};
}

}  // namespace

TrainReport train_model(const service::TrainOptions& options, const std::function<void(const std::string&)>& say,
                        Progress& progress) {
  TrainSettings settings = settings_of(options);
  learn::set_threads(settings.threads);
  open_run(options, settings);
  const std::string cache = settings.cache_folder.empty() ? settings.output + "/cache" : settings.cache_folder;
  settings.job->prepare({settings.loop.seed, options.threads, cache, say, &progress});
  train::Task& task = settings.job->task();
  const bool is_new = !file_exists(settings.output + "/" + train::kCheckpointFile);
  if (!options.fork_run.empty() && is_new)
    say_transfer(train::transfer_trained(options.fork_run, task.module()), options.fork_run, say);

  TrainReport report;
  report.kind = settings.kind;
  report.selected_by = settings.loop.select_by;
  count_parameters(task.module(), report);
  say(format_count(static_cast<std::uint64_t>(report.trained_parameters)) + " parameters are trained of " +
      format_count(static_cast<std::uint64_t>(report.parameters)));
  report.loop = settings.job->is_solved() ? measure_solved(*settings.job, settings.output, say)
                                          : train::run_loop(task, settings.job->validator(), settings.loop, progress);
  report.model_folder = settings.output + "/model";
  write_model(report.model_folder, settings, report.loop);
  report.model_digest = nn::ModelFolder::open(report.model_folder).digest;
  report.model_bytes = folder_bytes(report.model_folder);
  return report;
}

}  // namespace molbridge::service_train
