#pragma once
// Use case: spectra in, ranked molecules of a bank out, a row for every spectrum. Format page: docs/formats/results.md.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/service/engine.hpp"
#include "molbridge/service/reason_tally.hpp"
#include "molbridge/service/result_writer.hpp"

namespace molbridge::service {

struct IdentifyOptions {
  std::vector<std::string> inputs;     ///< files, folders, "-" for standard input (once)
  std::string from = "auto";           ///< a name of spectra::parse_format
  bool centroid = false;               ///< centroid profile data instead of skipping them
  double ppm = 10;                     ///< of the precursor m/z; 0 or more
  std::optional<std::string> formula;  ///< candidates are its molecules; the precursor is only checked
  std::optional<std::string> adduct;   ///< overrides what the spectra say
  std::string ion_mode = "auto";       ///< for spectra that say nothing: positive, negative, auto (both are tried)
  std::uint64_t top_k = 10;            ///< candidates written per spectrum, 1 or more
  std::uint64_t shortlist = 0;         ///< candidates that the second stage looks at; 0: as the model says
  std::string explain;                 ///< TSV of annotated peaks; empty: none
  std::uint64_t explain_top = 0;       ///< hits whose peaks are annotated, in JSON too; 0: 1 with `explain`, else none
  std::string prior_file;              ///< table of what is known of molecules (prior.hpp); empty: none
  std::string prior_column;            ///< of that table
  double prior_weight = 1;             ///< times ln(1 + value)
  ResultFormat format = ResultFormat::kTsv;
  std::string output = "-";  ///< file, "-" for standard output, "" for nowhere
  std::size_t threads = 1;   ///< results do not depend on it
};

/// Totals. read == ranked + no_candidates + skipped; MS1 scans are in none.
struct IdentifyReport {
  std::uint64_t read = 0;
  std::uint64_t ranked = 0;
  std::uint64_t no_candidates = 0;
  std::uint64_t skipped = 0;
  std::uint64_t ms1 = 0;
  bool damaged_input = false;
  std::vector<ReasonGroup> skip_reasons;
  std::vector<ReasonGroup> notes;                                  ///< what was assumed or contradictory, ranked or not
  std::vector<std::pair<std::string, std::string>> failed_inputs;  ///< inputs that could not be opened, and why
  std::vector<QueryResult> first;  ///< the first queries with their best hit, for people
  double seconds = 0;
  std::uint64_t prior_molecules = 0;  ///< rows of the bank that the prior knows
  bool complete() const { return skipped == 0 && failed_inputs.empty() && !damaged_input; }

  static constexpr std::size_t kMaxFirst = 40;
};

/// Streams: memory does not grow with the number of spectra, but for 8 bytes each with a second stage, whose q-values need all of them: then rows
/// wait in a nameless file beside the output (where that is a file) until the end. Results come in the order of the input. With an output file in
/// TSV, "<output>.run.json" says how it was made. An input that cannot be opened among others that can is listed in the report;
/// when none can, its error is thrown. Without success a file is not touched.
/// Errors: kUsage (options), kInput, kOutput, kCancelled.
IdentifyReport identify(const Engine& engine, const IdentifyOptions& options, Progress& progress);

}  // namespace molbridge::service
