#include <algorithm>
#include <cmath>
#include <map>

#include "molbridge/core/error.hpp"
#include "molbridge/eval/distribution.hpp"
#include "molbridge/eval/paired.hpp"
#include "molbridge/service/analysis.hpp"
#include "molbridge/service/scored_queries.hpp"

namespace molbridge::service {
namespace {

constexpr std::size_t kBins =
    50;  // between the lowest and the highest score there is: spaces differ in how wide they spread

struct Separated {
  std::uint64_t compound = 0;
  float truth = 0;
  float best_other = 0;
  std::size_t others_begin = 0, others_end = 0;  ///< in Collected::others
  double share_below = 0;                        ///< of the others that score less than the truth
};

struct Collected {
  std::vector<Separated> queries;
  std::vector<float> others;
  std::uint64_t alone = 0;       ///< pools of the truth only: no margin
  std::uint64_t not_finite = 0;  ///< a score that is no number: counts as no positive margin
  std::uint64_t skipped = 0;
};

void take(const ScoredQuery& scored, Collected& out) {
  const PoolScores& scores = scored.scores;
  if (scores.others.empty()) {
    ++out.alone;
    return;
  }
  const auto finite = [](float score) { return std::isfinite(score); };
  if (!finite(scores.truth) || !std::all_of(scores.others.begin(), scores.others.end(), finite)) {
    ++out.not_finite;
    return;
  }
  Separated one;
  one.compound = scored.compound;
  one.truth = scores.truth;
  one.best_other = *std::max_element(scores.others.begin(), scores.others.end());
  one.others_begin = out.others.size();
  out.others.insert(out.others.end(), scores.others.begin(), scores.others.end());
  one.others_end = out.others.size();
  const auto below =
      std::count_if(scores.others.begin(), scores.others.end(), [&](float s) { return s < scores.truth; });
  one.share_below = static_cast<double>(below) / static_cast<double>(scores.others.size());
  out.queries.push_back(one);
}

/// Scores with weights by which every compound counts once, and every pool like one molecule.
struct Weighed {
  std::vector<eval::Weighted> truth, others, best_other, margin;
};

Weighed weigh(const Collected& collected) {
  std::map<std::uint64_t, std::uint64_t> queries_of;
  for (const Separated& one : collected.queries) ++queries_of[one.compound];
  Weighed out;
  for (const Separated& one : collected.queries) {
    const auto weight = static_cast<float>(1.0 / static_cast<double>(queries_of[one.compound]));
    out.truth.push_back({one.truth, weight});
    out.best_other.push_back({one.best_other, weight});
    out.margin.push_back({one.truth - one.best_other, weight});
    const auto count = static_cast<float>(one.others_end - one.others_begin);
    for (std::size_t i = one.others_begin; i < one.others_end; ++i) {
      out.others.push_back({collected.others[i], weight / count});
    }
  }
  return out;
}

/// Share of positive margins by compound; queries without an answer count as none. Percent.
eval::MeanInterval positive_margins(const Collected& collected, const EvaluationSetup& setup,
                                    const EvaluateOptions& options) {
  std::vector<std::uint64_t> compounds;
  std::vector<double> values;
  for (const Separated& one : collected.queries) {
    compounds.push_back(one.compound);
    values.push_back(one.truth > one.best_other ? 100 : 0);
  }
  for (const EvaluationQuery& query : setup.set.queries) {
    if (skip_reason(setup, query).empty()) continue;
    compounds.push_back(query.compound);
    values.push_back(0);
  }
  return eval::bootstrap_mean(eval::means_by_compound(compounds, values), {options.seed, options.resamples, {}});
}

double auc_within_pools(const Collected& collected) {
  std::vector<std::uint64_t> compounds;
  std::vector<double> shares;
  for (const Separated& one : collected.queries) {
    compounds.push_back(one.compound);
    shares.push_back(one.share_below);
  }
  const std::vector<double> means = eval::means_by_compound(compounds, shares);
  double sum = 0;
  for (const double mean : means) sum += mean;
  return means.empty() ? std::nan("") : sum / static_cast<double>(means.size());
}

Table summary_table(Weighed& weighed, const Collected& collected, const eval::MeanInterval& positive, double overlap) {
  Table out{{"measure", "value", "ci95_low", "ci95_high"}, {}};
  const auto add = [&](const char* name, Cell value) {
    out.rows.push_back({std::string(name), std::move(value), Cell{}, Cell{}});
  };
  add("queries_with_margin", std::uint64_t{collected.queries.size()});
  add("queries_alone_in_pool", collected.alone);
  add("queries_skipped", collected.skipped);
  add("queries_with_score_not_finite", collected.not_finite);
  add("truth_mean", eval::weighted_mean(weighed.truth));
  add("truth_median", eval::weighted_median(weighed.truth));
  add("other_mean", eval::weighted_mean(weighed.others));
  add("other_median", eval::weighted_median(weighed.others));
  add("best_other_mean", eval::weighted_mean(weighed.best_other));
  add("margin_mean", eval::weighted_mean(weighed.margin));
  add("margin_median", eval::weighted_median(weighed.margin));
  out.rows.push_back({std::string("positive_margin_percent"), positive.mean, positive.low, positive.high});
  add("overlap_coefficient", overlap);
  add("auc", eval::auc(weighed.truth, weighed.others));
  add("auc_within_pool", auc_within_pools(collected));
  return out;
}

Table histogram_table(const eval::Distribution& truth, const eval::Distribution& others) {
  Table out{{"low", "high", "truth", "others"}, {}};
  for (std::size_t i = 0; i < truth.shares.size(); ++i) {
    out.rows.push_back({truth.edges[i], truth.edges[i + 1], truth.shares[i], others.shares[i]});
  }
  return out;
}

Table histogram_table(const eval::Distribution& margin) {
  Table out{{"low", "high", "margin"}, {}};
  for (std::size_t i = 0; i < margin.shares.size(); ++i) {
    out.rows.push_back({margin.edges[i], margin.edges[i + 1], margin.shares[i]});
  }
  return out;
}

/// Limits of bins; some width even where all values are equal or there are none.
struct Limits {
  double low = 0;
  double high = 0;

  void add(const std::vector<eval::Weighted>& values) {
    for (const eval::Weighted& one : values) {
      low = std::min<double>(low, one.value);
      high = std::max<double>(high, one.value);
    }
  }
};

Limits score_limits(const Weighed& weighed) {
  if (weighed.truth.empty()) return {-1, 1};
  Limits out{weighed.truth.front().value, weighed.truth.front().value};
  out.add(weighed.truth);
  out.add(weighed.others);
  if (!(out.low < out.high)) out.high = out.low + 1e-3;
  return out;
}

/// Bins of margins have an edge at 0, the line between won and lost; a tie, which is lost, goes below it.
eval::Distribution margin_distribution(const Weighed& weighed) {
  std::vector<eval::Weighted> margins = weighed.margin;
  for (eval::Weighted& one : margins) {
    if (one.value == 0) one.value = -1e-9f;
  }
  Limits limits;
  limits.add(margins);
  if (!(limits.low < limits.high)) limits = {-1, 1};
  const double width = (limits.high - limits.low) / (kBins - 2);
  const double below = std::ceil(-limits.low / width), above = std::ceil(limits.high / width);
  return eval::distribution(margins, -below * width, above * width, static_cast<std::size_t>(below + above));
}

plot::Histogram drawn(const std::string& label, const eval::Distribution& d) {
  plot::Histogram out{label, d.edges, {}};
  for (const double share : d.shares) out.heights.push_back(100 * share);
  return out;
}

plot::Figure figure_of(const eval::Distribution& truth, const eval::Distribution& others,
                       const eval::Distribution& margin) {
  plot::Panel cosine, margins;
  cosine.x.label = "cosine of query and molecule";
  margins.x.label = "margin: cosine with the truth minus best other";
  cosine.y.label = margins.y.label = "share (%)";
  cosine.histograms = {drawn("truth", truth), drawn("other candidates", others)};
  margins.histograms = {drawn("margin", margin)};
  margins.references.push_back({"0", true, 0});
  return {.title = "", .panels = {cosine, margins}};
}

}  // namespace

Analysis analyze_separation(const EvaluateOptions& given, Progress& progress) {
  require_honest(given);
  EvaluateOptions options = given;
  options.mces = false;
  const auto setup = open_evaluation(options, progress);
  require_queries(*setup);
  Collected collected;
  for_each_scored(*setup, options, progress, [&](const ScoredQuery& scored) { take(scored, collected); });
  Weighed weighed = weigh(collected);
  const Limits limits = score_limits(weighed);
  const auto truth = eval::distribution(weighed.truth, limits.low, limits.high, kBins);
  const auto others = eval::distribution(weighed.others, limits.low, limits.high, kBins);
  const auto margin = margin_distribution(weighed);
  Analysis out;
  out.kind = "separation";
  out.facts = facts_of(*setup, options);
  count_skipped(*setup, out);
  collected.skipped = out.skipped;
  out.facts.emplace_back("weights", std::string("every compound counts once, its pool like one molecule"));
  out.facts.emplace_back("overlap",
                         std::string("sum of the smaller share over 50 bins between the lowest and the highest score"));
  out.tables.emplace_back("measures", summary_table(weighed, collected, positive_margins(collected, *setup, options),
                                                    eval::overlap_coefficient(truth, others)));
  out.tables.emplace_back("cosine_histogram", histogram_table(truth, others));
  out.tables.emplace_back("margin_histogram", histogram_table(margin));
  out.figure = figure_of(truth, others, margin);
  return out;
}

}  // namespace molbridge::service
