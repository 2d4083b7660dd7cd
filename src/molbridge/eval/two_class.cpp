#include "molbridge/eval/two_class.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <vector>

#include "molbridge/core/rng.hpp"
#include "molbridge/eval/percentile.hpp"

namespace molbridge::eval {
namespace {

struct Areas {
  double auroc = std::numeric_limits<double>::quiet_NaN();
  double auprc = std::numeric_limits<double>::quiet_NaN();
};

/// Best score first; clusters numbered from 0.
std::vector<Labelled> sorted_pairs(std::span<const Labelled> pairs) {
  std::vector<Labelled> sorted(pairs.begin(), pairs.end());
  std::unordered_map<std::uint64_t, std::uint64_t> number;
  for (Labelled& pair : sorted) {
    if (std::isnan(pair.score)) pair.score = -std::numeric_limits<float>::infinity();
    pair.cluster = number.try_emplace(pair.cluster, number.size()).first->second;
  }
  std::ranges::stable_sort(sorted, std::greater<>(), &Labelled::score);
  return sorted;
}

/// One pass from the best score down; `weights` by cluster.
Areas areas(const std::vector<Labelled>& sorted, const std::vector<double>& weights) {
  double all_positives = 0, all_negatives = 0;
  for (const Labelled& pair : sorted) (pair.positive ? all_positives : all_negatives) += weights[pair.cluster];
  if (all_positives == 0 || all_negatives == 0) return {};
  double positives = 0, negatives = 0, above = 0, precision = 0;
  for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    double tied_positives = 0, tied_negatives = 0;
    for (end = begin; end < sorted.size() && sorted[end].score == sorted[begin].score; ++end)
      (sorted[end].positive ? tied_positives : tied_negatives) += weights[sorted[end].cluster];
    above += tied_negatives * (positives + tied_positives / 2);
    positives += tied_positives;
    negatives += tied_negatives;
    if (tied_positives > 0) precision += tied_positives * positives / (positives + negatives);
  }
  return {.auroc = above / (all_positives * all_negatives), .auprc = precision / all_positives};
}

MeanInterval interval(double value, std::vector<double> resampled) {
  std::ranges::sort(resampled);
  if (resampled.empty()) return {.mean = value, .low = value, .high = value};
  return {.mean = value, .low = percentile(resampled, 0.025), .high = percentile(resampled, 0.975)};
}

}  // namespace

TwoClassFigures two_class(std::span<const Labelled> pairs, const BootstrapOptions& options) {
  TwoClassFigures figures{.pairs = pairs.size()};
  const std::vector<Labelled> sorted = sorted_pairs(pairs);
  std::uint64_t clusters = 0;
  for (const Labelled& pair : sorted) {
    figures.positives += pair.positive ? 1 : 0;
    clusters = std::max(clusters, pair.cluster + 1);
  }
  const Areas of_all = areas(sorted, std::vector<double>(clusters, 1.0));
  std::vector<double> auroc, auprc;
  Rng rng(options.seed, "bootstrap");
  for (int r = 0; r < options.resamples && clusters > 0; ++r) {
    std::vector<double> weights(clusters);
    for (std::uint64_t k = 0; k < clusters; ++k) weights[rng.below(clusters)] += 1;
    const Areas drawn = areas(sorted, weights);
    if (std::isnan(drawn.auroc)) continue;
    auroc.push_back(drawn.auroc);
    auprc.push_back(drawn.auprc);
  }
  figures.auroc = interval(of_all.auroc, std::move(auroc));
  figures.auprc = interval(of_all.auprc, std::move(auprc));
  return figures;
}

}  // namespace molbridge::eval
