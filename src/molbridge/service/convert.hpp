#pragma once
// Use case: spectra of any readable format written as MGF, MSP or JSON, no field lost, every record accounted for.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/service/reason_tally.hpp"

namespace molbridge::service {

struct ConvertOptions {
  std::vector<std::string> inputs;  ///< files, folders, "-" for standard input (once)
  std::string output = "-";         ///< file, or "-" for standard output
  std::string to;                   ///< "mgf", "msp", "json"; empty: by the ending of `output`, MGF for standard output
  std::string from = "auto";        ///< a name of spectra::parse_format
  bool centroid = false;            ///< make centroids of profile spectra instead of skipping them
  bool keep_profile = false;        ///< write profile spectra as they are instead of skipping them
  std::string skipped_file;         ///< TSV of every skipped record; empty: none is written
};

struct ConvertReport {
  std::uint64_t read = 0;  ///< MS/MS records: written + skipped
  std::uint64_t written = 0;
  std::uint64_t skipped = 0;
  std::uint64_t ms1 = 0;                                           ///< MS1 scans passed over, not part of `read`
  std::vector<ReasonGroup> reasons;                                ///< of the skipped records, most frequent first
  std::vector<std::pair<std::string, std::string>> failed_inputs;  ///< inputs that could not be opened, and why
  bool complete() const { return skipped == 0 && failed_inputs.empty(); }
};

/// Streams; memory does not grow with the inputs. An input that cannot be opened among others that can is listed in the
/// report; when none can, its error is thrown. Without success the output is not touched. Errors: kUsage (formats),
/// kInput, kOutput, kCancelled.
ConvertReport convert(const ConvertOptions& options, Progress& progress);

}  // namespace molbridge::service
