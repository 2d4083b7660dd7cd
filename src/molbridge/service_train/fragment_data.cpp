#include "molbridge/service_train/fragment_data.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/retrieve/query.hpp"
#include "molbridge/retrieve/space.hpp"
#include "molbridge/retrieve/training_molecules.hpp"
#include "molbridge/service/candidate_pools.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/service_train/spectrum_data.hpp"
#include "molbridge/train/spectrum_dataset.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::int64_t kScoringSpectra = 3;  // of a compound, by whose mean score its decoys are hard

/// The first usable reading; nullopt for a spectrum that cannot be read as an ion of this formula.
std::optional<retrieve::Query> reading_of(const spectra::Spectrum& spectrum, const mass::Formula& formula) {
  retrieve::QueryOptions options;
  options.formula = formula;
  auto query = retrieve::resolve_query(spectrum, options);
  if (!query || query->hypotheses.empty()) return std::nullopt;
  return std::move(*query);
}

class Loader {
 public:
  Loader(const FragmentDataSettings& settings, const JobContext& context)
      : settings_(settings), context_(context), bank_(bank::Bank::open(settings.bank)) {
    if (!settings.hard_model.empty()) {
      model_ = retrieve::SpectrumModel::load(settings.hard_model);
      retrieve::require_same_space(*model_, *bank_);
      encoder_ = encoders::make_molecule_encoder(model_->target_encoder());
    }
    pools_ = service::make_mass_pools(bank_, encoder_, mass::Tolerance::ppm(settings.ppm));
  }

  train::FragmentData load(service::EvaluationSet& set, std::int64_t spectra, std::int64_t decoys) {
    const std::vector<LabelledSpectrum> labelled = labelled_spectra(set, spectra);
    std::map<std::size_t, std::vector<std::size_t>> of_compound;
    for (std::size_t i = 0; i < labelled.size(); ++i) of_compound[labelled[i].compound].push_back(i);
    train::FragmentData out;
    std::vector<std::vector<std::string>> smiles;
    for (const auto& [compound, members] : of_compound) {
      const std::size_t number = out.compounds.size();
      std::vector<std::string> candidates = draw(set, compound, labelled, members, decoys);
      if (candidates.size() < 2) continue;
      out.compounds.push_back({set.compounds[compound].inchikey14, {}});
      smiles.push_back(std::move(candidates));
      for (const std::size_t i : members) {
        auto seen =
            fragment::observe(labelled[i].query->spectrum, labelled[i].reading.precursor_mz, labelled[i].adduct);
        if (!seen.mz.empty()) out.spectra.push_back({std::move(seen), number});
      }
      if (number % 64 == 0) context_.progress->advance(number);
    }
    take_apart(smiles, out);
    return out;
  }

 private:
  /// The truth and its decoys.
  std::vector<std::string> draw(const service::EvaluationSet& set, std::size_t compound,
                                const std::vector<LabelledSpectrum>& labelled, const std::vector<std::size_t>& members,
                                std::int64_t decoys) const {
    const service::EvaluationCompound& truth = set.compounds[compound];
    const auto pool = pools_->pool_of(truth, *labelled[members.front()].query);
    const std::size_t others = pool->size() - 1;
    std::vector<std::size_t> order(others);
    std::iota(order.begin(), order.end(), 0);
    Rng rng(context_.seed, "decoys " + truth.inchikey14);
    rng.shuffle(std::span(order));
    const auto count = std::min(others, static_cast<std::size_t>(decoys));
    if (model_ != nullptr && others > count) {
      const auto hard = static_cast<std::size_t>(static_cast<double>(count) * settings_.hard_share);
      bring_hard_forward(*pool, labelled, members, hard, order);
    }
    std::vector<std::string> out{truth.smiles};
    for (std::size_t i = 0; i < count; ++i) out.push_back(pool->other(order[i]).smiles);
    return out;
  }

  void bring_hard_forward(const service::CandidatePool& pool, const std::vector<LabelledSpectrum>& labelled,
                          const std::vector<std::size_t>& members, std::size_t hard,
                          std::vector<std::size_t>& order) const {
    const std::size_t count = std::min<std::size_t>(members.size(), kScoringSpectra);
    std::vector<double> sums(order.size(), 0);
    for (std::size_t k = 0; k < count; ++k) {
      const retrieve::SpectrumQuery& reading = labelled[members[k * members.size() / count]].reading;
      const auto scores = pool.scores(model_->embed(std::span(&reading, 1), 1));
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += scores.others[i];
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return sums[a] > sums[b]; });
    // The hardest first; the others in random order behind.
    Rng rng(context_.seed, "behind the hard ones");
    rng.shuffle(std::span(order).subspan(hard));
  }

  /// Distinct molecules once; those that cannot be taken apart drop out, and compounds whose truth cannot lose their spectra.
  void take_apart(const std::vector<std::vector<std::string>>& smiles, train::FragmentData& out) const {
    std::map<std::string, std::uint32_t> index;
    std::vector<const std::string*> texts;
    for (const auto& list : smiles) {
      for (const auto& text : list) {
        const auto [at, is_new] = index.try_emplace(text, static_cast<std::uint32_t>(texts.size()));
        if (is_new) texts.push_back(&at->first);
      }
    }
    out.fragmentations.resize(texts.size());
    parallel_for(texts.size(), context_.threads, 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto structure = fragment::Structure::of_standardized(*texts[i]);  // truths and bank hold no others
        if (structure) out.fragmentations[i] = fragment::take_apart(*structure);
      }
    });
    for (std::size_t c = 0; c < smiles.size(); ++c) {
      for (const auto& text : smiles[c]) {
        const std::uint32_t at = index.at(text);
        if (!out.fragmentations[at].fragments.empty())
          out.compounds[c].candidates.push_back(at);
        else if (&text == &smiles[c].front())
          break;  // no truth
      }
    }
    std::erase_if(out.spectra,
                  [&](const auto& spectrum) { return out.compounds[spectrum.compound].candidates.size() < 2; });
  }

  const FragmentDataSettings& settings_;
  const JobContext& context_;
  std::shared_ptr<const bank::Bank> bank_;
  std::shared_ptr<const retrieve::SpectrumModel> model_;
  std::shared_ptr<const encoders::MoleculeEncoder> encoder_;
  std::unique_ptr<service::PoolSource> pools_;
};

/// Drops queries whose compound `drop` names; says how many.
template <typename Drop>
void leave_out(service::EvaluationSet& set, const std::string& why, const JobContext& context, const Drop& drop) {
  const std::size_t before = set.queries.size();
  std::erase_if(set.queries, [&](const auto& query) { return drop(set.compounds[query.compound]); });
  context.say(format_count(before - set.queries.size()) + " spectra left out: " + why);
}

service::EvaluationSet load_set(const std::vector<std::string>& files, const JobContext& context) {
  auto set = service::load_evaluation_set({.files = files, .threads = context.threads}, *context.progress);
  std::erase_if(set.queries, [](const auto& query) { return !query.skip_reason.empty(); });
  return set;
}

}  // namespace

std::vector<std::string> read_names(const Config& config, const std::string& key) {
  std::vector<std::string> out = config.texts(key);
  if (out.empty()) throw Error(ErrorCode::kUsage, key + " names nothing").in_file(config.name());
  return out;
}

std::string model_manifest(const std::string& folder) {
  nn::read_model_manifest(folder);
  return folder + "/" + nn::kManifestFile;
}

FragmentDataSettings read_fragment_data(const Config& config) {
  const ConfigReader read(config);
  FragmentDataSettings out;
  out.train_files = read_names(config, "data.train");
  out.held_out_files = (config.has("data.held_out") ? config.texts("data.held_out") : std::vector<std::string>{});
  out.folds = read_folds(config);
  out.spectra_per_compound = read.integer("data.spectra_per_compound", out.spectra_per_compound, 0, 1 << 20);
  out.bank = config.text("negatives.bank");
  out.ppm = read.number("negatives.ppm", out.ppm, 0.01, 1000);
  out.decoys = read.integer("negatives.decoys", out.decoys, 1, 1000);
  out.hard_model = config.text("negatives.hard_model", "");
  out.hard_share = read.number("negatives.hard_share", out.hard_share, 0, 1);
  out.validation_files =
      (config.has("validation.spectra") ? config.texts("validation.spectra") : std::vector<std::string>{});
  out.validation_decoys = read.integer("validation.decoys", out.validation_decoys, 1, 100000);
  out.validation_spectra = read.integer("validation.max_spectra", out.validation_spectra, 0, 1 << 20);
  return out;
}

void write_fragment_data(const FragmentDataSettings& settings, ConfigWriter& out) {
  out.texts("data.train", settings.train_files);
  out.texts("data.held_out", settings.held_out_files);
  write_folds(settings.folds, out);
  out.integer("data.spectra_per_compound", settings.spectra_per_compound);
  out.text("negatives.bank", settings.bank);
  out.number("negatives.ppm", settings.ppm);
  out.integer("negatives.decoys", settings.decoys);
  out.text("negatives.hard_model", settings.hard_model);
  out.number("negatives.hard_share", settings.hard_share);
  out.texts("validation.spectra", settings.validation_files);
  out.integer("validation.decoys", settings.validation_decoys);
  out.integer("validation.max_spectra", settings.validation_spectra);
}

std::vector<std::string> inputs_of(const FragmentDataSettings& settings) {
  std::vector<std::string> files = settings.train_files;
  for (const auto* list : {&settings.held_out_files, &settings.validation_files})
    files.insert(files.end(), list->begin(), list->end());
  files.push_back(bank_manifest(settings.bank));
  if (!settings.hard_model.empty()) files.push_back(model_manifest(settings.hard_model));
  return files;
}

std::vector<LabelledSpectrum> labelled_spectra(const service::EvaluationSet& set, std::int64_t most) {
  std::map<std::size_t, std::vector<std::size_t>> of_compound;
  for (std::size_t i = 0; i < set.queries.size(); ++i) of_compound[set.queries[i].compound].push_back(i);
  std::vector<LabelledSpectrum> out;
  for (const auto& [compound, members] : of_compound) {
    const std::size_t count = most == 0 ? members.size() : std::min(members.size(), static_cast<std::size_t>(most));
    for (std::size_t k = 0; k < count; ++k) {
      const service::EvaluationQuery& query = set.queries[members[k * members.size() / count]];
      const auto reading = reading_of(query.spectrum, set.compounds[compound].formula);
      if (!reading) continue;
      const auto& [adduct, neutral_mass] = reading->hypotheses.front();
      out.push_back({&query,
                     {&query.spectrum, reading->precursor_mz, neutral_mass, adduct.str(), adduct.ion_mode()},
                     adduct,
                     compound});
    }
  }
  return out;
}

std::set<std::string> training_formulas(const std::string& model_folder) {
  std::set<std::string> out;
  for (const auto& molecule : retrieve::read_training_molecules(nn::ModelFolder::open(model_folder))) {
    const auto parsed = chem::Molecule::from_smiles(molecule.smiles);
    if (parsed) out.insert(parsed->formula().hill());
  }
  return out;
}

service::EvaluationSet load_unseen_spectra(const std::vector<std::string>& files,
                                           const std::vector<std::string>& held_out_files,
                                           const std::vector<std::string>& models, const JobContext& context) {
  service::EvaluationSet set = load_set(files, context);
  if (!held_out_files.empty()) {
    std::set<std::string> formulas;
    for (const auto& compound : load_set(held_out_files, context).compounds) formulas.insert(compound.formula.hill());
    leave_out(set, "formulas of the held-out files", context,
              [&](const auto& compound) { return formulas.count(compound.formula.hill()) > 0; });
  }
  for (const std::string& model : models) {
    const auto formulas = training_formulas(model);
    leave_out(set, "formulas that " + model + " was trained on", context,
              [&](const auto& compound) { return formulas.count(compound.formula.hill()) > 0; });
  }
  return set;
}

FragmentTrainingData load_fragment_data(const FragmentDataSettings& settings, const JobContext& context) {
  service::EvaluationSet set = load_unseen_spectra(settings.train_files, settings.held_out_files, {}, context);
  if (settings.folds.folds > 0) {
    leave_out(set, "formulas of the fold", context,
              [&](const auto& compound) { return settings.folds.leaves_out(compound.formula.hill()); });
  }
  FragmentTrainingData out;
  Loader loader(settings, context);
  context.progress->start("candidates", set.compounds.size(), "compounds");
  out.training = loader.load(set, settings.spectra_per_compound, settings.decoys);
  context.progress->finish();
  if (out.training.spectra.empty()) {
    throw Error(ErrorCode::kUsage, "no spectrum is left to train on")
        .remedy(
            "Compare data.train with data.held_out; negatives.bank must hold other molecules of the training masses.");
  }
  std::map<std::string, const service::EvaluationCompound*> by_key;
  for (const auto& compound : set.compounds) by_key.emplace(compound.inchikey14, &compound);
  for (const auto& compound : out.training.compounds) out.compounds.push_back(*by_key.at(compound.inchikey14));
  if (!settings.validation_files.empty()) {
    service::EvaluationSet held = load_set(settings.validation_files, context);
    out.validation = loader.load(held, settings.validation_spectra, settings.validation_decoys);
  }
  context.say(format_count(out.training.spectra.size()) + " spectra of " + format_count(out.training.compounds.size()) +
              " compounds, " + format_count(out.training.fragmentations.size()) +
              " molecules taken apart; validation " + format_count(out.validation.spectra.size()) + " spectra");
  return out;
}

}  // namespace molbridge::service_train
