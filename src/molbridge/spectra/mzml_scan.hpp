#pragma once
// What the mzML and the mzXML document have in common: a scan as it is collected, and the step from it to a record.
// Not thread-safe.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/spectra/reader.hpp"

namespace molbridge::spectra {

/// Bounds the fields of one scan; beyond them a file is not a measurement but an attack.
inline constexpr std::size_t kMaxScanParams = 5000;
inline constexpr std::size_t kMaxScanTextBytes = std::size_t{1} << 20;

struct Scan {
  Spectrum spectrum;
  std::optional<int> ms_level;
  bool profile = false;
  std::string problem;  ///< the first thing that forbids to use the scan, "" if none
  std::optional<std::uint64_t> declared_peaks;
  std::vector<double> mz;
  std::vector<double> intensity;

  void fail(std::string reason) {
    if (problem.empty()) problem = std::move(reason);
  }
  /// Appends a field unless the value is empty; sets a problem beyond the bounds.
  void field(std::string_view key, std::string_view written_key, std::string_view value);
  /// A field whose name in the file is all that is known of it; the name is made fit to be a key of text formats.
  void other_field(std::string_view name, std::string_view value);
  /// MS level from text; anything but a whole number from 1 to 20 leaves it unknown.
  void set_ms_level(std::string_view text);
  /// True once it is known that the arrays will not be needed.
  bool is_ms1() const { return ms_level == 1; }
  /// The first m/z of a precursor that is a possible one; any other is kept as a further field.
  void set_precursor_mz(std::string_view written_key, std::string_view text);

 private:
  std::size_t num_fields_ = 0;
  std::size_t text_bytes_ = 0;
};

/// Takes finished scans and hands out records, with the totals. Numbers the scans, MS1 included.
class ScanSink {
 public:
  ScanSink(std::string source, const ReadOptions& options) : source_(std::move(source)), options_(options) {}

  const ReadOptions& options() const { return options_; }
  const std::string& source() const { return source_; }
  const ReadCounts& counts() const { return counts_; }
  /// Scans taken so far, MS1 included.
  std::uint64_t num_scans() const { return num_scans_; }

  void take(Scan scan);
  /// The input breaks off here; only the first break of a file becomes a record. `id` may be "".
  void damage(std::string_view id, std::uint64_t line, std::string what);

  bool empty() const { return records_.empty(); }
  Record pop();

 private:
  Record to_record(Scan scan) const;
  void push(Record record);

  std::string source_;
  ReadOptions options_;
  ReadCounts counts_;
  std::uint64_t num_scans_ = 0;
  bool damaged_ = false;
  std::deque<Record> records_;
};

/// "scan=118" at the end of a native id names the scan; "" if it does not.
std::string scan_number(std::string_view native_id);

}  // namespace molbridge::spectra
