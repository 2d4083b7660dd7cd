#include "molbridge/encoders/spectrum/binned_spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace molbridge::encoders {
namespace {

constexpr double kMinLoss = 0.5;         // Th; below lies the precursor itself and its isotope error
constexpr double kPrecursorBand = 50.0;  // Th
constexpr int kNumBands = 30;            // the last one holds everything above
constexpr int kNumModes = 3;
constexpr int kMaxAdducts = 16;
constexpr double kPrecursorScale = 500.0;

struct BinValue {
  int kind;  // 0 peak, 1 neutral loss
  std::int32_t bin;
  float value;
};

/// The strongest peaks, at most `limit`; ties by m/z so that the choice is deterministic.
std::vector<spectra::Peak> strongest(std::span<const spectra::Peak> peaks, int limit) {
  std::vector<spectra::Peak> kept(peaks.begin(), peaks.end());
  if (kept.size() <= static_cast<std::size_t>(limit)) return kept;
  const auto stronger = [](const spectra::Peak& a, const spectra::Peak& b) {
    return a.intensity != b.intensity ? a.intensity > b.intensity : a.mz < b.mz;
  };
  std::nth_element(kept.begin(), kept.begin() + limit, kept.end(), stronger);
  kept.resize(static_cast<std::size_t>(limit));
  return kept;
}

std::vector<BinValue> bins_of(const SpectrumInput& input, const BinnedSpectrumOptions& options) {
  double base = 0;
  for (const auto& peak : input.peaks) base = std::max(base, peak.intensity);
  std::vector<BinValue> out;
  if (base <= 0) return out;
  for (const auto& peak : strongest(input.peaks, options.max_peaks)) {
    if (peak.mz > options.max_mz || peak.intensity <= 0) continue;
    const auto value = static_cast<float>(std::sqrt(peak.intensity / base));
    out.push_back({0, static_cast<std::int32_t>(peak.mz / options.bin_width), value});
    const double loss = input.precursor_mz - peak.mz;
    if (input.precursor_mz > 0 && loss > kMinLoss && loss < options.max_loss) {
      out.push_back({1, static_cast<std::int32_t>(loss / options.bin_width), value});
    }
  }
  return out;
}

std::unordered_map<std::int32_t, std::int32_t> index_of(const std::vector<std::int32_t>& bins) {
  std::unordered_map<std::int32_t, std::int32_t> index;
  for (std::size_t i = 0; i < bins.size(); ++i) index[bins[i]] = static_cast<std::int32_t>(i);
  return index;
}

/// Sorts by index; of entries that share one, the largest value stays (two peaks in one bin are one signal).
void merge_equal_indices(std::vector<SparseFeature>& features) {
  std::sort(features.begin(), features.end(), [](const SparseFeature& a, const SparseFeature& b) {
    return a.index != b.index ? a.index < b.index : a.value > b.value;
  });
  features.erase(std::unique(features.begin(), features.end(),
                             [](const SparseFeature& a, const SparseFeature& b) { return a.index == b.index; }),
                 features.end());
}

}  // namespace

BinnedSpectrum::BinnedSpectrum(const BinnedSpectrumOptions& options, std::vector<std::int32_t> peak_bins,
                               std::vector<std::int32_t> loss_bins, std::vector<std::string> adducts)
    : options_(options),
      peak_bins_(std::move(peak_bins)),
      loss_bins_(std::move(loss_bins)),
      adducts_(std::move(adducts)) {
  MOLBRIDGE_CHECK(std::is_sorted(peak_bins_.begin(), peak_bins_.end()), "peak bins");
  MOLBRIDGE_CHECK(std::is_sorted(loss_bins_.begin(), loss_bins_.end()), "loss bins");
  peak_index_ = index_of(peak_bins_);
  loss_index_ = index_of(loss_bins_);
  for (std::size_t i = 0; i < adducts_.size(); ++i) adduct_index_[adducts_[i]] = static_cast<std::int32_t>(i);
}

std::int64_t BinnedSpectrum::num_features() const {
  return static_cast<std::int64_t>(peak_bins_.size() + loss_bins_.size() + adducts_.size()) + 1 + kNumModes + 1 +
         kNumBands + 1;
}

std::vector<SparseFeature> BinnedSpectrum::encode(const SpectrumInput& input) const {
  std::vector<SparseFeature> out;
  for (const auto& [kind, bin, value] : bins_of(input, options_)) {
    const auto& index = kind == 0 ? peak_index_ : loss_index_;
    const auto found = index.find(bin);
    if (found == index.end()) continue;
    const auto offset = kind == 0 ? 0 : static_cast<std::int32_t>(peak_bins_.size());
    out.push_back({offset + found->second, value});
  }
  append_context(input, out);
  merge_equal_indices(out);
  return out;
}

void BinnedSpectrum::append_context(const SpectrumInput& input, std::vector<SparseFeature>& out) const {
  auto base = static_cast<std::int32_t>(peak_bins_.size() + loss_bins_.size());
  const auto adduct = adduct_index_.find(input.adduct);
  out.push_back(
      {base + (adduct == adduct_index_.end() ? static_cast<std::int32_t>(adducts_.size()) : adduct->second), 1.0F});
  base += static_cast<std::int32_t>(adducts_.size()) + 1;
  out.push_back({base + static_cast<std::int32_t>(input.ion_mode), 1.0F});
  base += kNumModes;
  if (input.precursor_mz <= 0) return;
  out.push_back({base, 1.0F});
  const int band = std::min(kNumBands - 1, static_cast<int>(input.precursor_mz / kPrecursorBand));
  out.push_back({base + 1 + band, 1.0F});
  out.push_back({base + 1 + kNumBands, static_cast<float>(input.precursor_mz / kPrecursorScale)});
}

void BinnedSpectrumBuilder::add(const SpectrumInput& input, std::uint64_t molecule) {
  for (const auto& [kind, bin, value] : bins_of(input, options_)) molecules_of_bin_[{kind, bin}].insert(molecule);
  if (!input.adduct.empty()) molecules_of_adduct_[input.adduct].insert(molecule);
}

BinnedSpectrum BinnedSpectrumBuilder::build() const {
  using Ranked = std::pair<std::size_t, std::pair<int, std::int32_t>>;
  std::vector<Ranked> ranked;
  for (const auto& [bin, molecules] : molecules_of_bin_) {
    if (molecules.size() >= static_cast<std::size_t>(options_.min_molecules)) ranked.push_back({molecules.size(), bin});
  }
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (ranked.size() > static_cast<std::size_t>(options_.max_features))
    ranked.resize(static_cast<std::size_t>(options_.max_features));
  std::vector<std::int32_t> peak_bins, loss_bins;
  for (const auto& [count, bin] : ranked) (bin.first == 0 ? peak_bins : loss_bins).push_back(bin.second);
  std::sort(peak_bins.begin(), peak_bins.end());
  std::sort(loss_bins.begin(), loss_bins.end());

  std::vector<std::pair<std::size_t, std::string>> adducts;
  for (const auto& [adduct, molecules] : molecules_of_adduct_) {
    if (molecules.size() >= static_cast<std::size_t>(options_.min_molecules))
      adducts.emplace_back(molecules.size(), adduct);
  }
  std::sort(adducts.begin(), adducts.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  if (adducts.size() > kMaxAdducts) adducts.resize(kMaxAdducts);
  std::vector<std::string> names;
  for (const auto& [count, adduct] : adducts) names.push_back(adduct);
  return BinnedSpectrum(options_, std::move(peak_bins), std::move(loss_bins), std::move(names));
}

}  // namespace molbridge::encoders
