#include "molbridge/service/evaluation_set.hpp"

#include <optional>
#include <utility>
#include <variant>

#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/spectra/reader.hpp"

namespace molbridge::service {
namespace {

constexpr std::size_t kChunk = 16;

struct ParsedTruth {
  std::optional<EvaluationCompound> compound;
  std::string failure;
};

ParsedTruth parse_truth(const std::string& smiles) {
  const auto molecule = chem::standardize(smiles);
  if (!molecule) return {std::nullopt, molecule.reason()};
  const auto key = chem::inchikey14(*molecule);
  if (!key) return {std::nullopt, key.reason()};
  return {EvaluationCompound{*key, molecule->smiles(), molecule->formula(), molecule->monoisotopic_mass(), 0}, ""};
}

/// Collects queries with the index of their distinct structure text in `compound`; structures are parsed afterwards.
class Collector {
 public:
  explicit Collector(const EvaluationSetOptions& options) : options_(options) {}

  void read(const std::string& file, Progress& progress) {
    const auto reader = spectra::open_spectra(file, {.centroid_profile = true});  // as in training
    progress.start("reading " + file, 0, "spectra");
    while (auto record = reader->next()) {
      check_interrupt();
      progress.advance(++set_.read);
      if (auto* spectrum = std::get_if<spectra::Spectrum>(&*record)) {
        take(std::move(*spectrum));
      } else {
        take_skipped(std::get<spectra::SkippedSpectrum>(std::move(*record)));
      }
    }
    progress.finish();
  }

  EvaluationSet finish() {
    std::vector<ParsedTruth> truths(structures_.size());
    parallel_for(structures_.size(), options_.threads, kChunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) truths[i] = parse_truth(structures_[i]);
    });
    for (EvaluationQuery& query : set_.queries) assign_compound(query, truths);
    return std::move(set_);
  }

 private:
  static constexpr std::size_t kUnknown = static_cast<std::size_t>(-1);

  void take(spectra::Spectrum spectrum) {
    std::string smiles(spectrum.field("smiles"));
    if (smiles.empty()) {
      if (const auto found = options_.truth_by_id.find(spectrum.id); found != options_.truth_by_id.end())
        smiles = found->second;
    }
    if (smiles.empty()) {
      ++set_.unlabelled;
      return;
    }
    const auto [at, is_new] = index_.try_emplace(smiles, structures_.size());
    if (is_new) structures_.push_back(smiles);
    set_.queries.push_back({std::move(spectrum), at->second, smiles, ""});
  }

  void take_skipped(spectra::SkippedSpectrum skipped) {
    EvaluationQuery query;
    query.spectrum.id = std::move(skipped.id);
    query.spectrum.index = skipped.index;
    query.spectrum.source = std::move(skipped.source);
    query.compound = kUnknown;
    query.skip_reason = std::move(skipped.reason);
    set_.queries.push_back(std::move(query));
  }

  std::size_t own_compound() {
    set_.compounds.emplace_back();
    return set_.compounds.size() - 1;
  }

  void assign_compound(EvaluationQuery& query, std::vector<ParsedTruth>& truths) {
    if (query.compound == kUnknown) {
      query.compound = own_compound();
      return;
    }
    const ParsedTruth& truth = truths[query.compound];
    if (!truth.compound) {
      query.skip_reason = "structure not usable: " + truth.failure;
      query.compound = own_compound();
      return;
    }
    const auto [at, is_new] = compound_of_key_.try_emplace(truth.compound->inchikey14, set_.compounds.size());
    if (is_new) set_.compounds.push_back(*truth.compound);
    query.compound = at->second;
  }

  const EvaluationSetOptions& options_;
  EvaluationSet set_;
  std::vector<std::string> structures_;
  std::unordered_map<std::string, std::size_t> index_;
  std::unordered_map<std::string, std::size_t> compound_of_key_;
};

std::vector<chem::BitFingerprint> fingerprints_of(const std::vector<std::string>& smiles, std::size_t threads) {
  std::vector<chem::BitFingerprint> out(smiles.size());
  parallel_for(smiles.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto molecule = chem::Molecule::from_smiles(smiles[i]);
      if (!molecule) throw Error(ErrorCode::kModel, "training molecule " + smiles[i] + ": " + molecule.reason());
      out[i] = chem::morgan(*molecule);
    }
  });
  return out;
}

}  // namespace

EvaluationSet load_evaluation_set(const EvaluationSetOptions& options, Progress& progress) {
  Collector collector(options);
  for (const auto& file : options.files) collector.read(file, progress);
  return collector.finish();
}

void measure_novelty(EvaluationSet& set, const std::vector<std::string>& training_smiles, std::size_t threads) {
  const auto training = fingerprints_of(training_smiles, threads);
  parallel_for(set.compounds.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      EvaluationCompound& compound = set.compounds[i];
      if (compound.smiles.empty()) continue;
      compound.novelty =
          chem::max_tanimoto(chem::morgan(chem::Molecule::from_smiles(compound.smiles).value()), training);
    }
  });
}

}  // namespace molbridge::service
