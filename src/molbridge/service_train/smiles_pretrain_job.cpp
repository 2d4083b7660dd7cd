#include "molbridge/service_train/smiles_pretrain_job.hpp"

#include <numeric>
#include <optional>
#include <utility>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/service_train/smiles_pretrain_config.hpp"

namespace molbridge::service_train {
namespace {

std::string describe(const train::DatasetCounts& counts) {
  std::string text = format_count(counts.read) + " molecules read, " + format_count(counts.used) + " used";
  for (const auto& [reason, count] : counts.skipped) text += "; " + format_count(count) + " left out: " + reason;
  return text;
}

/// Shapes: returns uint8 [molecules, D / 8]. Requires standardised SMILES.
torch::Tensor fingerprints_of(std::span<const std::string> smiles, const encoders::MoleculeEncoder& encoder,
                              const JobContext& context) {
  constexpr std::size_t kStep = 4096;
  const std::size_t width = encoder.width() / 8;
  torch::Tensor bits =
      torch::empty({static_cast<std::int64_t>(smiles.size()), static_cast<std::int64_t>(width)}, torch::kUInt8);
  const std::span<std::uint8_t> out(bits.data_ptr<std::uint8_t>(), smiles.size() * width);
  context.progress->start("fingerprints", smiles.size(), "molecules");
  for (std::size_t from = 0; from < smiles.size(); from += kStep) {
    check_interrupt();
    const std::size_t count = std::min(kStep, smiles.size() - from);
    parallel_for(count, context.threads, 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = from + begin; i < from + end; ++i)
        encoder.encode_bits(*chem::Molecule::from_smiles(smiles[i]), out.subspan(i * width, width));
    });
    context.progress->advance(from + count);
  }
  context.progress->finish();
  return bits;
}

std::string pooling_json(std::int64_t width, encoders::Pooling pooling) {
  const Json json = {{"word_embedding_dimension", width},
                     {"pooling_mode_cls_token", pooling == encoders::Pooling::kCls},
                     {"pooling_mode_mean_tokens", pooling == encoders::Pooling::kMean},
                     {"pooling_mode_max_tokens", false}};
  return json.dump(2) + "\n";
}

/// modules.json of sentence-transformers: the network, then the pooling.
std::string modules_json() {
  const Json json = {
      {{"idx", 0}, {"name", "0"}, {"path", ""}, {"type", "sentence_transformers.models.Transformer"}},
      {{"idx", 1}, {"name", "1"}, {"path", "1_Pooling"}, {"type", "sentence_transformers.models.Pooling"}}};
  return json.dump(2) + "\n";
}

class SmilesPretrainJob : public TrainingJob {
 public:
  explicit SmilesPretrainJob(const Config& config) : settings_(read_smiles_pretrain(config)) {
    if (settings_.task.fingerprint_weight == 0) return;
    fingerprint_ = encoders::make_molecule_encoder(settings_.fingerprint);
    if (!fingerprint_->is_binary())
      throw Error(ErrorCode::kUsage, "target.fingerprint must give bits").in_file(config.name());
  }

  void write_settings(ConfigWriter& out) const override { write_smiles_pretrain(settings_, out); }
  std::vector<std::string> inputs() const override {
    std::vector<std::string> files = settings_.data.files;
    files.insert(files.end(), settings_.exclude.begin(), settings_.exclude.end());
    return files;
  }

  void prepare(const JobContext& context) override {
    train::MoleculeSet set = load(context);
    std::vector<std::string> held_out = split_off(set.smiles, context.seed);
    vocabulary_.emplace(train::SmilesVocabulary::count(set.smiles, settings_.min_count));
    training_ = tokenize(set.smiles, set.counts, context);
    if (training_.sequences.size() == 0)
      throw Error(ErrorCode::kUsage, "no molecule has at most network.max_tokens = " +
                                         std::to_string(settings_.task.network.max_tokens) + " tokens");
    set.counts.used = static_cast<std::uint64_t>(training_.sequences.size());
    set.counts.skipped["for validation"] = held_out.size();
    context.say(describe(set.counts));
    context.say(format_count(training_.sequences.tokens()) + " tokens, " +
                format_count(static_cast<std::uint64_t>(vocabulary_->size())) + " distinct");
    train::DatasetCounts uncounted;
    validation_ = tokenize(held_out, uncounted, context);
    settings_.task.seed = context.seed;
    settings_.task.network.vocabulary = vocabulary_->size();
    task_ = std::make_unique<train::MaskedTokenTask>(training_, settings_.task);
    if (validation_.sequences.size() > 0)
      validator_ = std::make_unique<train::MaskedTokenValidator>(*task_, validation_);
  }

  train::Task& task() override { return *task_; }
  train::Validator* validator() override { return validator_.get(); }
  std::string default_figure() const override { return "loss"; }
  std::string model_kind(const std::string& /*job_kind*/) const override { return "roberta"; }

  void write_model(nn::ModelFolderWriter& writer) override {
    write_manifest(writer.manifest);
    for (const auto& [name, tensor] : learn::named_state(*task_->transformer()))
      learn::add_tensor(writer.weights, name, tensor);
    writer.weights.set_metadata("format", "pt");  // transformers refuses a file that does not say
    writer.add_weights_name("model.safetensors");
    const train::TransformerOptions& network = settings_.task.network;
    writer.add_side_file("config.json", train::huggingface_config(network));
    writer.add_side_file("tokenizer.json", vocabulary_->tokenizer_json());
    writer.add_side_file("tokenizer_config.json", train::SmilesVocabulary::tokenizer_config_json(network.max_tokens));
    writer.add_side_file("special_tokens_map.json", train::SmilesVocabulary::special_tokens_map_json());
    writer.add_side_file("modules.json", modules_json());
    writer.add_side_file("1_Pooling/config.json", pooling_json(network.hidden, settings_.task.pooling));
  }

 private:
  train::MoleculeSet load(const JobContext& context) {
    settings_.data.seed = context.seed;
    settings_.data.threads = context.threads;
    const bool formulas = settings_.exclude_by == train::Exclusion::kFormula;
    settings_.data.held_out =
        train::held_out_compounds(settings_.exclude, formulas, context.threads, *context.progress);
    if (!settings_.exclude.empty()) {
      context.say("held out: " + format_count(settings_.data.held_out.inchikeys.size()) + " compounds" +
                  (formulas ? " of " + format_count(settings_.data.held_out.formulas.size()) + " formulas" : ""));
    }
    return train::load_molecule_set(settings_.data, *context.progress);
  }

  /// Takes the molecules for validation out of `smiles`, drawn by the seed.
  std::vector<std::string> split_off(std::vector<std::string>& smiles, std::uint64_t seed) const {
    const auto count = static_cast<std::size_t>(settings_.validation_molecules);
    if (count * 2 > smiles.size()) {
      throw Error(ErrorCode::kUsage, "validation.molecules = " + std::to_string(count) + " is more than half of the " +
                                         format_count(smiles.size()) + " molecules");
    }
    std::vector<std::size_t> order(smiles.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng rng(seed, "validation molecules");
    rng.shuffle(std::span(order));
    std::vector<char> chosen(smiles.size(), 0);
    for (std::size_t i = 0; i < count; ++i) chosen[order[i]] = 1;
    std::vector<std::string> held_out, rest;
    for (std::size_t i = 0; i < smiles.size(); ++i) (chosen[i] != 0 ? held_out : rest).push_back(std::move(smiles[i]));
    smiles = std::move(rest);
    return held_out;
  }

  train::TokenizedMolecules tokenize(std::vector<std::string>& smiles, train::DatasetCounts& counts,
                                     const JobContext& context) const {
    const auto longest = static_cast<std::size_t>(settings_.task.network.max_tokens);
    train::TokenizedMolecules molecules;
    std::vector<std::string> kept;
    for (std::string& one : smiles) {
      const auto ids = vocabulary_->encode(one);
      if (ids.size() > longest) {
        ++counts.skipped["more tokens than network.max_tokens"];
        continue;
      }
      molecules.sequences.add(ids);
      if (fingerprint_) kept.push_back(std::move(one));
    }
    if (fingerprint_) molecules.fingerprints = fingerprints_of(kept, *fingerprint_, context);
    return molecules;
  }

  void write_manifest(ConfigWriter& manifest) const {
    const train::TransformerOptions& network = settings_.task.network;
    manifest.integer("network.layers", network.layers);
    manifest.integer("network.hidden", network.hidden);
    manifest.integer("network.heads", network.heads);
    manifest.integer("network.intermediate", network.feed_forward);
    manifest.integer("network.vocabulary", network.vocabulary);
    manifest.text("network.pooling", encoders::name(settings_.task.pooling));
    manifest.text("training.objective", fingerprint_ ? "masked tokens, " + fingerprint_->name() : "masked tokens");
    manifest.integer("training.molecules", training_.sequences.size());
    manifest.integer("training.tokens", static_cast<std::int64_t>(training_.sequences.tokens()));
    manifest.texts("training.excluded", settings_.exclude);
  }

  SmilesPretrainSettings settings_;
  std::shared_ptr<const encoders::MoleculeEncoder> fingerprint_;  ///< null without that objective
  std::optional<train::SmilesVocabulary> vocabulary_;
  train::TokenizedMolecules training_, validation_;
  std::unique_ptr<train::MaskedTokenTask> task_;
  std::unique_ptr<train::MaskedTokenValidator> validator_;
};

}  // namespace

std::unique_ptr<TrainingJob> make_smiles_pretrain_job(const Config& config) {
  return std::make_unique<SmilesPretrainJob>(config);
}

}  // namespace molbridge::service_train
