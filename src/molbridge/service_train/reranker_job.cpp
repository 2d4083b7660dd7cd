#include "molbridge/service_train/reranker_job.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "molbridge/chem/closeness.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/learn/tensors.hpp"
#include "molbridge/rerank/calibration.hpp"
#include "molbridge/rerank/combiner.hpp"
#include "molbridge/retrieve/space.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/service_train/examined_pools.hpp"
#include "molbridge/service_train/fragment_data.hpp"
#include "molbridge/service_train/spectrum_data.hpp"
#include "molbridge/train/combiner_fit.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::size_t kCrossFolds = 5;

struct RerankerSettings {
  std::vector<std::string> train_files, held_out_files;
  std::string bank;
  double ppm = 10;
  std::string fold_bridge;                  ///< trained without the compounds that are fitted on
  std::vector<std::string> fold_fragments;  ///< the same, averaged
  std::string bridge;                       ///< trained on all
  std::vector<std::string> fragments;       ///< the same
  std::int64_t spectra_per_compound = 6, shortlist = 100, hidden = 16, steps = 150;
  double weight_decay = 1e-3;
};

RerankerSettings read_settings(const Config& config) {
  const ConfigReader read(config);
  RerankerSettings out;
  out.train_files = read_names(config, "data.train");
  if (config.has("data.held_out")) out.held_out_files = config.texts("data.held_out");
  out.spectra_per_compound = read.integer("data.spectra_per_compound", out.spectra_per_compound, 0, 1 << 20);
  out.bank = config.text("candidates.bank");
  out.ppm = read.number("candidates.ppm", out.ppm, 0.01, 1000);
  out.fold_bridge = config.text("fold.bridge");
  out.fold_fragments = read_names(config, "fold.fragments");
  out.bridge = config.text("final.bridge");
  out.fragments = read_names(config, "final.fragments");
  out.shortlist = read.integer("rerank.shortlist", out.shortlist, 1, 100000);
  out.hidden = read.integer("combiner.hidden", out.hidden, 1, 1024);
  out.steps = read.integer("combiner.steps", out.steps, 1, 100000);
  out.weight_decay = read.number("combiner.weight_decay", out.weight_decay, 0, 100);
  return out;
}

/// A module for what wants one: all is solved in prepare().
class NothingToTrain : public train::Task {
 public:
  torch::nn::Module& module() override { return module_; }
  std::int64_t num_examples() const override { return 0; }
  train::StepLoss loss(std::span<const std::int64_t>, const train::StepContext&) override { return {}; }

 private:
  torch::nn::Module module_;
};

rerank::Combiner combiner_of(const train::CombinerWeights& weights) {
  return {weights.mean, weights.deviation, weights.linear, weights.hidden_weight, weights.hidden_bias, weights.output};
}

class RerankerJob : public TrainingJob {
 public:
  explicit RerankerJob(const Config& config) : settings_(read_settings(config)) {}

  void write_settings(ConfigWriter& out) const override;
  std::vector<std::string> inputs() const override;
  void prepare(const JobContext& context) override;
  train::Task& task() override { return task_; }
  bool is_solved() const override { return true; }
  void write_model(nn::ModelFolderWriter& writer) override;

 private:
  struct Scored {
    const ExaminedPool* pool = nullptr;
    std::vector<float> scores;
    double weight = 1;
  };
  void require_final_parts() const;
  std::vector<ExaminedPool> examined(const JobContext& context) const;
  std::vector<double> weights_of(const std::vector<ExaminedPool>& pools) const;
  train::CombinerWeights fit(const std::vector<const ExaminedPool*>& pools, const std::vector<double>& weights,
                             std::uint64_t seed) const;
  std::vector<Scored> cross_fitted(const std::vector<ExaminedPool>& pools, const std::vector<double>& weights,
                                   const JobContext& context) const;
  void calibrate(const std::vector<Scored>& scored, const JobContext& context);
  void say_figures(const std::vector<Scored>& scored, const JobContext& context);

  RerankerSettings settings_;
  NothingToTrain task_;
  rerank::Combiner combiner_;
  rerank::Calibration calibration_;
  std::map<std::string, double> figures_;
  std::size_t num_pools_ = 0, num_compounds_ = 0;
};

void RerankerJob::write_settings(ConfigWriter& out) const {
  const RerankerSettings& s = settings_;
  out.texts("data.train", s.train_files);
  out.texts("data.held_out", s.held_out_files);
  out.integer("data.spectra_per_compound", s.spectra_per_compound);
  out.text("candidates.bank", s.bank);
  out.number("candidates.ppm", s.ppm);
  out.text("fold.bridge", s.fold_bridge);
  out.texts("fold.fragments", s.fold_fragments);
  out.text("final.bridge", s.bridge);
  out.texts("final.fragments", s.fragments);
  out.integer("rerank.shortlist", s.shortlist);
  out.integer("combiner.hidden", s.hidden);
  out.integer("combiner.steps", s.steps);
  out.number("combiner.weight_decay", s.weight_decay);
}

std::vector<std::string> RerankerJob::inputs() const {
  std::vector<std::string> files = settings_.train_files;
  files.insert(files.end(), settings_.held_out_files.begin(), settings_.held_out_files.end());
  files.push_back(bank_manifest(settings_.bank));
  for (const auto& folder : {settings_.fold_bridge, settings_.bridge}) files.push_back(model_manifest(folder));
  for (const auto* folders : {&settings_.fold_fragments, &settings_.fragments}) {
    for (const auto& folder : *folders) files.push_back(model_manifest(folder));
  }
  return files;
}

std::vector<ExaminedPool> RerankerJob::examined(const JobContext& context) const {
  const auto bank = bank::Bank::open(settings_.bank);
  const auto bridge = retrieve::SpectrumModel::load(settings_.fold_bridge);
  retrieve::require_same_space(*bridge, *bank);
  const std::shared_ptr<const encoders::MoleculeEncoder> encoder =
      encoders::make_molecule_encoder(bridge->target_encoder());
  const auto pools = service::make_mass_pools(bank, encoder, mass::Tolerance::ppm(settings_.ppm));
  const auto scorer = rerank::FragmentScorer::read(settings_.fold_fragments);
  std::vector<std::string> models = settings_.fold_fragments;
  models.push_back(settings_.fold_bridge);
  const auto set = load_unseen_spectra(settings_.train_files, settings_.held_out_files, models, context);
  const auto spectra = labelled_spectra(set, settings_.spectra_per_compound);
  const auto analogs = rerank::AnalogLibrary::read(nn::ModelFolder::open(settings_.fold_bridge));
  return examine_pools(set, spectra, *bridge, {scorer, analogs.get()}, *pools,
                       {static_cast<std::size_t>(settings_.shortlist), context.threads}, *context.progress);
}

/// Every compound counts the same.
std::vector<double> RerankerJob::weights_of(const std::vector<ExaminedPool>& pools) const {
  std::map<std::string, double> count;
  for (const auto& pool : pools) count[pool.compound] += 1;
  std::vector<double> out;
  for (const auto& pool : pools) out.push_back(1 / count[pool.compound]);
  return out;
}

train::CombinerWeights RerankerJob::fit(const std::vector<const ExaminedPool*>& pools,
                                        const std::vector<double>& weights, std::uint64_t seed) const {
  std::vector<train::CombinerSample> samples;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const ExaminedPool& pool = *pools[i];
    if (!pool.truth || pool.found.shortlist.size() < 2) continue;
    samples.push_back({pool.found.features, static_cast<std::int64_t>(*pool.truth), static_cast<float>(weights[i])});
  }
  if (samples.empty())
    throw Error(ErrorCode::kUsage, "no spectrum is left to fit on")
        .remedy("fold.bridge and fold.fragments must leave out some of the training formulas (data.folds, data.fold).");
  return train::fit_combiner(samples, {.features = static_cast<std::int64_t>(rerank::kFeatures),
                                       .hidden = settings_.hidden,
                                       .steps = settings_.steps,
                                       .weight_decay = settings_.weight_decay,
                                       .seed = seed});
}

std::vector<RerankerJob::Scored> RerankerJob::cross_fitted(const std::vector<ExaminedPool>& pools,
                                                           const std::vector<double>& weights,
                                                           const JobContext& context) const {
  std::vector<Scored> out;
  for (std::size_t fold = 0; fold < kCrossFolds; ++fold) {
    std::vector<const ExaminedPool*> others;
    std::vector<double> their_weights;
    const auto in_fold = [&](const ExaminedPool& pool) {
      return Rng(context.seed, "cross " + pool.formula).below(kCrossFolds) == fold;
    };
    for (std::size_t i = 0; i < pools.size(); ++i) {
      if (in_fold(pools[i])) continue;
      others.push_back(&pools[i]);
      their_weights.push_back(weights[i]);
    }
    const rerank::Combiner combiner = combiner_of(fit(others, their_weights, context.seed));
    for (std::size_t i = 0; i < pools.size(); ++i) {
      if (in_fold(pools[i])) out.push_back({&pools[i], combiner.scores(pools[i].found.features), weights[i]});
    }
  }
  return out;
}

void RerankerJob::calibrate(const std::vector<Scored>& scored, const JobContext& context) {
  std::vector<eval::TemperingSample> samples;
  double large = 0, covered = 0;
  for (const Scored& one : scored) {
    const ExaminedPool& pool = *one.pool;
    if (pool.found.order.size() > pool.found.shortlist.size()) {
      large += one.weight;
      covered += pool.truth ? one.weight : 0;
    }
    if (!pool.truth) continue;
    samples.push_back({{one.scores.begin(), one.scores.end()},
                       *pool.truth,
                       rerank::Calibration::tempering_features(pool.found),
                       one.weight});
  }
  calibration_.tempering = eval::fit_tempering(samples);
  calibration_.coverage = large > 0 ? covered / large : 1;
  std::vector<eval::LogisticSample> close;
  for (const Scored& one : scored) {
    const ExaminedPool& pool = *one.pool;
    const auto own = calibration_.probabilities(pool.found, one.scores);
    const auto sums = rerank::Calibration::close_sums(pool.found, one.scores, own, pool.pool);
    const auto best =
        static_cast<std::size_t>(std::max_element(one.scores.begin(), one.scores.end()) - one.scores.begin());
    const auto top = chem::Molecule::from_smiles(pool.pool[pool.found.shortlist[best].candidate].smiles);
    const auto truth = chem::Molecule::from_smiles(pool.truth_smiles);
    const bool is_close = pool.truth == best || (top && truth && chem::is_close(*top, *truth));
    close.push_back({rerank::Calibration::close_features(sums[best], pool.found), is_close, one.weight});
  }
  calibration_.close = eval::fit_logistic(close);
  context.say("calibration on " + format_count(scored.size()) + " spectra, coverage of the shortlist " +
              format_fixed(calibration_.coverage, 4));
}

void RerankerJob::say_figures(const std::vector<Scored>& scored, const JobContext& context) {
  double sum = 0, bridge = 0, fragments = 0, both = 0, mrr = 0;
  for (const Scored& one : scored) {
    sum += one.weight;
    if (!one.pool->truth) continue;
    const std::size_t truth = *one.pool->truth;
    const auto first = [&](const auto& value) {
      for (std::size_t i = 0; i < one.scores.size(); ++i) {
        if (i != truth && value(i) >= value(truth)) return 0.0;
      }
      return 1.0;
    };
    const auto& features = one.pool->found.features;
    bridge += one.weight * first([&](std::size_t i) { return features[i * rerank::kFeatures]; });
    fragments += one.weight * first([&](std::size_t i) { return features[i * rerank::kFeatures + 4]; });
    both += one.weight * first([&](std::size_t i) { return one.scores[i]; });
    const auto rank =
        std::count_if(one.scores.begin(), one.scores.end(), [&](float s) { return s >= one.scores[truth]; });
    mrr += one.weight / static_cast<double>(rank);
  }
  figures_ = {{"recall_at_1", both / sum},
              {"mrr", mrr / sum},
              {"recall_at_1_bridge", bridge / sum},
              {"recall_at_1_fragments", fragments / sum}};
  std::string line = "cross-fitted, by compound:";
  for (const auto& [name, value] : figures_) line += " " + name + " " + format_fixed(value, 4);
  context.say(line);
}

/// What the written model will consist of, before hours are spent on it.
void RerankerJob::require_final_parts() const {
  const auto bridge = retrieve::SpectrumModel::load(settings_.bridge);
  retrieve::require_same_space(*bridge, *bank::Bank::open(settings_.bank));
  rerank::FragmentScorer::read(settings_.fragments);
}

void RerankerJob::prepare(const JobContext& context) {
  require_final_parts();
  const std::vector<ExaminedPool> pools = examined(context);
  const std::vector<double> weights = weights_of(pools);
  std::set<std::string> compounds;
  for (const auto& pool : pools) compounds.insert(pool.compound);
  num_pools_ = pools.size();
  num_compounds_ = compounds.size();
  context.say(format_count(num_pools_) + " spectra of " + format_count(num_compounds_) + " compounds to fit on");
  const std::vector<Scored> scored = cross_fitted(pools, weights, context);
  say_figures(scored, context);
  calibrate(scored, context);
  std::vector<const ExaminedPool*> all;
  for (const auto& pool : pools) all.push_back(&pool);
  combiner_ = combiner_of(fit(all, weights, context.seed));
}

void RerankerJob::write_model(nn::ModelFolderWriter& writer) {
  std::vector<std::string> digests;
  for (std::size_t i = 0; i < settings_.fragments.size(); ++i) {
    const nn::ModelFolder fragments = nn::ModelFolder::open(settings_.fragments[i]);
    const std::string net = i == 0 ? "fragment_net" : "fragment_net_" + std::to_string(i + 1);
    for (const char* key :
         {"counts", "kind_codes", "neighbour_codes", "formula_codes", "conditions", "channels", "hidden", "hidden2"})
      writer.manifest.integer(net + "." + key, fragments.manifest.integer(std::string("fragment_net.") + key));
    for (const auto& [name, tensor] : learn::load_all(fragments.weights))
      learn::add_tensor(writer.weights, net + name.substr(name.find('.')), tensor);
    digests.push_back(fragments.digest);
  }
  const nn::ModelFolder fragments = nn::ModelFolder::open(settings_.fragments.front());
  writer.manifest.integer("rerank.shortlist", settings_.shortlist);
  writer.manifest.text("rerank.bridge_digest", nn::ModelFolder::open(settings_.bridge).digest);
  writer.manifest.texts("rerank.fragments_digests", digests);
  combiner_.write(writer.weights);
  calibration_.write(writer.manifest);
  for (const auto& [name, value] : figures_) writer.manifest.number("fitted." + name, value);
  writer.manifest.integer("fitted.spectra", static_cast<std::int64_t>(num_pools_));
  writer.manifest.integer("fitted.compounds", static_cast<std::int64_t>(num_compounds_));
  writer.manifest.integer("training.molecules", fragments.manifest.integer("training.molecules"));
  writer.manifest.integer("training.spectra", fragments.manifest.integer("training.spectra"));
}

}  // namespace

std::unique_ptr<TrainingJob> make_reranker_job(const Config& config) { return std::make_unique<RerankerJob>(config); }

}  // namespace molbridge::service_train
