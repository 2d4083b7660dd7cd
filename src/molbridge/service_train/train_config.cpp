#include "molbridge/service_train/train_config.hpp"

#include "molbridge/core/text.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"

namespace molbridge::service_train {
namespace {

class Reader {
 public:
  explicit Reader(const Config& config) : config_(config) {}

  double number(const std::string& key, double fallback, double low, double high) const {
    return check(key, config_.number(key, fallback), low, high);
  }
  std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t low, std::int64_t high) const {
    const std::int64_t value = config_.integer(key, fallback);
    check(key, static_cast<double>(value), static_cast<double>(low), static_cast<double>(high));
    return value;
  }

 private:
  double check(const std::string& key, double value, double low, double high) const {
    if (value >= low && value <= high) return value;
    throw Error(ErrorCode::kUsage, key + " must be between " + format_shortest(low) + " and " + format_shortest(high) +
                                       ", not " + format_shortest(value))
        .in_file(config_.name());
  }
  const Config& config_;
};

void read_loop(const Reader& read, TrainSettings& settings) {
  train::LoopOptions& loop = settings.loop;
  loop.epochs = read.integer("train.epochs", loop.epochs, 1, 100000);
  loop.batch_size = read.integer("train.batch_size", loop.batch_size, 1, 1 << 20);
  loop.learning_rate = read.number("train.learning_rate", loop.learning_rate, 1e-9, 10);
  loop.warmup_share = read.number("train.warmup_share", loop.warmup_share, 0, 1);
  loop.clip_norm = read.number("train.clip_norm", loop.clip_norm, 1e-6, 1e9);
  loop.adamw.weight_decay = read.number("train.weight_decay", loop.adamw.weight_decay, 0, 10);
  loop.log_every = read.integer("train.log_every", loop.log_every, 1, 1 << 30);
  loop.checkpoint_every_steps = read.integer("train.checkpoint_every_steps", loop.checkpoint_every_steps, 0, 1 << 30);
  loop.checkpoint_every_seconds = read.number("train.checkpoint_every_seconds", loop.checkpoint_every_seconds, 0, 1e9);
  settings.threads = static_cast<int>(read.integer("train.threads", settings.threads, 1, 1024));
}

void read_task(const Reader& read, const Config& config, TrainSettings& settings) {
  train::FingerprintFfnTaskOptions& task = settings.task;
  task.input = encoders::read_binned_options(config);
  task.hidden = read.integer("bridge.hidden", task.hidden, 1, 1 << 20);
  task.layers = read.integer("bridge.layers", task.layers, 1, 64);
  task.dropout = read.number("bridge.dropout", task.dropout, 0, 0.95);
  task.loss.cross_entropy_weight = read.number("loss.cross_entropy", task.loss.cross_entropy_weight, 0, 1e6);
  task.loss.cosine_weight = read.number("loss.cosine", task.loss.cosine_weight, 0, 1e6);
  task.balance = read.number("train.balance", task.balance, 0, 1);
  task.peak_dropout = read.number("train.peak_dropout", task.peak_dropout, 0, 0.95);
}

}  // namespace

TrainSettings read_train_config(const std::string& path, const std::vector<std::string>& set) {
  Config config = Config::read(path);
  for (const auto& assignment : set) config.replace(assignment);
  const std::string kind = config.text("kind");
  if (kind != "fingerprint-ffn") {
    throw Error(ErrorCode::kUsage, "kind = \"" + kind + "\" is not known")
        .in_file(path)
        .remedy("Known kinds: fingerprint-ffn.");
  }
  TrainSettings settings;
  settings.name = config.text("name", kind);
  settings.output = config.text("output", "runs/" + settings.name);
  settings.licence = config.text("licence", "");
  settings.train_files = config.texts("data.train");
  settings.held_out_files = config.texts("data.held_out");
  if (settings.train_files.empty()) throw Error(ErrorCode::kUsage, "data.train names no file").in_file(path);
  settings.target_encoder = config.text("target.encoder", encoders::kDefaultEncoder);
  settings.loop.seed = settings.task.seed = static_cast<std::uint64_t>(config.integer("seed", 1));
  const Reader read(config);
  read_loop(read, settings);
  read_task(read, config, settings);
  config.reject_unused();
  return settings;
}

std::string resolved_toml(const TrainSettings& settings) {
  ConfigWriter out;
  out.text("kind", "fingerprint-ffn");
  out.text("name", settings.name);
  out.text("licence", settings.licence);
  out.integer("seed", static_cast<std::int64_t>(settings.loop.seed));
  out.texts("data.train", settings.train_files);
  out.texts("data.held_out", settings.held_out_files);
  out.text("target.encoder", settings.target_encoder);
  const auto& task = settings.task;
  out.number("input.bin_width", task.input.bin_width);
  out.number("input.max_mz", task.input.max_mz);
  out.number("input.max_loss", task.input.max_loss);
  out.integer("input.max_peaks", task.input.max_peaks);
  out.integer("input.max_features", task.input.max_features);
  out.integer("input.min_molecules", task.input.min_molecules);
  out.integer("bridge.hidden", task.hidden);
  out.integer("bridge.layers", task.layers);
  out.number("bridge.dropout", task.dropout);
  out.number("loss.cross_entropy", task.loss.cross_entropy_weight);
  out.number("loss.cosine", task.loss.cosine_weight);
  const auto& loop = settings.loop;
  out.integer("train.epochs", loop.epochs);
  out.integer("train.batch_size", loop.batch_size);
  out.number("train.learning_rate", loop.learning_rate);
  out.number("train.warmup_share", loop.warmup_share);
  out.number("train.weight_decay", loop.adamw.weight_decay);
  out.number("train.clip_norm", loop.clip_norm);
  out.number("train.balance", task.balance);
  out.number("train.peak_dropout", task.peak_dropout);
  out.integer("train.log_every", loop.log_every);
  out.integer("train.threads", settings.threads);
  return out.str();
}

}  // namespace molbridge::service_train
