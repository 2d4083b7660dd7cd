#include "molbridge/service/audit_train.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/eval/leak_statistics.hpp"

namespace molbridge::service {
namespace {

using eval::LeakCheck;
using eval::Verdict;

/// The same peaks, intensities relative to the highest: files scale them, and round.
std::string peaks_key(const spectra::Spectrum& spectrum) {
  double highest = 0;
  for (const spectra::Peak& peak : spectrum.peaks) highest = std::max(highest, peak.intensity);
  std::string text;
  for (const spectra::Peak& peak : spectrum.peaks) {
    text += format_fixed(peak.mz, 3) + ":" + format_fixed(highest > 0 ? peak.intensity / highest : 0, 2) + " ";
  }
  return sha256(text);
}

/// One peak says too little to be called the same spectrum.
bool is_comparable(const EvaluationQuery& query) {
  return query.skip_reason.empty() && query.spectrum.peaks.size() >= 3;
}

struct Training {
  EvaluationSet set;
  std::unordered_set<std::string> keys, formulas, peaks;
  std::vector<std::string> smiles;
};

Training load_training(const AuditOptions& options, Progress& progress) {
  Training out;
  out.set = load_evaluation_set({options.train, options.threads, {}}, progress);
  for (const EvaluationCompound& compound : out.set.compounds) {
    if (compound.smiles.empty()) continue;
    out.keys.insert(compound.inchikey14);
    out.formulas.insert(compound.formula.hill());
    out.smiles.push_back(compound.smiles);
  }
  for (const EvaluationQuery& query : out.set.queries) {
    if (is_comparable(query)) out.peaks.insert(peaks_key(query.spectrum));
  }
  return out;
}

/// Share of compounds (or queries) for which something holds, with an interval.
LeakCheck share_check(std::string id, std::string title, const std::vector<double>& holds,
                      const AuditOptions& options) {
  LeakCheck check;
  check.id = std::move(id);
  check.title = std::move(title);
  check.compounds = holds.size();
  const double count = std::accumulate(holds.begin(), holds.end(), 0.0);
  check.figure = holds.empty() ? 0 : 100 * count / static_cast<double>(holds.size());
  const auto [low, high] = eval::bootstrap_interval(holds, {options.seed, options.resamples});
  check.ci_low = 100 * low;
  check.ci_high = 100 * high;
  check.more.emplace_back("count", count);
  return check;
}

/// Any is suspicious, more than 1 % a leak.
void judge_overlap(LeakCheck& check, std::string advice) {
  check.verdict = *check.figure > 1 ? Verdict::kLeak : *check.figure > 0 ? Verdict::kSuspicious : Verdict::kOk;
  check.threshold = "LEAK: more than 1 %; suspicious: any";
  check.advice = std::move(advice);
}

void judge_as(LeakCheck& check, double from, Verdict verdict, std::string advice) {
  check.verdict = *check.figure > from ? verdict : Verdict::kOk;
  check.threshold = std::string(eval::name(verdict)) + ": more than " + format_shortest(from) + " %";
  check.advice = std::move(advice);
}

class Comparison {
 public:
  Comparison(const AuditSet& audit, const AuditOptions& options, Progress& progress)
      : audit_(audit), options_(options), training_(load_training(options, progress)), near_(audit.set) {
    for (std::size_t i = 0; i < audit.set.compounds.size(); ++i) {
      if (!audit.set.compounds[i].smiles.empty()) compounds_.push_back(i);
    }
    measure_novelty(near_, training_.smiles, options.threads);
  }

  std::vector<LeakCheck> run() const {
    return {compounds(), formulas(), similar(0.999, "train.fingerprint"), similar(0.85, "train.near"), spectra()};
  }

 private:
  template <typename Test>
  std::vector<double> each(const Test& test) const {
    std::vector<double> out;
    for (const std::size_t i : compounds_) out.push_back(test(near_.compounds[i]) ? 1 : 0);
    return out;
  }

  LeakCheck compounds() const {
    LeakCheck check = share_check("train.compounds", "query compounds that are training compounds",
                                  each([&](const auto& c) { return training_.keys.contains(c.inchikey14); }), options_);
    judge_overlap(check, "Split by InChIKey first block, or remove these compounds from one side.");
    check.more.emplace_back("training_compounds", static_cast<double>(training_.keys.size()));
    return check;
  }

  LeakCheck formulas() const {
    LeakCheck check =
        share_check("train.formulas", "query compounds whose formula is in training",
                    each([&](const auto& c) { return training_.formulas.contains(c.formula.hill()); }), options_);
    judge_as(check, 0, Verdict::kPrior, "Usual unless the split is by formula; where it claims to be, it is broken.");
    return check;
  }

  LeakCheck similar(double least, const std::string& id) const {
    const bool exact = least > 0.99;
    LeakCheck check = share_check(
        id, "other training compound at Tanimoto >= " + format_shortest(least),
        each([&](const auto& c) { return c.novelty >= least && !training_.keys.contains(c.inchikey14); }), options_);
    if (exact) {
      judge_as(check, 5, Verdict::kSuspicious,
               "To a fingerprint these are training compounds (homologues): report figures by novelty.");
    } else {
      judge_as(check, 25, Verdict::kSuspicious, "Close relatives in training: report figures by novelty.");
      add_histogram(check);
    }
    return check;
  }

  /// Compounds by largest Tanimoto to training, in tenths.
  void add_histogram(LeakCheck& check) const {
    std::vector<double> tenths(10, 0);
    for (const std::size_t i : compounds_) {
      tenths[static_cast<std::size_t>(std::clamp(std::floor(near_.compounds[i].novelty * 10), 0.0, 9.0))] += 1;
    }
    for (std::size_t t = 0; t < 10; ++t) {
      check.more.emplace_back("tanimoto_from_" + format_fixed(0.1 * static_cast<double>(t), 1), tenths[t]);
    }
  }

  LeakCheck spectra() const {
    std::vector<double> holds;
    for (const EvaluationQuery& query : audit_.set.queries) {
      if (is_comparable(query)) holds.push_back(training_.peaks.contains(peaks_key(query.spectrum)) ? 1 : 0);
    }
    LeakCheck check = share_check("train.spectra", "query spectra whose peaks stand in training", holds, options_);
    judge_overlap(check, "Remove them from one side, whatever structure they name there.");
    return check;
  }

  const AuditSet& audit_;
  const AuditOptions& options_;
  Training training_;
  EvaluationSet near_;  ///< the queries' set with novelty against the training compounds
  std::vector<std::size_t> compounds_;
};

/// Spectra of the set with the peaks of another one that names another structure.
LeakCheck conflicts_check(const AuditSet& audit, const AuditOptions& options) {
  std::unordered_map<std::string, std::unordered_set<std::size_t>> compounds_of_peaks;
  std::vector<std::string> keys;
  for (const EvaluationQuery& query : audit.set.queries) {
    keys.push_back(is_comparable(query) ? peaks_key(query.spectrum) : "");
    if (!keys.back().empty()) compounds_of_peaks[keys.back()].insert(query.compound);
  }
  std::vector<double> holds;
  for (const std::string& key : keys) {
    if (!key.empty()) holds.push_back(compounds_of_peaks[key].size() > 1 ? 1 : 0);
  }
  LeakCheck check = share_check("set.conflicts", "spectra with the peaks of another compound's", holds, options);
  judge_as(check, 0, Verdict::kSuspicious,
           "One of two labels is wrong, and no model can be right on both: remove them.");
  return check;
}

}  // namespace

std::vector<LeakCheck> train_checks(const AuditSet& audit, const AuditOptions& options, Progress& progress) {
  std::vector<LeakCheck> checks{conflicts_check(audit, options)};
  if (options.train.empty()) {
    checks.push_back(eval::not_run("train.compounds", "overlap with training spectra", "no --train"));
    return checks;
  }
  for (LeakCheck& check : Comparison(audit, options, progress).run()) checks.push_back(std::move(check));
  return checks;
}

}  // namespace molbridge::service
