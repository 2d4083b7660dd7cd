#pragma once
// What the tests of the readers and writers share.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/spectra/reader.hpp"
#include "molbridge/spectra/writer.hpp"

namespace molbridge::spectra {

struct ReadResult {
  std::vector<Spectrum> spectra;
  std::vector<SkippedSpectrum> skipped;
  std::size_t num_records = 0;
  ReadCounts counts;
};

inline ReadResult drain(SpectrumReader& reader) {
  ReadResult result;
  while (auto record = reader.next()) {
    ++result.num_records;
    if (auto* spectrum = std::get_if<Spectrum>(&*record)) {
      result.spectra.push_back(std::move(*spectrum));
    } else {
      result.skipped.push_back(std::get<SkippedSpectrum>(*record));
    }
  }
  result.counts = reader.counts();
  return result;
}

inline ReadResult read_bytes(std::string_view bytes, const ReadOptions& options = {}) {
  auto reader = open_spectra(LineSource::from_memory("memory", bytes), "memory", options);
  return drain(*reader);
}

inline ReadResult read_as(Format format, std::string_view bytes) {
  ReadOptions options;
  options.format = format;
  return read_bytes(bytes, options);
}

/// The text as a gzip file (test_support_test.cpp).
std::string gzip(std::string_view text);

inline std::string write_all(OutputFormat format, const std::vector<Spectrum>& spectra) {
  auto writer = make_writer(format);
  std::string out = writer->header();
  for (const Spectrum& spectrum : spectra) out += writer->record(spectrum);
  return out + writer->footer();
}

/// The message of the Error that `action` throws, "" when it throws none.
template <typename Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace molbridge::spectra
