#include "molbridge/rerank/examination.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "molbridge/chem/circular.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/fragment/annotation.hpp"
#include "molbridge/fragment/formula_evidence.hpp"

namespace molbridge::rerank {
namespace {

constexpr std::size_t kFormulaFeatures = 9;
constexpr std::size_t kFirstFragmentFeature = 4, kFirstFormulaFeature = 9;
constexpr std::size_t kFirstAnalogFeature = kFirstFormulaFeature + kFormulaFeatures;
static_assert(kFirstAnalogFeature + kAnalogFeatures == kOwnFeatures);
constexpr double kLeastDeviation = 1e-6;

float bridge_score(const Candidate& candidate) {
  return std::isnan(candidate.bridge_score) ? -std::numeric_limits<float>::max() : candidate.bridge_score;
}

struct Spread {
  double mean = 0, deviation = 1;
};

template <typename Values>
Spread spread_of(const Values& values, std::size_t count) {
  if (count == 0) return {};
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < count; ++i) sum += values(i);
  const double mean = sum / static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) squares += (values(i) - mean) * (values(i) - mean);
  return {mean, std::max(kLeastDeviation, std::sqrt(squares / static_cast<double>(count)))};
}

/// One reading of the ion with what is the same for all of its candidates.
class Reading {
 public:
  Reading(const retrieve::SpectrumQuery& query, const AnalogLibrary* library) {
    auto adduct = mass::Adduct::parse(query.adduct, query.ion_mode);
    MOLBRIDGE_CHECK(bool(adduct), query.adduct);  // it was made by Adduct::str()
    adduct_ = std::move(*adduct);
    seen_ = fragment::observe(*query.spectrum, query.precursor_mz, *adduct_);
    for (const float value : seen_.intensity) intensity_.push_back(value);
    if (library != nullptr) analogs_ = library->find(query);
  }
  const fragment::Observation& seen() const { return seen_; }
  const std::vector<KnownAnalog>& analogs() const { return analogs_; }

  const std::array<double, fragment::FormulaEvidence::kSize>& evidence(const mass::Formula& formula) {
    const auto [at, is_new] = evidence_.try_emplace(formula.hill());
    if (!is_new) return at->second;
    const auto ion = adduct_->ion_formula(formula);
    if (ion && !seen_.mz.empty()) {
      const fragment::SubformulaIndex index(*ion);
      at->second = fragment::formula_evidence(index, seen_.mz, intensity_, seen_.precursor_mz).values();
    }
    return at->second;
  }

 private:
  std::optional<mass::Adduct> adduct_;
  fragment::Observation seen_;
  std::vector<double> intensity_;
  std::vector<KnownAnalog> analogs_;
  std::map<std::string, std::array<double, fragment::FormulaEvidence::kSize>> evidence_;
};

class Examiner {
 public:
  Examiner(const Witnesses& witnesses, std::span<const retrieve::SpectrumQuery> hypotheses,
           std::span<const Candidate> pool)
      : scorer_(witnesses.scorer), pool_(pool) {
    for (const auto& hypothesis : hypotheses) readings_.emplace_back(hypothesis, witnesses.analogs);
  }

  Examination run(std::size_t shortlist) {
    Examination out;
    out.order.resize(pool_.size());
    std::iota(out.order.begin(), out.order.end(), 0);
    std::stable_sort(out.order.begin(), out.order.end(),
                     [&](std::size_t a, std::size_t b) { return bridge_score(pool_[a]) > bridge_score(pool_[b]); });
    const std::size_t count = shortlist == 0 ? pool_.size() : std::min(pool_.size(), shortlist);
    own_.assign(count * kOwnFeatures, 0);
    for (std::size_t i = 0; i < count; ++i) {
      out.shortlist.push_back({out.order[i], {}, false});
      look_at(out.shortlist.back(), &own_[i * kOwnFeatures]);
    }
    if (count > 0) add_bridge_features(out);
    give_worst_to_untaken(out.shortlist);
    fill(out);
    return out;
  }

 private:
  void look_at(Examined& examined, float* features) {
    const Candidate& candidate = pool_[examined.candidate];
    Reading& reading = readings_[candidate.hypothesis];
    const auto graph = chem::standardized_graph(candidate.smiles);
    if (!graph) return;
    const auto alike = analog_features(reading.analogs(), chem::circular(*graph));
    std::copy(alike.begin(), alike.end(), features + kFirstAnalogFeature);
    const auto structure = fragment::Structure::of(*graph);
    if (structure) {
      add_evidence(reading, fragment::formula_of(*structure), features);
    } else {
      const auto molecule = chem::Molecule::from_smiles(candidate.smiles);
      if (molecule) add_evidence(reading, molecule->formula(), features);
      return;
    }
    examined.fragments = scorer_.score(reading.seen(), fragment::take_apart(*structure));
    examined.taken_apart = true;
    const FragmentScore& found = examined.fragments;
    float* to = features + kFirstFragmentFeature;
    for (const double value :
         {found.score, found.likelihood, found.explained, found.share_of_peaks, found.share_of_intensity})
      *to++ = static_cast<float>(value);
  }

  static void add_evidence(Reading& reading, const mass::Formula& formula, float* features) {
    const auto& evidence = reading.evidence(formula);
    for (std::size_t i = 0; i < kFormulaFeatures; ++i)
      features[kFirstFormulaFeature + i] = static_cast<float>(evidence[i]);
  }

  void add_bridge_features(Examination& out) {
    const auto score = [&](std::size_t i) { return static_cast<double>(bridge_score(pool_[i])); };
    const Spread spread = spread_of(score, pool_.size());
    const double best = score(out.order.front());
    for (std::size_t i = 0; i < out.shortlist.size(); ++i) {
      const double value = score(out.shortlist[i].candidate);
      float* to = &own_[i * kOwnFeatures];
      to[0] = static_cast<float>((value - spread.mean) / spread.deviation);
      to[1] = static_cast<float>(value);
      to[2] = static_cast<float>((best - value) / spread.deviation);
      to[3] = static_cast<float>(std::log2(static_cast<double>(i) + 1));
    }
    const Reading& reading = readings_[pool_[out.order.front()].hypothesis];
    const auto peaks = static_cast<double>(reading.seen().mz.size());
    const auto known = analog_pool_features(reading.analogs());
    out.pool = {static_cast<float>(std::log(static_cast<double>(pool_.size()))),
                static_cast<float>(std::log1p(peaks)),
                static_cast<float>(best),
                static_cast<float>((best - spread.mean) / spread.deviation),
                known[0],
                known[1]};
  }

  void give_worst_to_untaken(const std::vector<Examined>& shortlist) {
    for (std::size_t f = kFirstFragmentFeature; f < kFirstFormulaFeature; ++f) {
      float worst = 0;
      bool any = false;
      for (std::size_t i = 0; i < shortlist.size(); ++i) {
        if (!shortlist[i].taken_apart) continue;
        const float value = own_[i * kOwnFeatures + f];
        worst = any ? std::min(worst, value) : value;
        any = true;
      }
      for (std::size_t i = 0; i < shortlist.size(); ++i) {
        if (!shortlist[i].taken_apart) own_[i * kOwnFeatures + f] = worst;
      }
    }
  }

  void fill(Examination& out) const {
    const std::size_t count = out.shortlist.size();
    out.features.resize(count * kFeatures);
    for (std::size_t f = 0; f < kOwnFeatures; ++f) {
      const auto own = [&](std::size_t i) { return static_cast<double>(own_[i * kOwnFeatures + f]); };
      const Spread spread = spread_of(own, count);
      for (std::size_t i = 0; i < count; ++i) {
        out.features[i * kFeatures + f] = own_[i * kOwnFeatures + f];
        out.features[i * kFeatures + kOwnFeatures + f] =
            static_cast<float>((own(i) - spread.mean) / std::max(spread.deviation, 1e-3));
      }
    }
    for (std::size_t i = 0; i < count; ++i)
      std::copy(out.pool.begin(), out.pool.end(), &out.features[i * kFeatures + 2 * kOwnFeatures]);
  }

  const FragmentScorer& scorer_;
  std::span<const Candidate> pool_;
  std::vector<Reading> readings_;
  std::vector<float> own_;  // [shortlist * kOwnFeatures]
};

}  // namespace

Examination examine(const Witnesses& witnesses, std::span<const retrieve::SpectrumQuery> hypotheses,
                    std::span<const Candidate> pool, std::size_t shortlist) {
  return Examiner(witnesses, hypotheses, pool).run(shortlist);
}

}  // namespace molbridge::rerank
