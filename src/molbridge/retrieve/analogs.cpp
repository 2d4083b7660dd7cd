#include "molbridge/retrieve/analogs.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"

namespace molbridge::retrieve {
namespace {

/// Spectra that are looked at for each molecule that is wanted: several may be of one.
constexpr std::size_t kSpectraPerNeighbour = 4;

std::vector<std::vector<std::int16_t>> bits_of(const SpectrumLibrary& library) {
  MOLBRIDGE_CHECK(library.vectors.empty(), "bits");
  std::vector<std::vector<std::int16_t>> out(library.molecules);
  const std::size_t bytes = library.width / 8;
  for (std::size_t m = 0; m < out.size(); ++m) {
    for (std::size_t bit = 0; bit < library.width; ++bit) {
      if ((library.bits[m * bytes + bit / 8] >> (bit % 8) & 1) != 0) out[m].push_back(static_cast<std::int16_t>(bit));
    }
  }
  return out;
}

/// Adds `vector` to `to` at that length. Nothing for a vector of length 0.
void add_at_length(std::span<const float> vector, double length, std::span<float> to) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * value;
  if (squares == 0) return;
  const auto scale = static_cast<float>(length / std::sqrt(squares));
  for (std::size_t d = 0; d < to.size(); ++d) to[d] += scale * vector[d];
}

}  // namespace

LibrarySearchSettings analog_settings() {
  LibrarySearchSettings out;
  out.similarity = {.kind = spectra::SimilarityKind::kModifiedCosine,
                    .tolerance = mass::Tolerance::dalton(0.005),
                    .intensity_power = 0.25,
                    .remove_precursor = true};
  out.neighbours = 10;
  return out;
}

AnalogFinder::AnalogFinder(SpectrumLibrary& library) : settings_(library.settings), index_(make_index(library)) {
  for (const auto& spectrum : library.spectra) {
    modes_.push_back(spectrum.ion_mode);
    molecule_of_.push_back(spectrum.molecule);
  }
}

std::vector<Analog> AnalogFinder::find(const SpectrumQuery& query) const {
  spectra::SearchOptions options{.top_k = settings_.neighbours * kSpectraPerNeighbour,
                                 .min_matched_peaks = settings_.min_matched_peaks,
                                 .precursor_window = settings_.precursor_window,
                                 .accept = {}};
  options.accept = [&](std::uint32_t place) {
    return settings_.any_ion_mode || modes_[place] == query.ion_mode || modes_[place] == mass::IonMode::kUnknown;
  };
  spectra::SearchScratch scratch;
  const auto prepared = index_.similarity().prepare(query.spectrum->peaks, query.precursor_mz);
  std::vector<Analog> out;
  for (const auto& hit : index_.search(prepared, options, scratch)) {
    const std::uint32_t molecule = molecule_of_[hit.spectrum];
    const bool is_known =
        std::any_of(out.begin(), out.end(), [&](const Analog& analog) { return analog.molecule == molecule; });
    if (!is_known) out.push_back({hit.score, molecule});
    if (out.size() == settings_.neighbours) break;
  }
  return out;
}

AnalogVotes::AnalogVotes(SpectrumLibrary library, double weight)
    : weight_(weight), bits_(bits_of(library)), finder_(library) {}

std::shared_ptr<const AnalogVotes> AnalogVotes::read(const nn::ModelFolder& folder, std::uint64_t width) {
  if (!folder.manifest.has(kAnalogWeightKey)) return nullptr;
  const double weight = folder.manifest.number(kAnalogWeightKey);
  SpectrumLibrary library = read_spectrum_library(folder);
  if (library.width != width || !library.vectors.empty() || width > 32768 || !(weight > 0 && weight <= 100))
    throw Error(ErrorCode::kModel, "the library of analogs is not of the bridge's space, or its weight is out of range")
        .in_file(folder.path);
  return std::make_shared<const AnalogVotes>(std::move(library), weight);
}

void AnalogVotes::add_to(const SpectrumQuery& query, std::span<float> vector) const {
  std::vector<float> votes(vector.size(), 0);
  for (const Analog& analog : finder_.find(query)) {
    const auto& bits = bits_[analog.molecule];
    const double share = std::pow(analog.similarity, 4) / std::sqrt(static_cast<double>(bits.size()));
    for (const std::int16_t bit : bits) votes[static_cast<std::size_t>(bit)] += static_cast<float>(share);
  }
  std::vector<float> own(vector.begin(), vector.end());
  std::fill(vector.begin(), vector.end(), 0.0F);
  add_at_length(own, 1, vector);
  add_at_length(votes, weight_, vector);
}

}  // namespace molbridge::retrieve
