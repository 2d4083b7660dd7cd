#include "molbridge/service_train/thin_bridge_job.hpp"

#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/concat_encoder.hpp"
#include "molbridge/service_train/side_terms.hpp"
#include "molbridge/service_train/spectrum_data.hpp"
#include "molbridge/service_train/thin_bridge_settings.hpp"
#include "molbridge/service_train/thin_bridge_validator.hpp"

namespace molbridge::service_train {
namespace {

constexpr const char* kTfidfFile = "tfidf.tsv";  // beside the weights

std::string describe(const train::TextPairs& pairs) {
  std::string text = format_count(pairs.counts.read) + " rows read, " + format_count(pairs.pairs.size()) +
                     " pairs of " + format_count(pairs.molecules.size()) + " molecules and " +
                     format_count(pairs.texts.size()) + " texts, " + format_count(pairs.targets.size()) + " targets";
  for (const auto& [reason, count] : pairs.counts.skipped) text += "; " + format_count(count) + " skipped: " + reason;
  return text;
}

/// What the frozen sides are, and where they keep what they computed.
struct Encoders {
  std::shared_ptr<const encoders::ItemEncoder> molecule, text;
};

class ThinBridgeJob : public TrainingJob {
 public:
  explicit ThinBridgeJob(const Config& config) : settings_(read_thin_bridge(config)) {
    pair_files(settings_.train_files, settings_);  // their options are checked before any work
    pair_files(settings_.held_out_files, settings_);
  }

  void write_settings(ConfigWriter& out) const override { write_thin_bridge(settings_, out); }
  std::vector<std::string> inputs() const override {
    std::vector<std::string> files;
    for (const auto& file : pair_files(settings_.train_files, settings_)) files.push_back(file.path);
    return files;
  }

  void prepare(const JobContext& context) override {
    settings_.bridge.seed = context.seed;
    read_pairs(context);
    open_encoders(context);
    add_excerpts(context);
    encoders::EmbeddingCache cache(context.cache_folder);
    encode(training_, features_, "training", cache, context);
    task_ = std::make_unique<train::ThinBridgeTask>(training_, features_, settings_.bridge);
    if (!validation_.pairs.empty()) {
      encode(validation_, validation_features_, "validation", cache, context);
      validator_ = std::make_unique<ThinBridgeValidator>(validation_, validation_features_, *task_);
      context.say(validator_->describe());
    }
    solve(context);
  }

  train::Task& task() override { return *task_; }
  train::Validator* validator() override { return validator_.get(); }
  std::string default_figure() const override { return "mrr"; }
  bool is_solved() const override { return settings_.method != BridgeMethod::kTrained; }

  void write_model(nn::ModelFolderWriter& writer) override {
    writer.manifest.text("target.encoder", encoders_.molecule->name());
    writer.manifest.text("target.encoder_digest", encoders_.molecule->digest());
    const encoders::ItemEncoder& text = *encoders_.text;
    writer.manifest.text("text.encoder", keep_terms(text.name(), kTfidfFile, writer));
    writer.manifest.text("text.encoder_digest", text.digest());
    std::vector<std::string> digests;
    for (const encoders::ItemPart& part : text.parts()) digests.push_back(part.encoder->digest());
    if (!digests.empty()) writer.manifest.texts("text.part_digests", digests);
    writer.manifest.text("bridge.method", name(settings_.method));
    writer.manifest.integer("bridge.width", task_->width());
    task_->write_weights(writer.weights);
    writer.manifest.integer("training.pairs", static_cast<std::int64_t>(training_.pairs.size()));
    writer.manifest.integer("training.molecules", static_cast<std::int64_t>(training_.molecules.size()));
    writer.add_side_file(kTrainingMoleculesFile, training_molecules_tsv(training_.molecules));
  }

 private:
  void read_pairs(const JobContext& context) {
    training_ =
        train::load_text_pairs(pair_files(settings_.train_files, settings_), context.threads, *context.progress);
    context.say(describe(training_));
    if (!settings_.held_out_files.empty()) {
      train::require_disjoint(
          training_,
          train::load_text_pairs(pair_files(settings_.held_out_files, settings_), context.threads, *context.progress),
          settings_.disjoint);
    }
    if (settings_.validation_share > 0)
      validation_ = train::split_off_pairs(training_, settings_.validation_by, settings_.validation_share);
    if (training_.pairs.empty())
      throw Error(ErrorCode::kUsage, "validation.share leaves no pair to train on").remedy("Lower validation.share.");
  }

  void open_encoders(const JobContext& context) {
    // What a bank can be built with, and no more.
    encoders_.molecule = encoders::make_item_encoder(encoders::make_molecule_encoder(settings_.molecule_encoder));
    auto parts = encoders::parse_parts(settings_.text_encoder);
    for (auto& part : parts) {
      if (part.text == kFittedTerms) part.text = fit_terms(context);
    }
    encoders_.text = encoders::make_item_encoder(encoders::Modality::kText, encoders::join_parts(parts));
    context.say("molecules by " + encoders_.molecule->name() + " (" + format_count(encoders_.molecule->width()) +
                "), texts by " + encoders_.text->name() + " (" + format_count(encoders_.text->width()) + ")");
  }

  /// Learned from whole texts, before there are excerpts, which would count their words again.
  std::string fit_terms(const JobContext& context) const {
    make_folders(context.cache_folder);
    const std::string path = context.cache_folder + "/" + kTfidfFile;
    encoders::fit_tfidf(training_.texts, settings_.tfidf).write(path);
    return encoders::TfidfEncoder::kPrefix + path;
  }

  void add_excerpts(const JobContext& context) {
    if (settings_.bridge.sentences == 0) return;
    train::ExcerptOptions options = settings_.excerpts;
    options.seed = context.seed;
    const std::size_t added = train::add_excerpts(training_, options);
    context.say(format_count(added) + " excerpts of sentences stand beside the training texts");
  }

  void encode(train::TextPairs& pairs, train::PairFeatures& features, const std::string& what,
              encoders::EmbeddingCache& cache, const JobContext& context) const {
    std::vector<std::string> smiles;
    for (const auto& molecule : pairs.molecules) smiles.push_back(molecule.smiles);
    features.molecules =
        train::FeatureRows::encode(*encoders_.molecule, cache, smiles, context.threads, *context.progress);
    features.texts =
        train::FeatureRows::encode(*encoders_.text, cache, pairs.texts, context.threads, *context.progress);
    std::vector<bool> has_molecule, has_text;
    std::uint64_t truncated = 0;
    for (const auto& state : features.molecules.states()) has_molecule.push_back(state.ok());
    for (const auto& state : features.texts.states()) {
      has_text.push_back(state.ok());
      truncated += state.truncated;
    }
    if (truncated > 0)
      context.say(format_count(truncated) + " texts of " + what +
                  " are longer than the encoder reads; their heads count");
    const std::size_t before = pairs.pairs.size();
    train::drop_without_vectors(pairs, has_molecule, has_text);
    if (pairs.pairs.size() < before)
      context.say(format_count(before - pairs.pairs.size()) + " pairs of " + what + " have a side without a vector");
  }

  void solve(const JobContext& context) {
    if (settings_.method == BridgeMethod::kRidge) task_->solve_ridge(settings_.cca.ridge);
    if (settings_.method == BridgeMethod::kCca) {
      const torch::Tensor correlations = task_->solve_cca(settings_.cca);
      context.say("canonical correlations: " + format_count(static_cast<std::uint64_t>(correlations.numel())) +
                  " from " + format_fixed(correlations[0].item<double>(), 3) + " to " +
                  format_fixed(correlations[-1].item<double>(), 3));
    }
  }

  ThinBridgeSettings settings_;
  train::TextPairs training_, validation_;
  Encoders encoders_;
  train::PairFeatures features_, validation_features_;
  std::unique_ptr<train::ThinBridgeTask> task_;
  std::unique_ptr<ThinBridgeValidator> validator_;
};

}  // namespace

std::unique_ptr<TrainingJob> make_thin_bridge_job(const Config& config) {
  return std::make_unique<ThinBridgeJob>(config);
}

}  // namespace molbridge::service_train
