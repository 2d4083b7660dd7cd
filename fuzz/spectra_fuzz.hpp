#pragma once
// What the fuzz targets of the spectrum readers do.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/spectra/reader.hpp"
#include "molbridge/spectra/writer.hpp"

namespace molbridge::spectra {

inline std::vector<Spectrum> read_all(Format format, std::string_view bytes) {
  ReadOptions options;
  options.format = format;
  options.refuse_profile = false;
  options.max_peaks = 100'000;
  std::vector<Spectrum> spectra;
  auto reader = open_spectra(LineSource::from_memory("fuzz", bytes), "fuzz", options);
  std::uint64_t skipped = 0;
  while (auto record = reader->next()) {
    if (auto* spectrum = std::get_if<Spectrum>(&*record)) {
      spectra.push_back(std::move(*spectrum));
    } else {
      ++skipped;
    }
  }
  const ReadCounts counts = reader->counts();
  MOLBRIDGE_CHECK(counts.spectra == spectra.size() && counts.skipped == skipped, std::to_string(counts.spectra));
  return spectra;
}

inline void check_same(const Spectrum& before, const Spectrum& after) {
  MOLBRIDGE_CHECK(before.peaks == after.peaks, "peaks");
  MOLBRIDGE_CHECK(before.peak_annotations == after.peak_annotations, "annotations");
  MOLBRIDGE_CHECK(before.precursor_mz == after.precursor_mz, "precursor");
  MOLBRIDGE_CHECK(before.charge == after.charge, "charge");
  MOLBRIDGE_CHECK(before.adduct == after.adduct, "adduct");
  MOLBRIDGE_CHECK(before.fields.size() <= after.fields.size(), "fields");
}

inline int fuzz_reader(Format format, const std::uint8_t* data, std::size_t size) {
  std::vector<Spectrum> spectra;
  try {
    spectra = read_all(format, {reinterpret_cast<const char*>(data), size});
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal) throw;
    return 0;
  }
  for (const auto& [output, input] :
       {std::pair(OutputFormat::kMgf, Format::kMgf), std::pair(OutputFormat::kMsp, Format::kMsp),
        std::pair(OutputFormat::kJson, Format::kJson)}) {
    auto writer = make_writer(output);
    std::string text = writer->header();
    for (const Spectrum& spectrum : spectra) text += writer->record(spectrum);
    const std::vector<Spectrum> again = read_all(input, text + writer->footer());
    MOLBRIDGE_CHECK(again.size() == spectra.size(), std::to_string(again.size()));
    for (std::size_t i = 0; i < spectra.size(); ++i) check_same(spectra[i], again[i]);
  }
  return 0;
}

}  // namespace molbridge::spectra
