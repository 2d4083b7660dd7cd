#pragma once
// Known molecules whose spectra are like that of a query. Structures that break alike are alike, and that holds where no rule of fragmentation is known.
//
// The library is a small one that comes with a bridge: a few spectra of each molecule that it was trained on. Source of the idea: molecular networking;
// this form is ours.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "molbridge/retrieve/spectrum_library.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"
#include "molbridge/spectra/spectrum_index.hpp"

namespace molbridge::retrieve {

/// A molecule of a library, by its most similar spectrum.
struct Analog {
  double similarity = 0;  ///< of the spectra, above 0, at most 1
  std::uint32_t molecule = 0;
};

/// Threads: const use is safe.
class AnalogFinder {
 public:
  /// Takes the peaks of the library.
  explicit AnalogFinder(SpectrumLibrary& library);
  /// The most similar molecules, best first; at most settings.neighbours. Cost: some 1 ms for 14,000 spectra.
  std::vector<Analog> find(const SpectrumQuery& query) const;

 private:
  LibrarySearchSettings settings_;
  std::vector<mass::IonMode> modes_;        // of each spectrum
  std::vector<std::uint32_t> molecule_of_;  // of each spectrum
  spectra::SpectrumIndex index_;
};

/// What analogs say in the space of a fingerprint: the directions of their molecules, weighted by the fourth power of the similarity and put beside the
/// bridge's own direction. Candidates are ranked by the cosine with the sum.
///
///   z / |z| + weight * v / |v|,   v = sum_k s_k^4 b_k / |b_k|
class AnalogVotes {
 public:
  /// Requires bits.
  AnalogVotes(SpectrumLibrary library, double weight);
  /// Of a bridge's folder; null where it has none. Errors: kModel when it is of another width, or its weight is out of range.
  static std::shared_ptr<const AnalogVotes> read(const nn::ModelFolder& folder, std::uint64_t width);
  /// Shapes: vector [D], which is scaled to the length 1 first. Without analogs nothing is added.
  void add_to(const SpectrumQuery& query, std::span<float> vector) const;

 private:
  double weight_;
  std::vector<std::vector<std::int16_t>> bits_;  // of each molecule
  AnalogFinder finder_;
};

/// Key of a bridge's manifest.
inline constexpr char kAnalogWeightKey[] = "analogs.weight";

/// How the libraries that come with bridges compare spectra.
LibrarySearchSettings analog_settings();

}  // namespace molbridge::retrieve
