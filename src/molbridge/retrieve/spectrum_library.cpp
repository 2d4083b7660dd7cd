#include "molbridge/retrieve/spectrum_library.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace molbridge::retrieve {
namespace {

using nn::ElementType;

constexpr char kOffsets[] = "library.offsets", kMz[] = "library.mz", kIntensity[] = "library.intensity",
               kPrecursor[] = "library.precursor_mz", kIonMode[] = "library.ion_mode", kMolecule[] = "library.molecule",
               kBits[] = "molecules.bits", kBitOffsets[] = "molecules.bit_offsets",
               kBitPlaces[] = "molecules.bit_places", kVectors[] = "molecules.vectors";
constexpr std::int64_t kMostNeighbours = 1 << 20;

/// Tensors as one writes them: columns over all spectra, and over all peaks.
struct Columns {
  std::vector<std::int64_t> offsets{0};
  std::vector<double> mz, precursor_mz;
  std::vector<float> intensity;
  std::vector<std::int8_t> ion_mode;
  std::vector<std::int64_t> molecule;
};

Columns columns_of(const SpectrumLibrary& library) {
  Columns columns;
  for (const LibrarySpectrum& spectrum : library.spectra) {
    MOLBRIDGE_CHECK(spectrum.molecule < library.molecules, std::to_string(spectrum.molecule));
    double highest = 0;
    for (const auto& peak : spectrum.peaks) highest = std::max(highest, peak.intensity);
    for (const auto& peak : spectrum.peaks) {
      columns.mz.push_back(peak.mz);
      columns.intensity.push_back(static_cast<float>(highest > 0 ? peak.intensity / highest : 0));
    }
    columns.offsets.push_back(static_cast<std::int64_t>(columns.mz.size()));
    columns.precursor_mz.push_back(spectrum.precursor_mz);
    columns.ion_mode.push_back(static_cast<std::int8_t>(spectrum.ion_mode));
    columns.molecule.push_back(spectrum.molecule);
  }
  return columns;
}

template <typename T>
void add_column(nn::ModelFolderWriter& writer, const char* name, ElementType type, const std::vector<T>& values) {
  writer.weights.add(name, type, {static_cast<std::int64_t>(values.size())}, std::as_bytes(std::span(values)));
}

Error damaged(const nn::ModelFolder& folder, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(folder.path + "/" + nn::kWeightsFile);
}

/// The tensor `name` as numbers. `count` -1 fits any; the second dimension of a matrix is `columns`.
template <typename T>
std::vector<T> column(const nn::ModelFolder& folder, const char* name, ElementType type, std::int64_t count,
                      std::int64_t columns = 0) {
  const nn::TensorView& tensor = folder.weights.at(name);
  const bool shaped = tensor.shape.size() == (columns > 0 ? 2u : 1u) && (count < 0 || tensor.shape[0] == count) &&
                      (columns == 0 || tensor.shape[1] == columns);
  if (tensor.type != type || !shaped) {
    throw damaged(folder, "the tensor " + std::string(name) + " is not of the type and shape of a spectrum library");
  }
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

/// The fourth root spreads small intensities, which weigh more in a comparison than their share of the ions.
std::uint8_t packed(float intensity) {
  return static_cast<std::uint8_t>(std::lround(255 * std::pow(std::clamp(intensity, 0.0F, 1.0F), 0.25F)));
}
float unpacked(std::uint8_t step) { return std::pow(static_cast<float>(step) / 255, 4.0F); }

/// The peaks in either format.
void read_peaks(const nn::ModelFolder& folder, Columns& columns) {
  if (folder.weights.at(kMz).type == ElementType::kF64) {
    columns.mz = column<double>(folder, kMz, ElementType::kF64, -1);
    columns.intensity =
        column<float>(folder, kIntensity, ElementType::kF32, static_cast<std::int64_t>(columns.mz.size()));
    return;
  }
  const auto mz = column<float>(folder, kMz, ElementType::kF32, -1);
  columns.mz.assign(mz.begin(), mz.end());
  for (const std::uint8_t step :
       column<std::uint8_t>(folder, kIntensity, ElementType::kU8, static_cast<std::int64_t>(mz.size())))
    columns.intensity.push_back(unpacked(step));
}

void write_peaks(const Columns& columns, PeakFormat format, nn::ModelFolderWriter& writer) {
  if (format == PeakFormat::kExact) {
    add_column(writer, kMz, ElementType::kF64, columns.mz);
    add_column(writer, kIntensity, ElementType::kF32, columns.intensity);
    return;
  }
  std::vector<std::uint8_t> steps;
  for (const float intensity : columns.intensity) steps.push_back(packed(intensity));
  add_column(writer, kMz, ElementType::kF32, std::vector<float>(columns.mz.begin(), columns.mz.end()));
  add_column(writer, kIntensity, ElementType::kU8, steps);
}

Columns read_columns(const nn::ModelFolder& folder) {
  Columns columns;
  columns.offsets = column<std::int64_t>(folder, kOffsets, ElementType::kI64, -1);
  if (columns.offsets.empty()) throw damaged(folder, std::string(kOffsets) + " is empty");
  const auto spectra = static_cast<std::int64_t>(columns.offsets.size()) - 1;
  read_peaks(folder, columns);
  const auto peaks = static_cast<std::int64_t>(columns.mz.size());
  columns.precursor_mz = column<double>(folder, kPrecursor, ElementType::kF64, spectra);
  columns.ion_mode = column<std::int8_t>(folder, kIonMode, ElementType::kI8, spectra);
  columns.molecule = column<std::int64_t>(folder, kMolecule, ElementType::kI64, spectra);
  const bool covers = columns.offsets.front() == 0 && columns.offsets.back() == peaks &&
                      std::is_sorted(columns.offsets.begin(), columns.offsets.end());
  if (!covers) throw damaged(folder, std::string(kOffsets) + " does not divide the peaks among the spectra");
  return columns;
}

/// The bits of the molecules from the places of those that are set.
void read_bit_places(const nn::ModelFolder& folder, SpectrumLibrary& library) {
  const auto offsets = column<std::int32_t>(folder, kBitOffsets, ElementType::kI32, -1);
  const auto places = column<std::int16_t>(folder, kBitPlaces, ElementType::kI16, -1);
  const bool covers = library.width % 8 == 0 && !offsets.empty() && offsets.front() == 0 &&
                      static_cast<std::size_t>(offsets.back()) == places.size() &&
                      std::is_sorted(offsets.begin(), offsets.end());
  if (!covers) throw damaged(folder, std::string(kBitOffsets) + " does not divide the bits among the molecules");
  library.molecules = offsets.size() - 1;
  library.bits.assign(library.molecules * library.width / 8, 0);
  for (std::size_t m = 0; m < library.molecules; ++m) {
    for (auto i = static_cast<std::size_t>(offsets[m]); i < static_cast<std::size_t>(offsets[m + 1]); ++i) {
      const auto place = static_cast<std::size_t>(places[i]);
      if (places[i] < 0 || place >= library.width)
        throw damaged(folder, std::string(kBitPlaces) + " names a bit beyond the width");
      library.bits[m * library.width / 8 + place / 8] |= static_cast<std::uint8_t>(1U << (place % 8));
    }
  }
}

void write_bit_places(const SpectrumLibrary& library, nn::ModelFolderWriter& writer) {
  MOLBRIDGE_CHECK(library.width <= 32768, "places of bits fit into 16 bits");
  std::vector<std::int32_t> offsets{0};
  std::vector<std::int16_t> places;
  for (std::size_t m = 0; m < library.molecules; ++m) {
    for (std::size_t bit = 0; bit < library.width; ++bit) {
      if ((library.bits[m * library.width / 8 + bit / 8] >> (bit % 8) & 1) != 0)
        places.push_back(static_cast<std::int16_t>(bit));
    }
    offsets.push_back(static_cast<std::int32_t>(places.size()));
  }
  add_column(writer, kBitOffsets, ElementType::kI32, offsets);
  add_column(writer, kBitPlaces, ElementType::kI16, places);
}

/// The vectors of the molecules, and how many there are.
void read_molecules(const nn::ModelFolder& folder, SpectrumLibrary& library) {
  const auto width = static_cast<std::int64_t>(library.width);
  if (folder.weights.has(kBitPlaces)) return read_bit_places(folder, library);
  if (folder.weights.has(kBits)) {
    library.bits = column<std::uint8_t>(folder, kBits, ElementType::kU8, -1, width / 8);
    library.molecules = library.bits.size() / (library.width / 8);
    return;
  }
  library.vectors = column<float>(folder, kVectors, ElementType::kF32, -1, width);
  library.molecules = library.vectors.size() / library.width;
  const bool finite =
      std::all_of(library.vectors.begin(), library.vectors.end(), [](float value) { return std::isfinite(value); });
  if (!finite) throw damaged(folder, std::string(kVectors) + " has values that are no numbers");
}

/// Spectrum `s` of the columns. Errors: kModel.
LibrarySpectrum spectrum_of(const nn::ModelFolder& folder, const Columns& columns, std::size_t s,
                            std::uint64_t molecules) {
  LibrarySpectrum spectrum;
  spectrum.precursor_mz = columns.precursor_mz[s];
  const std::int8_t mode = columns.ion_mode[s];
  const std::int64_t molecule = columns.molecule[s];
  bool good = std::isfinite(spectrum.precursor_mz) && spectrum.precursor_mz >= 0 && mode >= 0 &&
              mode <= static_cast<std::int8_t>(mass::IonMode::kNegative) && molecule >= 0 &&
              static_cast<std::uint64_t>(molecule) < molecules;
  double last = 0;
  for (auto p = static_cast<std::size_t>(columns.offsets[s]); p < static_cast<std::size_t>(columns.offsets[s + 1]);
       ++p) {
    const spectra::Peak peak{columns.mz[p], columns.intensity[p]};
    good = good && std::isfinite(peak.mz) && peak.mz >= last && std::isfinite(peak.intensity) && peak.intensity >= 0;
    last = peak.mz;
    spectrum.peaks.push_back(peak);
  }
  if (!good) throw damaged(folder, "spectrum " + std::to_string(s) + " of the library is damaged");
  spectrum.ion_mode = static_cast<mass::IonMode>(mode);
  spectrum.molecule = static_cast<std::uint32_t>(molecule);
  return spectrum;
}

void write_settings(const LibrarySearchSettings& settings, ConfigWriter& manifest) {
  manifest.text("search.similarity", spectra::name(settings.similarity.kind));
  manifest.text("search.tolerance", settings.similarity.tolerance.str());
  manifest.number("search.mz_power", settings.similarity.mz_power);
  manifest.number("search.intensity_power", settings.similarity.intensity_power);
  manifest.flag("search.remove_precursor", settings.similarity.remove_precursor);
  manifest.integer("search.neighbours", static_cast<std::int64_t>(settings.neighbours));
  manifest.integer("search.min_matched_peaks", settings.min_matched_peaks);
  manifest.flag("search.any_ion_mode", settings.any_ion_mode);
  if (settings.precursor_window) manifest.text("search.precursor_window", settings.precursor_window->str());
}

mass::Tolerance tolerance_of(const Config& manifest, const std::string& key) {
  const auto tolerance = mass::Tolerance::parse(manifest.text(key));
  if (!tolerance) throw Error(ErrorCode::kModel, key + ": " + tolerance.reason()).in_file(manifest.name());
  return *tolerance;
}

std::int64_t positive(const Config& manifest, const std::string& key) {
  const std::int64_t value = manifest.integer(key);
  if (value >= 1 && value <= kMostNeighbours) return value;
  throw Error(ErrorCode::kModel, key + " is " + std::to_string(value)).in_file(manifest.name());
}

LibrarySearchSettings read_settings(const Config& manifest) {
  LibrarySearchSettings settings;
  try {
    settings.similarity.kind = spectra::parse_similarity(manifest.text("search.similarity"));
    settings.similarity.tolerance = tolerance_of(manifest, "search.tolerance");
    settings.similarity.mz_power = manifest.number("search.mz_power");
    settings.similarity.intensity_power = manifest.number("search.intensity_power");
    settings.similarity.remove_precursor = manifest.flag("search.remove_precursor");
    spectra::Similarity{settings.similarity};  // checks the ranges
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kUsage) throw;
    throw Error(ErrorCode::kModel, e.message()).in_file(manifest.name());
  }
  settings.neighbours = static_cast<std::uint64_t>(positive(manifest, "search.neighbours"));
  settings.min_matched_peaks = static_cast<std::uint32_t>(positive(manifest, "search.min_matched_peaks"));
  settings.any_ion_mode = manifest.flag("search.any_ion_mode");
  if (manifest.has("search.precursor_window")) {
    settings.precursor_window = tolerance_of(manifest, "search.precursor_window");
  }
  return settings;
}

}  // namespace

void write_spectrum_library(const SpectrumLibrary& library, nn::ModelFolderWriter& writer, PeakFormat format) {
  write_settings(library.settings, writer.manifest);
  writer.manifest.integer("target.width", static_cast<std::int64_t>(library.width));
  const Columns columns = columns_of(library);
  add_column(writer, kOffsets, ElementType::kI64, columns.offsets);
  write_peaks(columns, format, writer);
  add_column(writer, kPrecursor, ElementType::kF64, columns.precursor_mz);
  add_column(writer, kIonMode, ElementType::kI8, columns.ion_mode);
  add_column(writer, kMolecule, ElementType::kI64, columns.molecule);
  const auto molecules = static_cast<std::int64_t>(library.molecules);
  const auto width = static_cast<std::int64_t>(library.width);
  if (library.vectors.empty() && format == PeakFormat::kCompact) {
    write_bit_places(library, writer);
  } else if (library.vectors.empty()) {
    writer.weights.add(kBits, ElementType::kU8, {molecules, width / 8}, std::as_bytes(std::span(library.bits)));
  } else {
    writer.weights.add(kVectors, ElementType::kF32, {molecules, width}, std::as_bytes(std::span(library.vectors)));
  }
}

SpectrumLibrary read_spectrum_library(const nn::ModelFolder& folder) {
  SpectrumLibrary library;
  library.settings = read_settings(folder.manifest);
  const std::int64_t width = folder.manifest.integer("target.width");
  if (width < 1 || width > std::numeric_limits<std::int32_t>::max() || (folder.weights.has(kBits) && width % 8 != 0)) {
    throw Error(ErrorCode::kModel, "target.width is " + std::to_string(width)).in_file(folder.manifest.name());
  }
  library.width = static_cast<std::uint64_t>(width);
  read_molecules(folder, library);
  const Columns columns = read_columns(folder);
  library.spectra.reserve(columns.molecule.size());
  for (std::size_t s = 0; s < columns.molecule.size(); ++s) {
    library.spectra.push_back(spectrum_of(folder, columns, s, library.molecules));
  }
  return library;
}

spectra::SpectrumIndex make_index(SpectrumLibrary& library) {
  const spectra::Similarity similarity(library.settings.similarity);
  std::vector<spectra::PreparedSpectrum> prepared;
  prepared.reserve(library.spectra.size());
  for (LibrarySpectrum& spectrum : library.spectra) {
    prepared.push_back(similarity.prepare(spectrum.peaks, spectrum.precursor_mz));
    spectrum.peaks = {};
  }
  return {similarity, std::move(prepared)};
}

}  // namespace molbridge::retrieve
