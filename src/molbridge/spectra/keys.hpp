#pragma once
// Field names of all dialects and their canonical ones, and the step from fields to the typed members of a spectrum.
// Table: docs/formats/spectra.md. Thread-safe.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

/// Canonical name of a written key ("PEPMASS", "PrecursorMZ", "MS$FOCUSED_ION:PRECURSOR_M/Z" -> "precursor_mz"; case, spaces and
/// underscores do not count). "Comments:X", a field found inside a comment, has the name of X. An unknown key comes back in lower
/// case with its outer spaces trimmed.
std::string canonical_key(std::string_view written_key);

/// canonical_key with a memory, for readers: the records of a file repeat their keys in the same order. Not thread-safe.
class KeyCache {
 public:
  /// Valid until the next call.
  const std::string& canonical(std::string_view written_key);

 private:
  struct Entry {
    std::string written, canonical;
  };
  std::vector<Entry> entries_;
  std::size_t next_ = 0;  // where the key is if it follows the last one as it did before
};

/// Appends a field under its canonical key. Text that is not UTF-8 is taken for Latin-1 and converted, so that every string of
/// a spectrum is UTF-8. "num_peaks" is not kept: it is the length of the peak list.
void add_field(Spectrum& spectrum, std::string_view written_key, std::string_view value);
void add_field(Spectrum& spectrum, std::string_view written_key, std::string_view value, KeyCache& keys);

/// The text as UTF-8 (see add_field).
std::string to_utf8(std::string_view text);

/// "N/A", "NA", "none", "null", "nan", "unknown", "-", "?" (in any case) or nothing: the file says that it does not know.
bool is_missing(std::string_view value);

/// Signed charge of "1+", "+1", "1", "(2-)", "--"; 0 for unknown, several ("2+ and 3+") or not understood. A charge without sign
/// takes `default_sign` (+1 or -1).
int parse_charge(std::string_view text, int default_sign = 1);

/// Seconds of a retention time: RTINSECONDS and values with a unit ("5.2 min", "312 s") as they say; a bare number is in
/// minutes, as MS-DIAL, NIST and most MassBank records write it, unless it is above 180: no run is that long.
std::optional<double> parse_retention_time(std::string_view written_key, std::string_view value);

/// Sets the typed members from the fields where they are not set yet; the first field that can be understood counts. Where
/// none can, the member stays unknown; the fields stay in any case.
void apply_fields(Spectrum& spectrum);

/// Why the fields forbid to use the record: a precursor with a decimal comma would be lost in silence. "" if all is well.
std::string field_problem(const Spectrum& spectrum);

}  // namespace molbridge::spectra
