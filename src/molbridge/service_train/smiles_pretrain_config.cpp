#include "molbridge/service_train/smiles_pretrain_config.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/service_train/config_reader.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::int64_t kMany = std::int64_t{1} << 40, kWidest = 1 << 16;

void read_data(const ConfigReader& read, const Config& config, SmilesPretrainSettings& settings) {
  settings.data.files = config.texts("data.train");
  if (settings.data.files.empty()) throw Error(ErrorCode::kUsage, "data.train names no file").in_file(config.name());
  settings.data.standardized = config.flag("data.standardized", settings.data.standardized);
  settings.data.limit = read.integer("data.limit", settings.data.limit, 0, kMany);
  if (config.has("data.exclude")) settings.exclude = config.texts("data.exclude");
  settings.exclude_by = train::parse_exclusion(config.text("data.exclude_by", std::string(name(settings.exclude_by))));
  settings.min_count = read.integer("tokenizer.min_count", settings.min_count, 1, kMany);
  settings.validation_molecules = read.integer("validation.molecules", settings.validation_molecules, 0, kMany);
}

void read_network(const ConfigReader& read, const Config& config, train::MaskedTokenOptions& task) {
  train::TransformerOptions& network = task.network;
  network.layers = read.integer("network.layers", network.layers, 1, 256);
  network.hidden = read.integer("network.hidden", network.hidden, 1, kWidest);
  network.heads = read.integer("network.heads", network.heads, 1, 1024);
  network.feed_forward = read.integer("network.feed_forward", network.feed_forward, 1, kWidest);
  network.max_tokens = read.integer("network.max_tokens", network.max_tokens, 3, kWidest);
  network.dropout = read.number("network.dropout", network.dropout, 0, 0.95);
  if (network.hidden % network.heads != 0) {
    throw Error(ErrorCode::kUsage, "network.hidden = " + std::to_string(network.hidden) +
                                       " does not divide by network.heads = " + std::to_string(network.heads))
        .in_file(config.name());
  }
  task.pooling = encoders::parse_pooling(config.text("network.pooling", std::string(encoders::name(task.pooling))));
  if (task.pooling == encoders::Pooling::kMean || task.pooling == encoders::Pooling::kCls) return;
  throw Error(ErrorCode::kUsage, "network.pooling must be mean or cls").in_file(config.name());
}

void read_objectives(const ConfigReader& read, const Config& config, SmilesPretrainSettings& settings) {
  train::MaskedTokenOptions& task = settings.task;
  task.masking.share = read.number("masking.share", task.masking.share, 0.01, 0.9);
  task.masking.as_mask = read.number("masking.as_mask", task.masking.as_mask, 0, 1);
  task.masking.as_random = read.number("masking.as_random", task.masking.as_random, 0, 1);
  task.masking.untouched = read.number("masking.untouched", task.masking.untouched, 0, 0.9);
  if (task.masking.as_mask + task.masking.as_random > 1)
    throw Error(ErrorCode::kUsage, "masking.as_mask + masking.as_random is more than 1").in_file(config.name());
  task.fingerprint_weight = read.number("loss.fingerprint", task.fingerprint_weight, 0, 1e6);
  task.fingerprint.cross_entropy_weight =
      read.number("loss.fingerprint_cross_entropy", task.fingerprint.cross_entropy_weight, 0, 1e6);
  task.fingerprint.cosine_weight = read.number("loss.fingerprint_cosine", task.fingerprint.cosine_weight, 0, 1e6);
  settings.fingerprint = config.text("target.fingerprint", settings.fingerprint);
}

}  // namespace

SmilesPretrainSettings read_smiles_pretrain(const Config& config) {
  const ConfigReader read(config);
  SmilesPretrainSettings settings;
  read_data(read, config, settings);
  read_network(read, config, settings.task);
  read_objectives(read, config, settings);
  return settings;
}

void write_smiles_pretrain(const SmilesPretrainSettings& settings, ConfigWriter& out) {
  out.texts("data.train", settings.data.files);
  out.flag("data.standardized", settings.data.standardized);
  out.integer("data.limit", settings.data.limit);
  out.texts("data.exclude", settings.exclude);
  out.text("data.exclude_by", name(settings.exclude_by));
  out.integer("tokenizer.min_count", settings.min_count);
  const train::MaskedTokenOptions& task = settings.task;
  out.integer("network.layers", task.network.layers);
  out.integer("network.hidden", task.network.hidden);
  out.integer("network.heads", task.network.heads);
  out.integer("network.feed_forward", task.network.feed_forward);
  out.integer("network.max_tokens", task.network.max_tokens);
  out.number("network.dropout", task.network.dropout);
  out.text("network.pooling", encoders::name(task.pooling));
  out.number("masking.share", task.masking.share);
  out.number("masking.as_mask", task.masking.as_mask);
  out.number("masking.as_random", task.masking.as_random);
  out.number("masking.untouched", task.masking.untouched);
  out.number("loss.fingerprint", task.fingerprint_weight);
  out.number("loss.fingerprint_cross_entropy", task.fingerprint.cross_entropy_weight);
  out.number("loss.fingerprint_cosine", task.fingerprint.cosine_weight);
  out.text("target.fingerprint", settings.fingerprint);
  out.integer("validation.molecules", settings.validation_molecules);
}

}  // namespace molbridge::service_train
