#include "molbridge/spectra/spectrum_index.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "molbridge/core/error.hpp"

namespace molbridge::spectra {
namespace {

/// Bounds are sums of float32: a spectrum is out of the race only when its bound is below by more than their rounding.
constexpr double kBoundSlack = 1e-4;
/// Differences of m/z are rounded, so ranges are taken a little wider than the tolerance.
constexpr double kMzSlack = 1e-9;

bool better(const SearchHit& a, const SearchHit& b) {
  return a.score != b.score ? a.score > b.score : a.spectrum < b.spectrum;
}

/// What two peaks can give at most; entropies in float32.
float share(bool by_entropy, float a, float b) {
  if (!by_entropy) return a * b;
  const float both = a + b;
  return 0.5F * (both * std::log2(both) - a * std::log2(a) - b * std::log2(b));
}

}  // namespace

SpectrumIndex::SpectrumIndex(const Similarity& similarity, std::vector<PreparedSpectrum> library)
    : similarity_(similarity), library_(std::move(library)) {
  std::uint64_t peaks = 0;
  for (const PreparedSpectrum& spectrum : library_) {
    peaks += spectrum.mz.size();
    if (!spectrum.mz.empty()) max_mz_ = std::max(max_mz_, spectrum.mz.back());
  }
  if (std::max<std::uint64_t>(peaks, library_.size()) >= std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorCode::kInput, "a library of " + std::to_string(peaks) + " peaks is too large for one index");
  }
  const SimilarityKind kind = similarity_.options().kind;
  if (kind != SimilarityKind::kNeutralLoss) by_mz_ = make_list(false);
  if (kind == SimilarityKind::kNeutralLoss || kind == SimilarityKind::kModifiedCosine) by_loss_ = make_list(true);
}

SpectrumIndex::PeakList SpectrumIndex::make_list(bool by_loss) const {
  struct Entry {
    double key;
    float weight;
    std::uint32_t spectrum;
  };
  std::vector<Entry> entries;
  for (std::uint32_t s = 0; s < library_.size(); ++s) {
    const PreparedSpectrum& spectrum = library_[s];
    if (by_loss && !(spectrum.precursor_mz > 0)) continue;
    for (std::size_t i = 0; i < spectrum.mz.size(); ++i) {
      const double key = by_loss ? spectrum.precursor_mz - spectrum.mz[i] : spectrum.mz[i];
      entries.push_back({key, static_cast<float>(spectrum.weight[i]), s});
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.key != b.key ? a.key < b.key : a.spectrum < b.spectrum; });
  PeakList list;
  list.keys.reserve(entries.size());
  list.weights.reserve(entries.size());
  list.spectra.reserve(entries.size());
  for (const Entry& entry : entries) {
    list.keys.push_back(entry.key);
    list.weights.push_back(entry.weight);
    list.spectra.push_back(entry.spectrum);
  }
  return list;
}

void SpectrumIndex::add_range(const PeakList& list, double key, double width, float weight, std::uint32_t peak,
                              SearchScratch& scratch) const {
  const bool by_entropy = similarity_.options().kind == SimilarityKind::kEntropy;
  const auto first = std::lower_bound(list.keys.begin(), list.keys.end(), key - width - kMzSlack);
  const double end = key + width + kMzSlack;
  for (auto i = static_cast<std::size_t>(first - list.keys.begin()); i < list.keys.size() && list.keys[i] <= end; ++i) {
    SearchScratch::Slot& slot = scratch.slots_[list.spectra[i]];
    const float most = share(by_entropy, weight, list.weights[i]);
    if (slot.peak == peak) {  // a peak is used once, so its best pair bounds what it gives
      slot.last = std::max(slot.last, most);
      continue;
    }
    if (slot.peak == 0) scratch.touched_.push_back(list.spectra[i]);
    slot = {slot.sum + slot.last, most, peak, slot.peaks + 1};
  }
}

void SpectrumIndex::promise_peak(const PreparedView& query, std::uint32_t peak, SearchScratch& scratch) const {
  const double mz = query.mz[peak];
  const auto weight = static_cast<float>(query.weight[peak]);
  const double widest = similarity_.window().width(std::max(mz, max_mz_));  // of ppm: whatever peak it pairs with
  // A match at the same m/z has the partner within the width at the higher one, which lies near.
  const double width = similarity_.window().width(mz + similarity_.window().width(mz) * 2);
  if (!by_mz_.keys.empty()) add_range(by_mz_, mz, width, weight, peak + 1, scratch);
  if (!by_loss_.keys.empty() && query.precursor_mz > 0) {
    add_range(by_loss_, query.precursor_mz - mz, widest, weight, peak + 1, scratch);
  }
}

/// The touched spectra that may be a hit, as a heap; slots are cleared for the next search.
void SpectrumIndex::make_promises(const PreparedView& query, const SearchOptions& options,
                                  SearchScratch& scratch) const {
  const bool windowed = options.precursor_window.has_value();
  const auto window = windowed ? options.precursor_window->around(query.precursor_mz) : mass::Tolerance::Window{0, 0};
  scratch.promises_.clear();
  for (const std::uint32_t spectrum : scratch.touched_) {
    SearchScratch::Slot& slot = scratch.slots_[spectrum];
    const bool wanted =
        slot.peaks >= options.min_matched_peaks && (!windowed || window.contains(library_[spectrum].precursor_mz));
    if (wanted) scratch.promises_.push_back({slot.sum + slot.last, spectrum});
    slot = {};
  }
  scratch.touched_.clear();
  std::make_heap(scratch.promises_.begin(), scratch.promises_.end(),
                 [](const auto& a, const auto& b) { return a.bound < b.bound; });
}

std::vector<SearchHit> SpectrumIndex::search(const PreparedView& query, const SearchOptions& options,
                                             SearchScratch& scratch) const {
  scratch.slots_.resize(library_.size());
  for (std::uint32_t peak = 0; peak < query.mz.size(); ++peak) promise_peak(query, peak, scratch);
  make_promises(query, options, scratch);
  auto& heap = scratch.promises_;
  std::vector<SearchHit> hits;
  while (!heap.empty() && options.top_k > 0) {
    std::pop_heap(heap.begin(), heap.end(), [](const auto& a, const auto& b) { return a.bound < b.bound; });
    const SearchScratch::Promise promise = heap.back();
    heap.pop_back();
    if (hits.size() == options.top_k && promise.bound + kBoundSlack < hits.back().score) break;
    if (options.accept && !options.accept(promise.spectrum)) continue;
    const SimilarityScore found = similarity_.compare(query, library_[promise.spectrum], scratch.compare_);
    if (!(found.score > 0) || found.matched_peaks < options.min_matched_peaks) continue;
    const SearchHit hit{promise.spectrum, found.score, found.matched_peaks};
    hits.insert(std::upper_bound(hits.begin(), hits.end(), hit, better), hit);
    if (hits.size() > options.top_k) hits.pop_back();
  }
  return hits;
}

}  // namespace molbridge::spectra
