#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/eval/calibrators.hpp"

namespace molbridge::eval {
namespace {

struct Step {
  double low = 0, high = 0;  // scores
  double came = 0, weight = 0;
  double level() const { return came / weight; }
};

}  // namespace

double IsotonicMap::operator()(double score) const {
  MOLBRIDGE_CHECK(!scores.empty() && scores.size() == probabilities.size(), std::to_string(scores.size()));
  const auto above = std::upper_bound(scores.begin(), scores.end(), score);
  if (above == scores.begin() || std::isnan(score)) return probabilities.front();
  if (above == scores.end()) return probabilities.back();
  const auto i = static_cast<std::size_t>(above - scores.begin());
  const double share = (score - scores[i - 1]) / (scores[i] - scores[i - 1]);
  return probabilities[i - 1] + share * (probabilities[i] - probabilities[i - 1]);
}

void IsotonicMap::write(ConfigWriter& writer, const std::string& prefix) const {
  writer.numbers(prefix + ".scores", scores);
  writer.numbers(prefix + ".probabilities", probabilities);
}

IsotonicMap IsotonicMap::read(const Config& config, const std::string& prefix) {
  IsotonicMap map{config.numbers(prefix + ".scores"), config.numbers(prefix + ".probabilities")};
  const auto rises = [](const std::vector<double>& values) { return std::is_sorted(values.begin(), values.end()); };
  if (map.scores.empty() || map.scores.size() != map.probabilities.size() || !rises(map.scores) ||
      !rises(map.probabilities) || !(map.probabilities.front() >= 0 && map.probabilities.back() <= 1)) {
    throw Error(ErrorCode::kModel,
                prefix + " is no rising curve: two lists of one length, in ascending order, are needed")
        .in_file(config.name())
        .remedy("Get the model anew; the file is damaged.");
  }
  return map;
}

IsotonicMap fit_isotonic(std::span<const IsotonicSample> samples, double least) {
  MOLBRIDGE_CHECK(!samples.empty(), "");
  std::vector<IsotonicSample> sorted(samples.begin(), samples.end());
  for (const IsotonicSample& sample : sorted)
    MOLBRIDGE_CHECK(std::isfinite(sample.score), std::to_string(sample.score));
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.score < b.score; });
  std::vector<Step> steps;
  for (const IsotonicSample& sample : sorted) {
    if (!(sample.weight > 0)) continue;
    Step step{sample.score, sample.score, sample.outcome ? sample.weight : 0, sample.weight};
    while (!steps.empty() && (steps.back().high == step.low || steps.back().level() >= step.level())) {
      const Step& before = steps.back();
      step = {before.low, step.high, before.came + step.came, before.weight + step.weight};
      steps.pop_back();
    }
    steps.push_back(step);
  }
  MOLBRIDGE_CHECK(!steps.empty(), "no weight");
  IsotonicMap map;
  for (const Step& step : steps) {
    for (const double score : {step.low, step.high}) {
      if (!map.scores.empty() && map.scores.back() == score) continue;
      map.scores.push_back(score);
      map.probabilities.push_back(std::clamp(step.level(), least, 1 - least));
    }
  }
  return map;
}

}  // namespace molbridge::eval
