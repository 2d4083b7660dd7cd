#pragma once
// Streaming readers of MS/MS spectra: MGF, MSP, MassBank records, MassSpecGym TSV, JSON, mzML, mzXML; plain, .gz or standard input.
//
// Every record of the input comes out exactly once: as a spectrum or as a skipped record with its reason. Memory does not grow
// with the file. A file that breaks off gives all records before the break and then one skipped record that says where;
// a file that cannot be read at all (missing, no spectra format) throws. Format pages: docs/formats/spectra.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "molbridge/spectra/spectrum.hpp"

namespace molbridge {
class LineSource;
}

namespace molbridge::spectra {

enum class Format { kAuto, kMgf, kMsp, kMassBank, kMassSpecGym, kMzml, kMzxml, kJson };
std::string_view name(Format format);
/// "mgf", "msp", "massbank", "massspecgym", "mzml", "mzxml", "json", "auto". Errors: kUsage with the list.
Format parse_format(std::string_view text);

/// A record that cannot become a query: `reason` is one sentence with the remedy where there is one.
struct SkippedSpectrum {
  std::string id;
  std::uint64_t index = 0;
  std::string source;
  std::uint64_t line = 0;
  std::string reason;
  /// True when the input itself is damaged here (truncated, corrupt) and what followed is lost: the exit code is then 1.
  bool damaged_input = false;
};

using Record = std::variant<Spectrum, SkippedSpectrum>;

struct ReadOptions {
  Format format = Format::kAuto;        ///< kAuto sniffs the content, then the file name
  std::uint64_t max_peaks = 2'000'000;  ///< a record with more is skipped: no spectrum has them, corrupt files do
  bool refuse_profile = true;           ///< false lets profile data through as they are, e.g. to convert them
  bool centroid_profile = false;        ///< true makes centroids of profile data (centroid.hpp) and says so in a field
};

/// Totals of a source so far. Read after next() gave nullopt, records == spectra + skipped; MS1 scans are in neither.
struct ReadCounts {
  std::uint64_t spectra = 0;
  std::uint64_t skipped = 0;
  std::uint64_t ms1 = 0;
};

/// Not thread-safe.
class SpectrumReader {
 public:
  virtual ~SpectrumReader() = default;
  /// The next MS/MS record; nullopt at the end. Peaks are sorted by m/z and valid: finite, m/z > 0, intensity >= 0. Records
  /// with NaN, negative or zero-only values, without peaks, with profile data or of MS level 1 are treated as documented in
  /// docs/formats/spectra.md (skipped with a reason, or passed over and counted).
  virtual std::optional<Record> next() = 0;
  virtual ReadCounts counts() const = 0;
  /// Bytes of the (compressed) input consumed and its size, 0 when unknown; for progress.
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t bytes_total() const = 0;
};

/// `path` is a file, "-" for standard input, or a folder (all spectrum files below it, in name order, as one source).
/// Errors: kInput when it cannot be opened or no format fits (the message lists the formats).
/// In a folder, files that are no spectra are passed over, but an .mgf, .msp, .mzML or .mzXML that cannot be read is a skipped
/// record; names that begin with '.' do not count.
std::unique_ptr<SpectrumReader> open_spectra(const std::string& path, const ReadOptions& options = {});

/// The same over an open source (core/line_source.hpp), from memory too; `name` becomes Spectrum::source.
std::unique_ptr<SpectrumReader> open_spectra(std::unique_ptr<LineSource> source, std::string name,
                                             const ReadOptions& options = {});

/// Decides whether peaks look like profile data (unpicked): pure function, used by every reader. Source: see profile.cpp.
bool looks_like_profile(const std::vector<Peak>& sorted_peaks);
/// "profile data (1 912 points); centroid first: msconvert FILE --filter "peakPicking vendor msLevel=1-""
std::string profile_reason(const std::string& file, std::size_t num_points);

}  // namespace molbridge::spectra
