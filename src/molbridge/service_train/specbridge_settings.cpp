#include "molbridge/service_train/specbridge_settings.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/service_train/config_reader.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::int64_t kMaxWidth = 1 << 20;
constexpr std::int64_t kAllBlocks = 1000;
constexpr double kMaxWeight = 1e9;

/// One of two words.
bool is_first(const Config& config, const std::string& key, const std::string& fallback, const std::string& first,
              const std::string& second) {
  const std::string text = config.text(key, fallback);
  if (text == first || text == second) return text == first;
  throw Error(ErrorCode::kUsage, key + " must be " + first + " or " + second + ", not \"" + text + "\"")
      .in_file(config.name());
}

void read_encoder(const ConfigReader& read, const Config& config, SpecbridgeSettings& out) {
  out.encoder_weights = config.text("encoder.weights");
  out.encoder_is_random = is_first(config, "encoder.init", "pretrained", "random", "pretrained");
  out.net.trained_blocks = read.integer("encoder.trained_blocks", out.net.trained_blocks, 0, kAllBlocks);
  out.net.trained_norms = config.flag("encoder.trained_norms", out.net.trained_norms);
  out.net.trained_embeddings = config.flag("encoder.trained_embeddings", out.net.trained_embeddings);
  const bool by_precursor = is_first(config, "encoder.pooling", "precursor", "precursor", "mean");
  out.net.pooling = by_precursor ? train::DreamsPooling::kPrecursor : train::DreamsPooling::kMeanPeaks;
  out.task.encoder_rate = read.number("encoder.learning_rate_scale", out.task.encoder_rate, 0, 1e3);
  const double dropout = read.number("encoder.dropout", out.dropout.residual, 0, 0.95);
  out.dropout = {dropout, dropout, dropout, dropout};
}

void read_input(const ConfigReader& read, const Config& config, SpecbridgeSettings& out) {
  encoders::DreamsOptions& input = out.task.input;
  input.input = out.net.pooling == train::DreamsPooling::kPrecursor ? encoders::DreamsInput::kDreams
                                                                    : encoders::DreamsInput::kSpecBridge;
  input.peaks = read.integer("input.peaks", 60, 1, 100000);
  input.padding_tokens = config.flag("input.padding_tokens", false);
  input.use_head = false;
}

void read_bridge(const ConfigReader& read, const Config& config, SpecbridgeSettings& out) {
  learn::ProjectionHeadSizes& head = out.net.head;
  head.hidden = read.integer("bridge.head_hidden", head.hidden, 0, kMaxWidth);
  head.outputs = read.integer("bridge.head_outputs", head.outputs, 1, kMaxWidth);
  learn::ResidualMapperSizes& mapper = out.net.mapper;
  mapper.blocks = read.integer("bridge.blocks", mapper.blocks, 0, 1000);
  mapper.hidden = read.integer("bridge.hidden", mapper.hidden, 1, kMaxWidth);
  out.net.init = learn::parse_mapper_init(config.text("bridge.init", std::string(name(out.net.init))));
}

void read_losses(const ConfigReader& read, const Config& config, SpecbridgeSettings& out) {
  train::BridgeLossOptions& loss = out.task.loss;
  loss.alignment = read.number("loss.alignment", loss.alignment, 0, kMaxWeight);
  loss.raw_squared_error = read.number("loss.raw_squared_error", loss.raw_squared_error, 0, kMaxWeight);
  loss.orthogonality = read.number("loss.orthogonality", loss.orthogonality, 0, kMaxWeight);
  loss.info_nce = read.number("loss.info_nce", loss.info_nce, 0, kMaxWeight);
  loss.supervised_contrastive = read.number("loss.supervised_contrastive", loss.supervised_contrastive, 0, kMaxWeight);
  loss.candidate_softmax = read.number("loss.candidate_softmax", loss.candidate_softmax, 0, kMaxWeight);
  loss.same_molecule_negatives = config.flag("loss.same_molecule_negatives", loss.same_molecule_negatives);
  out.net.temperature = read.number("loss.temperature", out.net.temperature, 1e-6, 1e3);
  const double spectra =
      loss.alignment + loss.raw_squared_error + loss.info_nce + loss.supervised_contrastive + loss.candidate_softmax;
  if (spectra == 0)
    throw Error(ErrorCode::kUsage, "every weight in [loss] that looks at spectra is 0").in_file(config.name());
}

void read_negatives(const ConfigReader& read, const Config& config, SpecbridgeSettings& out) {
  train::HardNegativeOptions& negatives = out.negatives;
  out.negatives_bank = config.text("negatives.bank", out.data.validation.bank);
  negatives.pool = train::parse_negative_pool(config.text("negatives.pool", std::string(name(negatives.pool))));
  negatives.ppm = read.number("negatives.ppm", negatives.ppm, 1e-3, 1e4);
  negatives.per_example = read.integer("negatives.per_example", negatives.per_example, 1, 1 << 16);
  negatives.pool_limit = read.integer("negatives.pool_limit", negatives.pool_limit, 1, 1 << 20);
  if (out.task.loss.candidate_softmax > 0 && out.negatives_bank.empty())
    throw Error(ErrorCode::kUsage, "loss.candidate_softmax needs a bank to draw candidates from")
        .in_file(config.name())
        .remedy("Name one in negatives.bank (molbridge bank build --encoder TARGET).");
}

}  // namespace

SpecbridgeSettings read_specbridge(const Config& config) {
  SpecbridgeSettings out;
  const ConfigReader read(config);
  out.data = read_spectrum_data(config);
  read_encoder(read, config, out);
  read_input(read, config, out);
  read_bridge(read, config, out);
  read_losses(read, config, out);
  read_negatives(read, config, out);
  out.task.augment.peak_dropout = read.number("augment.peak_dropout", 0, 0, 0.95);
  out.task.augment.intensity_jitter = read.number("augment.intensity_jitter", 0, 0, 10);
  return out;
}

void write_specbridge(const SpecbridgeSettings& settings, ConfigWriter& out) {
  write_spectrum_data(settings.data, out);
  out.text("encoder.weights", settings.encoder_weights);
  out.text("encoder.init", settings.encoder_is_random ? "random" : "pretrained");
  out.integer("encoder.trained_blocks", settings.net.trained_blocks);
  out.flag("encoder.trained_norms", settings.net.trained_norms);
  out.flag("encoder.trained_embeddings", settings.net.trained_embeddings);
  out.text("encoder.pooling", settings.net.pooling == train::DreamsPooling::kPrecursor ? "precursor" : "mean");
  out.number("encoder.learning_rate_scale", settings.task.encoder_rate);
  out.number("encoder.dropout", settings.dropout.residual);
  out.integer("input.peaks", settings.task.input.peaks);
  out.flag("input.padding_tokens", settings.task.input.padding_tokens);
  out.integer("bridge.head_hidden", settings.net.head.hidden);
  out.integer("bridge.head_outputs", settings.net.head.outputs);
  out.integer("bridge.blocks", settings.net.mapper.blocks);
  out.integer("bridge.hidden", settings.net.mapper.hidden);
  out.text("bridge.init", name(settings.net.init));
  const train::BridgeLossOptions& loss = settings.task.loss;
  out.number("loss.alignment", loss.alignment);
  out.number("loss.raw_squared_error", loss.raw_squared_error);
  out.number("loss.orthogonality", loss.orthogonality);
  out.number("loss.info_nce", loss.info_nce);
  out.number("loss.supervised_contrastive", loss.supervised_contrastive);
  out.number("loss.candidate_softmax", loss.candidate_softmax);
  out.flag("loss.same_molecule_negatives", loss.same_molecule_negatives);
  out.number("loss.temperature", settings.net.temperature);
  out.text("negatives.bank", settings.negatives_bank);
  out.text("negatives.pool", name(settings.negatives.pool));
  out.number("negatives.ppm", settings.negatives.ppm);
  out.integer("negatives.per_example", settings.negatives.per_example);
  out.integer("negatives.pool_limit", settings.negatives.pool_limit);
  out.number("augment.peak_dropout", settings.task.augment.peak_dropout);
  out.number("augment.intensity_jitter", settings.task.augment.intensity_jitter);
}

}  // namespace molbridge::service_train
