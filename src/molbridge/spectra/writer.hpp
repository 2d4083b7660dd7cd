#pragma once
// Writers that lose no field: what was read from one format can be written to another and read back.

#include <memory>
#include <string>
#include <string_view>

#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

enum class OutputFormat { kMgf, kMsp, kJson };
/// By name ("mgf") or by file name ending. Errors: kUsage.
OutputFormat parse_output_format(std::string_view text);
OutputFormat output_format_of(const std::string& path);

/// Appends the text of records; the caller owns the file. JSON is an array of one object per spectrum.
/// m/z is written with the shortest digits that read back equal. Not thread-safe.
class SpectrumWriter {
 public:
  virtual ~SpectrumWriter() = default;
  virtual std::string header() const { return ""; }
  virtual std::string record(const Spectrum& spectrum) = 0;
  virtual std::string footer() const { return ""; }
};

std::unique_ptr<SpectrumWriter> make_writer(OutputFormat format);

}  // namespace molbridge::spectra
