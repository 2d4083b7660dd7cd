#include "molbridge/service/evaluation_control.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <tuple>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/spectrum/spectrum_input.hpp"

namespace molbridge::service {
namespace {

constexpr double kSameIonTh = 0.01;
constexpr double kPrecursorPpm = 20;  // a peak this far above the precursor still is the precursor

/// A spectrum that may lend its peaks.
struct Donor {
  mass::IonMode ion_mode = mass::IonMode::kUnknown;
  double precursor_mz = 0;
  std::size_t query = 0;
};

std::vector<spectra::Peak> up_to(const std::vector<spectra::Peak>& peaks, double precursor_mz) {
  std::vector<spectra::Peak> kept;
  for (const spectra::Peak& peak : peaks) {
    if (peak.mz <= precursor_mz * (1 + kPrecursorPpm * 1e-6)) kept.push_back(peak);
  }
  return kept;
}

class Shuffler {
 public:
  Shuffler(const EvaluationSet& set, std::uint64_t seed) : set_(set), seed_(seed) {
    for (std::size_t i = 0; i < set.queries.size(); ++i) {
      const auto input = encoders::spectrum_input(set.queries[i].spectrum);
      if (set.queries[i].skip_reason.empty() && input.precursor_mz > 0) {
        donors_.push_back({input.ion_mode, input.precursor_mz, i});
      }
    }
    std::sort(donors_.begin(), donors_.end(), [](const Donor& a, const Donor& b) {
      return std::tie(a.ion_mode, a.precursor_mz, a.query) < std::tie(b.ion_mode, b.precursor_mz, b.query);
    });
  }

  /// Empty where nobody can lend.
  std::vector<spectra::Peak> peaks_for(std::size_t query) const {
    const auto input = encoders::spectrum_input(set_.queries[query].spectrum);
    std::vector<const Donor*> others = others_by_distance(query, input);
    while (!others.empty()) {
      const std::vector<const Donor*> equals = spectra_of_nearest(others, input.precursor_mz);
      Rng rng(seed_, "control " + set_.queries[query].spectrum.id + " " + std::to_string(query));
      const std::size_t first = rng.below(equals.size());
      for (std::size_t i = 0; i < equals.size(); ++i) {
        const Donor& donor = *equals[(first + i) % equals.size()];
        auto peaks = up_to(set_.queries[donor.query].spectrum.peaks, input.precursor_mz);
        if (!peaks.empty()) return peaks;
      }
      const std::size_t compound = compound_of(*equals.front());
      std::erase_if(others, [&](const Donor* other) { return compound_of(*other) == compound; });
    }
    return {};
  }

 private:
  std::size_t compound_of(const Donor& donor) const { return set_.queries[donor.query].compound; }
  std::string_view key_of(const Donor& donor) const { return set_.compounds[compound_of(donor)].inchikey14; }

  /// Spectra of other compounds in the mode, the nearest first; of each side kNearest at most.
  std::vector<const Donor*> others_by_distance(std::size_t query, const encoders::SpectrumInput& input) const {
    const auto middle = std::lower_bound(donors_.begin(), donors_.end(), input, [](const Donor& a, const auto& b) {
      return std::tie(a.ion_mode, a.precursor_mz) < std::tie(b.ion_mode, b.precursor_mz);
    });
    std::vector<const Donor*> others;
    const auto take = [&](const Donor& donor) {
      if (donor.ion_mode != input.ion_mode) return false;
      if (compound_of(donor) != set_.queries[query].compound) others.push_back(&donor);
      return others.size() < kNearest;
    };
    for (auto at = middle; at != donors_.end() && take(*at);) ++at;
    std::vector<const Donor*> above = std::move(others);
    others.clear();
    for (auto at = middle; at != donors_.begin() && take(*std::prev(at));) --at;
    others.insert(others.end(), above.begin(), above.end());
    std::sort(others.begin(), others.end(), [&](const Donor* a, const Donor* b) {
      return std::tuple(std::abs(a->precursor_mz - input.precursor_mz), key_of(*a), a->query) <
             std::tuple(std::abs(b->precursor_mz - input.precursor_mz), key_of(*b), b->query);
    });
    return others;
  }

  std::vector<const Donor*> spectra_of_nearest(const std::vector<const Donor*>& others, double precursor_mz) const {
    const double nearest = std::abs(others.front()->precursor_mz - precursor_mz);
    std::vector<const Donor*> equals;
    for (const Donor* other : others) {
      const bool same = compound_of(*other) == compound_of(*others.front());
      if (same && std::abs(other->precursor_mz - precursor_mz) <= nearest + kSameIonTh) equals.push_back(other);
    }
    return equals;
  }

  static constexpr std::size_t kNearest = 1000;
  const EvaluationSet& set_;
  std::uint64_t seed_;
  std::vector<Donor> donors_;
};

void shuffle_spectra(EvaluationSet& set, std::uint64_t seed) {
  const Shuffler shuffler(set, seed);
  std::vector<std::vector<spectra::Peak>> peaks(set.queries.size());
  for (std::size_t i = 0; i < set.queries.size(); ++i) {
    const EvaluationQuery& query = set.queries[i];
    if (query.skip_reason.empty() && query.spectrum.precursor_mz) peaks[i] = shuffler.peaks_for(i);
  }
  for (std::size_t i = 0; i < set.queries.size(); ++i) {
    EvaluationQuery& query = set.queries[i];
    if (!query.skip_reason.empty()) continue;
    query.spectrum.peaks = std::move(peaks[i]);
    if (query.spectrum.peaks.empty()) query.skip_reason = "control: no other compound's spectrum fits this precursor";
  }
}

void remove_spectra(EvaluationSet& set) {
  for (EvaluationQuery& query : set.queries) {
    if (!query.skip_reason.empty()) continue;
    query.spectrum.peaks = {{query.spectrum.precursor_mz.value_or(0), 1}};
    if (!query.spectrum.precursor_mz) query.skip_reason = "control: no precursor m/z";
  }
}

}  // namespace

Control parse_control(const std::string& text) {
  if (text == "none") return Control::kNone;
  if (text == "shuffled-spectra") return Control::kShuffledSpectra;
  if (text == "no-peaks") return Control::kNoPeaks;
  throw Error(ErrorCode::kUsage, "no such control: " + text).remedy("Known: none, shuffled-spectra, no-peaks.");
}

std::string control_text(Control control) {
  if (control == Control::kShuffledSpectra) {
    return "each query has the peaks of another compound's spectrum of the same ion mode, that of the nearest "
           "precursor m/z, up to its own "
           "precursor, drawn by the seed";
  }
  if (control == Control::kNoPeaks) return "each query has one peak, at its precursor";
  return "none";
}

void apply_control(EvaluationSet& set, Control control, std::uint64_t seed) {
  if (control == Control::kNone) return;
  for (EvaluationQuery& query : set.queries) {
    MOLBRIDGE_CHECK(query.more.empty(), query.spectrum.id);
    query.spectrum.peak_annotations.clear();
  }
  control == Control::kShuffledSpectra ? shuffle_spectra(set, seed) : remove_spectra(set);
}

}  // namespace molbridge::service
