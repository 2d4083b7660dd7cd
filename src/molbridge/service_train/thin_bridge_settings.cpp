#include "molbridge/service_train/thin_bridge_settings.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/concat_encoder.hpp"
#include "molbridge/service_train/config_reader.hpp"

namespace molbridge::service_train {
namespace {

constexpr const char* kDefaultMolecules = "ecfp4";

BridgeMethod parse_method(const Config& config) {
  const std::string text = config.text("bridge.method", std::string(name(BridgeMethod::kTrained)));
  for (const auto method : {BridgeMethod::kTrained, BridgeMethod::kCca, BridgeMethod::kRidge}) {
    if (text == name(method)) return method;
  }
  throw Error(ErrorCode::kUsage, "bridge.method = \"" + text + "\" is not known")
      .in_file(config.name())
      .remedy("Use trained, cca or ridge.");
}

void read_bridge(const Config& config, ThinBridgeSettings& out) {
  const ConfigReader read(config);
  train::ThinBridgeOptions& bridge = out.bridge;
  out.method = parse_method(config);
  bridge.width = read.integer("bridge.width", bridge.width, 1, 1 << 16);
  bridge.bias = config.flag("bridge.bias", bridge.bias);
  bridge.centre = config.flag("bridge.centre", bridge.centre);
  bridge.molecule_dropout = read.number("bridge.molecule_dropout", bridge.molecule_dropout, 0, 0.95);
  bridge.text_dropout = read.number("bridge.text_dropout", bridge.text_dropout, 0, 0.95);
  bridge.wide = read.wide_weights(bridge.wide);
  bridge.temperature = read.number("loss.temperature", bridge.temperature, 1e-4, 100);
  bridge.learn_temperature = config.flag("loss.learn_temperature", bridge.learn_temperature);
  bridge.alpha = read.number("loss.alpha", bridge.alpha, -0.99, 1e6);
  bridge.margin = read.number("loss.margin", bridge.margin, 0, 2);
  bridge.margin_weight = read.number("loss.margin_weight", bridge.margin_weight, 0, 1e6);
  bridge.positives = train::parse_positives(config.text("loss.positives", std::string(name(bridge.positives))));
  out.cca.components = bridge.width;
  out.cca.ridge = read.number("cca.ridge", out.cca.ridge, 0, 1e6);
  out.cca.power = read.number("cca.power", out.cca.power, 0, 100);
}

void read_tfidf(const Config& config, encoders::TfidfOptions& tfidf) {
  const ConfigReader read(config);
  tfidf.max_terms =
      static_cast<std::size_t>(read.integer("text.max_terms", static_cast<std::int64_t>(tfidf.max_terms), 1, 1 << 20));
  tfidf.min_documents = static_cast<std::size_t>(
      read.integer("text.min_documents", static_cast<std::int64_t>(tfidf.min_documents), 1, 1 << 30));
  tfidf.max_words = static_cast<int>(read.integer("text.max_words", tfidf.max_words, 1, 2));
}

}  // namespace

std::string_view name(BridgeMethod method) {
  switch (method) {
    case BridgeMethod::kTrained: return "trained";
    case BridgeMethod::kCca: return "cca";
    case BridgeMethod::kRidge: return "ridge";
  }
  return "";
}

bool ThinBridgeSettings::fits_tfidf() const {
  const auto parts = encoders::parse_parts(text_encoder);
  return std::ranges::any_of(parts, [](const auto& part) { return part.text == kFittedTerms; });
}

ThinBridgeSettings read_thin_bridge(const Config& config) {
  ThinBridgeSettings out;
  out.train_files = config.texts("data.train");
  out.held_out_files = config.texts("data.held_out");
  out.text_columns = config.texts("data.text_columns");
  if (out.train_files.empty()) throw Error(ErrorCode::kUsage, "data.train names no file").in_file(config.name());
  out.disjoint = train::parse_pair_group(config.text("data.disjoint", std::string(name(out.disjoint))));
  out.molecule_encoder = config.text("molecule.encoder", kDefaultMolecules);
  out.text_encoder = config.text("text.encoder", "");
  if (out.text_encoder.empty()) {
    throw Error(ErrorCode::kUsage, "text.encoder names no encoder")
        .in_file(config.name())
        .remedy("Name the folder of a BERT-kind network, \"tfidf\", or both: \"tfidf + FOLDER\".");
  }
  out.bridge.sentences = ConfigReader(config).number("augment.sentences", out.bridge.sentences, 0, 1);
  out.excerpts.most = ConfigReader(config).integer("augment.variants", out.excerpts.most, 1, 64);
  if (out.fits_tfidf()) read_tfidf(config, out.tfidf);
  read_bridge(config, out);
  out.validation_share = ConfigReader(config).number("validation.share", out.validation_share, 0, 0.9);
  out.validation_by = train::parse_pair_group(config.text("validation.by", std::string(name(out.disjoint))));
  return out;
}

void write_thin_bridge(const ThinBridgeSettings& settings, ConfigWriter& out) {
  const train::ThinBridgeOptions& bridge = settings.bridge;
  out.texts("data.train", settings.train_files);
  out.texts("data.held_out", settings.held_out_files);
  out.texts("data.text_columns", settings.text_columns);
  out.text("data.disjoint", name(settings.disjoint));
  out.text("molecule.encoder", settings.molecule_encoder);
  out.text("text.encoder", settings.text_encoder);
  if (settings.fits_tfidf()) {
    out.integer("text.max_terms", static_cast<std::int64_t>(settings.tfidf.max_terms));
    out.integer("text.min_documents", static_cast<std::int64_t>(settings.tfidf.min_documents));
    out.integer("text.max_words", settings.tfidf.max_words);
  }
  out.number("augment.sentences", bridge.sentences);
  out.integer("augment.variants", settings.excerpts.most);
  out.text("bridge.method", name(settings.method));
  out.integer("bridge.width", bridge.width);
  out.flag("bridge.bias", bridge.bias);
  out.flag("bridge.centre", bridge.centre);
  out.number("bridge.molecule_dropout", bridge.molecule_dropout);
  out.number("bridge.text_dropout", bridge.text_dropout);
  out.text("bridge.weights", bridge.wide ? "f32" : "f16");
  out.number("loss.temperature", bridge.temperature);
  out.flag("loss.learn_temperature", bridge.learn_temperature);
  out.number("loss.alpha", bridge.alpha);
  out.number("loss.margin", bridge.margin);
  out.number("loss.margin_weight", bridge.margin_weight);
  out.text("loss.positives", name(bridge.positives));
  out.number("cca.ridge", settings.cca.ridge);
  out.number("cca.power", settings.cca.power);
  out.number("validation.share", settings.validation_share);
  out.text("validation.by", name(settings.validation_by));
}

std::vector<train::TextPairFile> pair_files(const std::vector<std::string>& specifications,
                                            const ThinBridgeSettings& settings) {
  std::vector<train::TextPairFile> files;
  for (const auto& specification : specifications)
    files.push_back(train::parse_text_pair_file(specification, settings.text_columns));
  return files;
}

}  // namespace molbridge::service_train
