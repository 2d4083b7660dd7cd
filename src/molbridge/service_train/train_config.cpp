#include "molbridge/service_train/train_config.hpp"

#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service_train/config_reader.hpp"

namespace molbridge::service_train {
namespace {

void read_sampler(const ConfigReader& read, const Config& config, train::SamplerOptions& sampler) {
  sampler.kind = train::parse_sampler(config.text("train.sampler", std::string(name(sampler.kind))));
  sampler.batch_size = read.integer("train.batch_size", sampler.batch_size, 1, 1 << 20);
  sampler.per_group = read.integer("train.per_molecule", sampler.per_group, 1, 1 << 20);
  sampler.drop_last = config.flag("train.drop_last", sampler.drop_last);
}

void read_selection(const ConfigReader& read, const Config& config, train::LoopOptions& loop) {
  loop.validate_every = read.integer("train.validate_every", loop.validate_every, 0, 1 << 30);
  loop.select_by = config.text("train.select_by", loop.select_by);
  loop.patience = read.integer("train.patience", loop.patience, 0, 1 << 30);
}

void read_loop(const ConfigReader& read, const Config& config, TrainSettings& settings) {
  train::LoopOptions& loop = settings.loop;
  loop.epochs = read.integer("train.epochs", loop.epochs, 1, 100000);
  read_sampler(read, config, loop.sampler);
  loop.accumulate = read.integer("train.accumulate", loop.accumulate, 1, 1 << 20);
  loop.learning_rate = read.number("train.learning_rate", loop.learning_rate, 1e-9, 10);
  loop.warmup_share = read.number("train.warmup_share", loop.warmup_share, 0, 1);
  loop.schedule = train::parse_schedule(config.text("train.schedule", std::string(name(loop.schedule))));
  loop.clip_norm = read.number("train.clip_norm", loop.clip_norm, 1e-6, 1e9);
  loop.adamw.weight_decay = read.number("train.weight_decay", loop.adamw.weight_decay, 0, 10);
  loop.adamw.beta1 = read.number("train.beta1", loop.adamw.beta1, 0, 0.99999);
  loop.adamw.beta2 = read.number("train.beta2", loop.adamw.beta2, 0, 0.9999999);
  loop.adamw.fused = config.flag("train.fused_optimizer", loop.adamw.fused);
  loop.autocast = config.flag("train.autocast", loop.autocast);
  loop.log_every = read.integer("train.log_every", loop.log_every, 1, 1 << 30);
  loop.checkpoint_every_steps = read.integer("train.checkpoint_every_steps", loop.checkpoint_every_steps, 0, 1 << 30);
  loop.checkpoint_every_seconds = read.number("train.checkpoint_every_seconds", loop.checkpoint_every_seconds, 0, 1e9);
  read_selection(read, config, loop);
  settings.cache_folder = config.text("train.cache_folder", "");
  settings.threads = static_cast<int>(read.integer("train.threads", settings.threads, 1, 1024));
}

std::string job_toml(const TrainSettings& settings) {
  ConfigWriter out;
  out.text("kind", settings.kind);
  out.integer("seed", static_cast<std::int64_t>(settings.loop.seed));
  settings.job->write_settings(out);
  return out.str();
}

/// Without how often things are written, which changes no weight.
void write_schedule(const TrainSettings& settings, ConfigWriter& out) {
  const train::LoopOptions& loop = settings.loop;
  out.integer("train.epochs", loop.epochs);
  out.text("train.sampler", name(loop.sampler.kind));
  out.integer("train.batch_size", loop.sampler.batch_size);
  out.integer("train.per_molecule", loop.sampler.per_group);
  out.flag("train.drop_last", loop.sampler.drop_last);
  out.integer("train.accumulate", loop.accumulate);
  out.number("train.learning_rate", loop.learning_rate);
  out.number("train.warmup_share", loop.warmup_share);
  out.text("train.schedule", name(loop.schedule));
  out.number("train.weight_decay", loop.adamw.weight_decay);
  out.number("train.beta1", loop.adamw.beta1);
  out.number("train.beta2", loop.adamw.beta2);
  out.number("train.clip_norm", loop.clip_norm);
  out.flag("train.autocast", loop.autocast);
  if (loop.adamw.fused) out.flag("train.fused_optimizer", true);
  out.integer("train.validate_every", loop.validate_every);
  out.text("train.select_by", loop.select_by);
  out.integer("train.patience", loop.patience);
  out.integer("train.threads", settings.threads);
}

}  // namespace

TrainSettings read_train_config(const std::string& path, const std::vector<std::string>& set, const std::string& kind) {
  Config config = Config::read(path);
  for (const auto& assignment : set) config.replace(assignment);
  TrainSettings settings;
  settings.kind = config.text("kind");
  if (!kind.empty() && settings.kind != kind) {
    throw Error(ErrorCode::kUsage, "kind = \"" + settings.kind + "\" is not \"" + kind + "\", which this command runs")
        .in_file(path)
        .remedy("`molbridge train` runs every kind.");
  }
  const JobFactory factory = find_job(settings.kind, path);
  settings.name = config.text("name", settings.kind);
  settings.output = config.text("output", "runs/" + settings.name);
  settings.licence = config.text("licence", "");
  settings.loop.seed = static_cast<std::uint64_t>(config.integer("seed", 1));
  read_loop(ConfigReader(config), config, settings);
  settings.job = factory(config);
  if (!config.has("train.select_by")) settings.loop.select_by = settings.job->default_figure();
  config.reject_unused();
  return settings;
}

std::string resolved_toml(const TrainSettings& settings) {
  ConfigWriter out;
  out.text("kind", settings.kind);
  out.text("name", settings.name);
  out.text("licence", settings.licence);
  out.integer("seed", static_cast<std::int64_t>(settings.loop.seed));
  settings.job->write_settings(out);
  write_schedule(settings, out);
  out.integer("train.log_every", settings.loop.log_every);
  out.integer("train.checkpoint_every_steps", settings.loop.checkpoint_every_steps);
  out.number("train.checkpoint_every_seconds", settings.loop.checkpoint_every_seconds);
  return out.str();
}

train::RunIdentity run_identity(const TrainSettings& settings) {
  Sha256 job;
  job.update(job_toml(settings));
  for (const auto& file : settings.job->inputs()) job.update(sha256_file(file) + "\n");
  ConfigWriter schedule;
  write_schedule(settings, schedule);
  Sha256 loop;
  loop.update(schedule.str() +
              std::to_string(settings.loop.log_every));  // rows of metrics.tsv must go on as they began
  return {job.finish(), loop.finish()};
}

}  // namespace molbridge::service_train
