#pragma once
// A library of prepared spectra that finds the most similar ones of a query, exactly.
//
// All peaks stand in one list sorted by m/z (and, for similarities with a shift, in another sorted by the distance from the precursor).
// A query adds up, per library spectrum, what each of its peaks can give at most; spectra are then compared one by one, the most promising
// first, until no other can enter the best k. Scores are therefore those of Similarity::compare to the bit, and nothing is missed.
// Source of the accumulation: Li and Fiehn, "Flash entropy search", Nature Methods 20 (2023). Threads: const use is safe.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "molbridge/spectra/similarity.hpp"

namespace molbridge::spectra {

struct SearchOptions {
  std::size_t top_k = 10;
  std::uint32_t min_matched_peaks = 1;
  /// Only spectra whose precursor lies around the query's; absent: open search, which finds analogues.
  std::optional<mass::Tolerance> precursor_window;
  /// Only spectra of the library for which it is true; empty: all.
  std::function<bool(std::uint32_t spectrum)> accept;
};

struct SearchHit {
  std::uint32_t spectrum = 0;  ///< place in the library
  double score = 0;            ///< > 0
  std::uint32_t matched_peaks = 0;
};

/// Memory of one search after the other: 16 bytes per library spectrum. Belongs to one thread.
class SearchScratch {
 private:
  friend class SpectrumIndex;
  struct Slot {
    float sum = 0;            // what the peaks before the last one give at most
    float last = 0;           // what the last one gives at most
    std::uint32_t peak = 0;   // the last one, counted from 1; 0: not touched
    std::uint32_t peaks = 0;  // peaks of the query that match something
  };
  struct Promise {
    float bound;
    std::uint32_t spectrum;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> touched_;
  std::vector<Promise> promises_;
  SimilarityScratch compare_;
};

class SpectrumIndex {
 public:
  /// Requires spectra prepared by `similarity`. Errors: kInput for more than 2^32 - 1 peaks or spectra. Cost: a sort of all peaks.
  SpectrumIndex(const Similarity& similarity, std::vector<PreparedSpectrum> library);

  std::size_t size() const { return library_.size(); }
  const Similarity& similarity() const { return similarity_; }
  const PreparedSpectrum& spectrum(std::uint32_t place) const { return library_[place]; }

  /// By score, best first, then by place in the library. Fewer than top_k where fewer match. Requires a query prepared by similarity().
  std::vector<SearchHit> search(const PreparedView& query, const SearchOptions& options, SearchScratch& scratch) const;

 private:
  /// Peaks in the order of a key.
  struct PeakList {
    std::vector<double> keys;
    std::vector<float> weights;
    std::vector<std::uint32_t> spectra;
  };

  PeakList make_list(bool by_loss) const;
  void promise_peak(const PreparedView& query, std::uint32_t peak, SearchScratch& scratch) const;
  void add_range(const PeakList& list, double key, double width, float weight, std::uint32_t peak,
                 SearchScratch& scratch) const;
  void make_promises(const PreparedView& query, const SearchOptions& options, SearchScratch& scratch) const;

  Similarity similarity_;
  std::vector<PreparedSpectrum> library_;
  double max_mz_ = 0;
  PeakList by_mz_, by_loss_;
};

}  // namespace molbridge::spectra
