#include "molbridge/spectra/similarity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/spectra/entropy.hpp"

namespace molbridge::spectra {
namespace {

constexpr double kPrecursorMargin = 1.6;  // Th below the precursor from which peaks are its own (ms_entropy)
constexpr double kMaxPower = 10;
constexpr double kMaxRelativeWidth = 0.1;
constexpr SimilarityKind kKinds[] = {SimilarityKind::kCosine, SimilarityKind::kModifiedCosine,
                                     SimilarityKind::kNeutralLoss, SimilarityKind::kEntropy};

/// mz^a I^b, both relative to the largest, which keeps powers within the range of doubles and does not change a cosine.
std::vector<double> cosine_weights(const std::vector<Peak>& peaks, const SimilarityOptions& options) {
  Peak largest;
  for (const Peak& peak : peaks) {
    largest = {std::max(largest.mz, peak.mz), std::max(largest.intensity, peak.intensity)};
  }
  std::vector<double> weights;
  double sum = 0;
  for (const Peak& peak : peaks) {
    const double mz = peak.mz / largest.mz, intensity = peak.intensity / largest.intensity;
    weights.push_back(std::pow(mz, options.mz_power) * std::pow(intensity, options.intensity_power));
    sum += weights.back() * weights.back();
  }
  for (double& weight : weights) weight /= std::sqrt(sum);
  return weights;
}

/// Two pointers: after cleaning, peaks of one spectrum are twice the tolerance apart, so that pairs are unique.
SimilarityScore entropy_similarity(const PreparedView& a, const PreparedView& b, const PeakWindow& window) {
  SimilarityScore result;
  std::size_t i = 0, j = 0;
  while (i < a.mz.size() && j < b.mz.size()) {
    if (window.match(a.mz[i], b.mz[j])) {
      result.score += entropy_share(a.weight[i++], b.weight[j++]);
      ++result.matched_peaks;
    } else {
      a.mz[i] < b.mz[j] ? ++i : ++j;
    }
  }
  result.score = std::min(result.score, 1.0);  // rounding
  return result;
}

}  // namespace

std::string_view name(SimilarityKind kind) {
  switch (kind) {
    case SimilarityKind::kCosine: return "cosine";
    case SimilarityKind::kModifiedCosine: return "modified-cosine";
    case SimilarityKind::kNeutralLoss: return "neutral-loss";
    case SimilarityKind::kEntropy: return "entropy";
  }
  MOLBRIDGE_CHECK(false, std::to_string(static_cast<int>(kind)));
  return "";
}

SimilarityKind parse_similarity(std::string_view text) {
  for (const SimilarityKind kind : kKinds) {
    if (text == name(kind)) return kind;
  }
  throw Error(ErrorCode::kUsage, "unknown similarity '" + std::string(text) + "'")
      .remedy("Use cosine, modified-cosine, neutral-loss or entropy.");
}

double entropy_share(double weight_a, double weight_b) {
  const double both = weight_a + weight_b;
  return 0.5 * (both * std::log2(both) - (weight_a * std::log2(weight_a) + weight_b * std::log2(weight_b)));
}

Similarity::Similarity(const SimilarityOptions& options) : options_(options), window_(options.tolerance) {
  const bool good_mz = std::abs(options.mz_power) <= kMaxPower;
  if (!good_mz || !(options.intensity_power > 0 && options.intensity_power <= kMaxPower)) {
    throw Error(ErrorCode::kUsage, "mz_power must be at most 10 and intensity_power above 0 and at most 10, not " +
                                       format_shortest(options.mz_power) + " and " +
                                       format_shortest(options.intensity_power));
  }
  if (window_.width(1) - window_.width(0) > kMaxRelativeWidth) {
    throw Error(ErrorCode::kUsage, "a tolerance of " + options.tolerance.str() + " is too wide for peaks");
  }
}

bool Similarity::shifts(double precursor_a, double precursor_b) const {
  if (!(precursor_a > 0) || !(precursor_b > 0)) return false;
  if (options_.kind == SimilarityKind::kNeutralLoss) return true;
  return options_.kind == SimilarityKind::kModifiedCosine && !window_.match(precursor_a, precursor_b);
}

/// Largest m/z that counts. Neutral losses are positive.
double Similarity::max_mz(double precursor_mz) const {
  double limit = std::numeric_limits<double>::infinity();
  if (options_.remove_precursor && precursor_mz > 0) limit = precursor_mz - kPrecursorMargin;
  if (options_.kind == SimilarityKind::kNeutralLoss) limit = std::min(limit, std::nextafter(precursor_mz, 0.0));
  return limit;
}

PreparedSpectrum Similarity::prepare(std::span<const Peak> sorted_peaks, double precursor_mz) const {
  PreparedSpectrum prepared;
  prepared.precursor_mz = precursor_mz;
  const double limit = max_mz(precursor_mz);
  std::vector<Peak> peaks;
  for (const Peak& peak : sorted_peaks) {
    const bool valid = std::isfinite(peak.mz) && peak.mz > 0 && std::isfinite(peak.intensity) && peak.intensity > 0;
    if (valid && peak.mz <= limit) peaks.push_back(peak);
  }
  if (options_.kind == SimilarityKind::kEntropy) {
    peaks = clean_for_entropy(peaks, {.merge = window_.times(2)});
    weight_by_entropy(peaks);
    for (const Peak& peak : peaks) prepared.weight.push_back(peak.intensity);
  } else {
    prepared.weight = cosine_weights(peaks, options_);
  }
  for (const Peak& peak : peaks) prepared.mz.push_back(peak.mz);
  return prepared;
}

void SimilarityScratch::sort_if_in_conflict(std::size_t peaks_a, std::size_t peaks_b) {
  used_a_.assign(peaks_a, 0);
  used_b_.assign(peaks_b, 0);
  bool conflict = false;
  for (const Pair& pair : pairs_) {
    conflict |= used_a_[pair.a] != 0 || used_b_[pair.b] != 0;
    used_a_[pair.a] = used_b_[pair.b] = 1;
  }
  for (const Pair& pair : pairs_) used_a_[pair.a] = used_b_[pair.b] = 0;
  if (!conflict) return;
  std::sort(pairs_.begin(), pairs_.end(), [](const Pair& x, const Pair& y) {
    return x.product != y.product ? x.product > y.product : x.found > y.found;
  });
}

/// Adds the pairs of peaks whose m/z differ by `shift` (a - b) within the window. Two pointers: neither end of the range in b ever moves back.
void Similarity::collect(const PreparedView& a, const PreparedView& b, double shift, SimilarityScratch& scratch) const {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < a.mz.size(); ++i) {
    for (std::size_t j = begin; j < b.mz.size(); ++j) {
      const double difference = a.mz[i] - b.mz[j] - shift;
      const double width = window_.width(std::max(a.mz[i], b.mz[j]));
      if (difference < -width) break;
      if (difference > width) {
        begin = j + 1;
      } else {
        scratch.pairs_.push_back({a.weight[i] * b.weight[j], static_cast<std::uint32_t>(i),
                                  static_cast<std::uint32_t>(j), static_cast<std::uint32_t>(scratch.pairs_.size())});
      }
    }
  }
}

SimilarityScore Similarity::compare(const PreparedView& a, const PreparedView& b, SimilarityScratch& scratch) const {
  if (options_.kind == SimilarityKind::kEntropy) return entropy_similarity(a, b, window_);
  auto& pairs = scratch.pairs_;
  pairs.clear();
  if (options_.kind != SimilarityKind::kNeutralLoss) collect(a, b, 0, scratch);
  if (shifts(a.precursor_mz, b.precursor_mz)) collect(a, b, a.precursor_mz - b.precursor_mz, scratch);
  scratch.sort_if_in_conflict(a.mz.size(), b.mz.size());
  SimilarityScore result;
  for (const auto& pair : pairs) {
    if (scratch.used_a_[pair.a] != 0 || scratch.used_b_[pair.b] != 0) continue;
    scratch.used_a_[pair.a] = scratch.used_b_[pair.b] = 1;
    result.score += pair.product;
    ++result.matched_peaks;
  }
  result.score = std::min(result.score, 1.0);  // rounding
  return result;
}

}  // namespace molbridge::spectra
