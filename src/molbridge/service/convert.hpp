#pragma once
// Use case: spectra of any readable format written as MGF, MSP or JSON, no field lost, every record accounted for.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/spectra/reader.hpp"

namespace molbridge::service {

struct ConvertOptions {
  std::vector<std::string> inputs;  ///< files, folders, "-" for standard input (once)
  std::string output = "-";         ///< file, or "-" for standard output
  std::string to;                   ///< "mgf", "msp", "json"; empty: by the ending of `output`, MGF for standard output
  std::string from = "auto";        ///< a name of spectra::parse_format
  std::string skipped_file;         ///< TSV of every skipped record; empty: none is written
};

/// One reason for skipping: how often, and the first record it befell. Numbers within a reason do not make it another
/// one.
struct SkippedGroup {
  std::uint64_t count = 0;
  spectra::SkippedSpectrum first;
};

struct ConvertReport {
  std::uint64_t read = 0;  ///< MS/MS records: written + skipped
  std::uint64_t written = 0;
  std::uint64_t skipped = 0;
  std::uint64_t ms1 = 0;                                           ///< MS1 scans passed over, not part of `read`
  std::vector<SkippedGroup> reasons;                               ///< in the order of first occurrence
  std::vector<std::pair<std::string, std::string>> failed_inputs;  ///< inputs that could not be opened, and why
  bool complete() const { return skipped == 0 && failed_inputs.empty(); }
};

/// Streams; memory does not grow with the inputs. An input that cannot be opened among others that can is listed in the
/// report; when none can, its error is thrown. Without success the output is not touched. Errors: kUsage (formats),
/// kInput, kOutput, kCancelled.
ConvertReport convert(const ConvertOptions& options, Progress& progress);

}  // namespace molbridge::service
