#include "molbridge/rerank/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "molbridge/chem/closeness.hpp"
#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/core/error.hpp"

namespace molbridge::rerank {
namespace {

/// Indices of the best scores, best first.
std::vector<std::size_t> best_of(std::span<const float> scores, std::size_t most) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  order.resize(std::min(order.size(), most));
  return order;
}

}  // namespace

std::vector<double> Calibration::tempering_features(const Examination& found) {
  std::vector<double> out{1};
  out.insert(out.end(), found.pool.begin(), found.pool.end());
  return out;
}

std::vector<double> Calibration::probabilities(const Examination& found, std::span<const float> scores) const {
  const std::vector<double> wide(scores.begin(), scores.end());
  auto out = eval::softmax(wide, tempering.inverse_temperature(tempering_features(found)));
  if (found.order.size() > found.shortlist.size()) {
    for (double& p : out) p *= coverage;
  }
  return out;
}

std::vector<double> Calibration::close_sums(const Examination& found, std::span<const float> scores,
                                            std::span<const double> probabilities, std::span<const Candidate> pool) {
  std::vector<double> out(probabilities.begin(), probabilities.end());
  const std::vector<std::size_t> best = best_of(scores, kCompared);
  std::vector<std::optional<chem::BitFingerprint>> fingerprints;
  for (const std::size_t i : best) {
    const auto molecule = chem::Molecule::from_smiles(pool[found.shortlist[i].candidate].smiles);
    fingerprints.push_back(molecule ? std::optional(chem::morgan(*molecule)) : std::nullopt);
  }
  for (std::size_t a = 0; a < best.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (!fingerprints[a] || !fingerprints[b]) continue;
      if (chem::tanimoto(*fingerprints[a], *fingerprints[b]) < chem::kCloseTanimoto) continue;
      out[best[a]] += probabilities[best[b]];
      out[best[b]] += probabilities[best[a]];
    }
  }
  return out;
}

std::vector<double> Calibration::close_features(double sum, const Examination& found) {
  return {eval::log_odds(std::clamp(sum, 0.0, 1.0)), found.pool[0]};
}

void Calibration::apply(const Examination& found, std::span<const float> scores, std::span<const Candidate> pool,
                        std::vector<Verdict>& verdicts) const {
  const std::vector<double> own = probabilities(found, scores);
  const std::vector<double> sums = close_sums(found, scores, own, pool);
  for (std::size_t i = 0; i < own.size(); ++i) {
    Verdict& verdict = verdicts[found.shortlist[i].candidate];
    verdict.probability = own[i];
    verdict.probability_close = std::max(own[i], close(close_features(sums[i], found)));
  }
  const std::size_t rest = found.order.size() - found.shortlist.size();
  const double left = rest > 0 ? (1 - coverage) / static_cast<double>(rest) : 0;
  for (std::size_t i = found.shortlist.size(); i < found.order.size(); ++i) {
    verdicts[found.order[i]].probability = left;
    verdicts[found.order[i]].probability_close = left;
  }
}

void Calibration::write(ConfigWriter& writer) const {
  tempering.write(writer, "calibration.tempering");
  writer.number("calibration.coverage", coverage);
  close.write(writer, "calibration.close");
}

Calibration Calibration::read(const Config& manifest) {
  Calibration out;
  out.tempering = eval::Tempering::read(manifest, "calibration.tempering");
  out.coverage = manifest.number("calibration.coverage");
  out.close = eval::LogisticMap::read(manifest, "calibration.close");
  if (out.tempering.weights.size() != 1 + kPoolFeatures || out.close.weights.size() != 2 ||
      !(out.coverage >= 0 && out.coverage <= 1))
    throw Error(ErrorCode::kModel, "calibration does not fit this molbridge").in_file(manifest.name());
  return out;
}

}  // namespace molbridge::rerank
