// mzML and mzXML, plain and gzip, from memory. Small limits, so that a bomb shows as a slow or large run.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "molbridge/core/error.hpp"
#include "molbridge/spectra/mzml_reader.hpp"

using molbridge::Error;
using molbridge::ErrorCode;
using molbridge::LineSource;
namespace spectra = molbridge::spectra;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::uint64_t num_records = 0;
  try {
    const auto reader =
        spectra::make_mzml_reader(LineSource::from_memory("input", bytes), "input", {.max_peaks = 10'000});
    while (const auto record = reader->next()) {
      ++num_records;
      const auto* spectrum = std::get_if<spectra::Spectrum>(&*record);
      MOLBRIDGE_CHECK(spectrum == nullptr || (!spectrum->peaks.empty() && spectrum->peaks.size() <= 10'000), "peaks");
    }
    MOLBRIDGE_CHECK(num_records == reader->counts().spectra + reader->counts().skipped, std::to_string(num_records));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInput) throw;
  }
  return 0;
}
