#include "molbridge/encoders/spectrum/binned_spectrum.hpp"

#include <algorithm>
#include <array>
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

// Normalised energy and eV, where the bands of energy have their centres; a value between two belongs to both by its distance.
constexpr std::array<double, 12> kEnergies{5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 130, 170};
constexpr auto kNumEnergies = static_cast<std::int32_t>(kEnergies.size());

struct Signal {
  int kind;  // 0 peak, 1 neutral loss
  double mass;
  float value;
};

struct BinValue {
  int kind;
  std::int32_t bin;
  float value;
};

MassScale peak_scale(const BinnedSpectrumOptions& options) { return {options.exact_floor, options.exact_ppm}; }
MassScale loss_scale(const BinnedSpectrumOptions& options) { return {options.exact_loss_width, 0}; }

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

std::vector<Signal> signals_of(const SpectrumInput& input, const BinnedSpectrumOptions& options) {
  double base = 0;
  for (const auto& peak : input.peaks) base = std::max(base, peak.intensity);
  std::vector<Signal> out;
  if (base <= 0) return out;
  for (const auto& peak : strongest(input.peaks, options.max_peaks)) {
    if (peak.mz > options.max_mz || peak.intensity <= 0) continue;
    const auto value = static_cast<float>(std::sqrt(peak.intensity / base));
    out.push_back({0, peak.mz, value});
    const double loss = input.precursor_mz - peak.mz;
    if (input.precursor_mz > 0 && loss > kMinLoss && loss < options.max_loss) out.push_back({1, loss, value});
  }
  return out;
}

std::vector<BinValue> bins_of(const SpectrumInput& input, const BinnedSpectrumOptions& options) {
  std::vector<BinValue> out;
  for (const auto& [kind, mass, value] : signals_of(input, options))
    out.push_back({kind, static_cast<std::int32_t>(mass / options.bin_width), value});
  return out;
}

/// One or two bands whose weights sum to 1.
void append_energy(double energy, std::int32_t base, std::vector<SparseFeature>& out) {
  const auto above = std::lower_bound(kEnergies.begin(), kEnergies.end(), energy) - kEnergies.begin();
  const auto upper = static_cast<std::int32_t>(above);
  if (upper == 0 || upper == kNumEnergies) {
    out.push_back({base + std::min(upper, kNumEnergies - 1), 1.0F});
    return;
  }
  const double low = kEnergies[static_cast<std::size_t>(upper - 1)], high = kEnergies[static_cast<std::size_t>(upper)];
  const auto share = static_cast<float>((energy - low) / (high - low));
  out.push_back({base + upper, share});
  if (share < 1) out.push_back({base + upper - 1, 1 - share});
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
                               std::vector<std::int32_t> loss_bins, std::vector<std::string> adducts,
                               ExactVocabulary vocabulary)
    : options_(options),
      peak_bins_(std::move(peak_bins)),
      loss_bins_(std::move(loss_bins)),
      adducts_(std::move(adducts)),
      exact_peaks_(peak_scale(options), std::move(vocabulary.peaks)),
      exact_losses_(loss_scale(options), std::move(vocabulary.losses)) {
  MOLBRIDGE_CHECK(std::is_sorted(peak_bins_.begin(), peak_bins_.end()), "peak bins");
  MOLBRIDGE_CHECK(std::is_sorted(loss_bins_.begin(), loss_bins_.end()), "loss bins");
  peak_index_ = index_of(peak_bins_);
  loss_index_ = index_of(loss_bins_);
  for (std::size_t i = 0; i < adducts_.size(); ++i) adduct_index_[adducts_[i]] = static_cast<std::int32_t>(i);
}

std::int64_t BinnedSpectrum::num_features() const {
  return exact_base() + static_cast<std::int64_t>(exact_peaks_.masses().size() + exact_losses_.masses().size());
}

std::int32_t BinnedSpectrum::acquisition_base() const {
  return static_cast<std::int32_t>(peak_bins_.size() + loss_bins_.size() + adducts_.size()) + 1 + kNumModes + 1 +
         kNumBands + 1;
}

std::int32_t BinnedSpectrum::exact_base() const {
  return acquisition_base() + (options_.acquisition ? spectra::kNumAnalysers + 1 + 2 * kNumEnergies : 0);
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
  if (options_.acquisition) append_acquisition(input, out);
  append_exact(input, out);
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

void BinnedSpectrum::append_acquisition(const SpectrumInput& input, std::vector<SparseFeature>& out) const {
  std::int32_t base = acquisition_base();
  out.push_back({base + static_cast<std::int32_t>(input.acquisition.analyser), 1.0F});
  base += spectra::kNumAnalysers;
  if (!input.acquisition.energy) return;
  out.push_back({base, 1.0F});
  append_energy(input.acquisition.normalised(input.precursor_mz), base + 1, out);
  append_energy(input.acquisition.electron_volts(input.precursor_mz), base + 1 + kNumEnergies, out);
}

void BinnedSpectrum::append_exact(const SpectrumInput& input, std::vector<SparseFeature>& out) const {
  if (exact_peaks_.masses().empty() && exact_losses_.masses().empty()) return;
  const std::int32_t base = exact_base();
  const auto losses = static_cast<std::int32_t>(exact_peaks_.masses().size());
  std::vector<ExactMasses::Match> matches;
  for (const auto& [kind, mass, value] : signals_of(input, options_)) {
    matches.clear();
    (kind == 0 ? exact_peaks_ : exact_losses_).match(mass, matches);
    for (const auto& [index, weight] : matches)
      out.push_back({base + (kind == 0 ? 0 : losses) + index, value * weight});
  }
}

BinnedSpectrumBuilder::BinnedSpectrumBuilder(const BinnedSpectrumOptions& options)
    : options_(options), exact_peaks_(peak_scale(options)), exact_losses_(loss_scale(options)) {}

void BinnedSpectrumBuilder::add(const SpectrumInput& input, std::uint64_t molecule) {
  for (const auto& [kind, mass, value] : signals_of(input, options_)) {
    molecules_of_bin_[{kind, static_cast<std::int32_t>(mass / options_.bin_width)}].insert(molecule);
    if (kind == 0 && options_.max_exact_peaks > 0) exact_peaks_.add(mass, molecule);
    if (kind == 1 && options_.max_exact_losses > 0) exact_losses_.add(mass, molecule);
  }
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
  const auto fewest = static_cast<std::size_t>(options_.min_molecules);
  ExactVocabulary vocabulary{exact_peaks_.build(static_cast<std::size_t>(options_.max_exact_peaks), fewest).masses(),
                             exact_losses_.build(static_cast<std::size_t>(options_.max_exact_losses), fewest).masses()};
  return BinnedSpectrum(options_, std::move(peak_bins), std::move(loss_bins), std::move(names), std::move(vocabulary));
}

}  // namespace molbridge::encoders
