#include "molbridge/service_train/dreams_pretrain_config.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/service_train/config_reader.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::int64_t kWidest = 1 << 16, kPublishedClasses = 20'000;

void read_data(const ConfigReader& read, const Config& config, train::PretrainingOptions& data) {
  data.files = config.texts("data.train");
  if (data.files.empty()) throw Error(ErrorCode::kUsage, "data.train names no file").in_file(config.name());
  if (config.has("data.exclude")) data.exclude = config.texts("data.exclude");
  data.exclude_by = train::parse_exclusion(config.text("data.exclude_by", std::string(name(data.exclude_by))));
  data.keep_unknown = config.flag("data.keep_unknown", data.exclude.empty());
  data.min_peaks = read.integer("data.min_peaks", data.min_peaks, 1, 1 << 20);
  data.validation_share = read.number("data.validation_share", data.validation_share, 0, 0.9);
  data.max_peaks = read.integer("input.peaks", data.max_peaks, 1, 1 << 20);
}

void read_frequencies(const ConfigReader& read, const Config& config, FrequencySettings& frequencies) {
  frequencies.kind = config.text("network.frequencies", frequencies.kind);
  if (frequencies.kind != "published" && frequencies.kind != "geometric") {
    throw Error(ErrorCode::kUsage, "network.frequencies = \"" + frequencies.kind + "\" is not known")
        .in_file(config.name())
        .remedy("use published or geometric");
  }
  frequencies.shortest = read.number("network.shortest_period", frequencies.shortest, 1e-5, 0.9);
  frequencies.longest = read.number("network.longest_period", frequencies.longest, 2, 1e5);
  frequencies.count = read.integer("network.num_frequencies", frequencies.count, 2, kWidest);
}

void read_network(const ConfigReader& read, const Config& config, DreamsPretrainSettings& settings) {
  train::DreamsSizes& sizes = settings.sizes;
  sizes.layers = read.integer("network.layers", sizes.layers, 1, 256);
  sizes.heads = read.integer("network.heads", sizes.heads, 1, 1024);
  sizes.d_fourier = read.integer("network.d_fourier", sizes.d_fourier, 1, kWidest);
  sizes.d_peak = read.integer("network.d_peak", sizes.d_peak, 1, kWidest);
  sizes.feed_forward = read.integer("network.feed_forward", sizes.feed_forward, 1, kWidest);
  sizes.max_mz = read.number("network.max_mz", sizes.max_mz, 1, 1e6);
  sizes.graphormer = config.flag("network.mz_differences", sizes.graphormer);
  settings.fourier_depth = read.integer("network.fourier_depth", settings.fourier_depth, 1, 64);
  settings.fourier_hidden = read.integer("network.fourier_hidden", settings.fourier_hidden, 1, kWidest);
  if (sizes.d_model() % sizes.heads != 0) {
    throw Error(ErrorCode::kUsage, "the width network.d_fourier + network.d_peak = " + std::to_string(sizes.d_model()) +
                                       " does not divide by network.heads = " + std::to_string(sizes.heads))
        .in_file(config.name());
  }
  train::DreamsDropout& dropout = settings.dropout;
  dropout.embedding = read.number("dropout.embedding", dropout.embedding, 0, 0.95);
  dropout.residual = read.number("dropout.residual", dropout.residual, 0, 0.95);
  dropout.attention = read.number("dropout.attention", dropout.attention, 0, 0.95);
  dropout.feed_forward = read.number("dropout.feed_forward", dropout.feed_forward, 0, 0.95);
}

void read_task(const ConfigReader& read, const Config& config, DreamsPretrainSettings& settings) {
  train::MaskedMzOptions& task = settings.task;
  task.masking.peaks = train::parse_masked_peaks(config.text("masking.peaks", std::string(name(task.masking.peaks))));
  task.masking.share = read.number("masking.share", task.masking.share, 0, 1);
  task.masking.cutoff = read.number("masking.cutoff", task.masking.cutoff, 0, 1);
  settings.sizes.mz_bin = read.number("loss.mz_bin", settings.sizes.mz_bin, 1e-4, 100);
  settings.sizes.mz_classes = read.integer("loss.mz_classes", kPublishedClasses, 2, 1 << 20);
  task.focal_gamma = read.number("loss.focal_gamma", task.focal_gamma, 0, 20);
  if (task.focal_gamma > 0 && task.focal_gamma < 1) {
    throw Error(ErrorCode::kUsage, "loss.focal_gamma between 0 and 1 has no finite gradient at certainty")
        .in_file(config.name())
        .remedy("use 0, the cross-entropy, or 1 and more");
  }
  task.entropy_smoothing = read.number("loss.entropy_smoothing", task.entropy_smoothing, 0, 1);
  task.order_weight = read.number("loss.order", task.order_weight, 0, 0.99);
  settings.sizes.order_head = task.order_weight > 0;
  task.shift_probability = read.number("augment.shift_probability", task.shift_probability, 0, 1);
  task.shift_max = read.number("augment.shift_max", task.shift_max, 0, 1e4);
  settings.validation_spectra = read.integer("validation.spectra", settings.validation_spectra, 0, 1 << 30);
}

void write_network(const DreamsPretrainSettings& settings, ConfigWriter& out) {
  const train::DreamsSizes& sizes = settings.sizes;
  out.integer("network.layers", sizes.layers);
  out.integer("network.heads", sizes.heads);
  out.integer("network.d_fourier", sizes.d_fourier);
  out.integer("network.d_peak", sizes.d_peak);
  out.integer("network.feed_forward", sizes.feed_forward);
  out.number("network.max_mz", sizes.max_mz);
  out.flag("network.mz_differences", sizes.graphormer);
  out.integer("network.fourier_depth", settings.fourier_depth);
  out.integer("network.fourier_hidden", settings.fourier_hidden);
  out.text("network.frequencies", settings.frequencies.kind);
  out.number("network.shortest_period", settings.frequencies.shortest);
  out.number("network.longest_period", settings.frequencies.longest);
  out.integer("network.num_frequencies", settings.frequencies.count);
  out.number("dropout.embedding", settings.dropout.embedding);
  out.number("dropout.residual", settings.dropout.residual);
  out.number("dropout.attention", settings.dropout.attention);
  out.number("dropout.feed_forward", settings.dropout.feed_forward);
}

void write_task(const DreamsPretrainSettings& settings, ConfigWriter& out) {
  const train::MaskedMzOptions& task = settings.task;
  out.text("masking.peaks", name(task.masking.peaks));
  out.number("masking.share", task.masking.share);
  out.number("masking.cutoff", task.masking.cutoff);
  out.number("loss.mz_bin", settings.sizes.mz_bin);
  out.integer("loss.mz_classes", settings.sizes.mz_classes);
  out.number("loss.focal_gamma", task.focal_gamma);
  out.number("loss.entropy_smoothing", task.entropy_smoothing);
  out.number("loss.order", task.order_weight);
  out.number("augment.shift_probability", task.shift_probability);
  out.number("augment.shift_max", task.shift_max);
  out.integer("validation.spectra", settings.validation_spectra);
}

}  // namespace

std::vector<float> FrequencySettings::list() const {
  return kind == "published" ? train::dreams_frequencies(shortest, longest)
                             : train::geometric_frequencies(shortest, longest, count);
}

DreamsPretrainSettings read_dreams_pretrain(const Config& config) {
  const ConfigReader read(config);
  DreamsPretrainSettings settings;
  read_data(read, config, settings.data);
  read_frequencies(read, config, settings.frequencies);
  read_network(read, config, settings);
  read_task(read, config, settings);
  settings.sizes.frequencies = settings.frequencies.list();
  settings.sizes.fourier_hidden.assign(static_cast<std::size_t>(settings.fourier_depth - 1), settings.fourier_hidden);
  return settings;
}

void write_dreams_pretrain(const DreamsPretrainSettings& settings, ConfigWriter& out) {
  out.texts("data.train", settings.data.files);
  out.texts("data.exclude", settings.data.exclude);
  out.text("data.exclude_by", name(settings.data.exclude_by));
  out.flag("data.keep_unknown", settings.data.keep_unknown);
  out.integer("data.min_peaks", settings.data.min_peaks);
  out.number("data.validation_share", settings.data.validation_share);
  out.integer("input.peaks", settings.data.max_peaks);
  write_network(settings, out);
  write_task(settings, out);
}

}  // namespace molbridge::service_train
