#pragma once
// Field names of all dialects and their canonical ones, and the step from fields to the typed members of a spectrum.
// Table: docs/formats/spectra.md. Thread-safe.

#include <string>
#include <string_view>

#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

/// Canonical name of a written key ("PEPMASS", "PrecursorMZ:", "MS$FOCUSED_ION: PRECURSOR_M/Z" -> "precursor_mz"); an unknown
/// key comes back in lower case with its spaces trimmed.
std::string canonical_key(std::string_view written_key);

/// Appends a field under its canonical key.
void add_field(Spectrum& spectrum, std::string_view written_key, std::string_view value);

/// "N/A", "n/a", "NA", "none", "null", "nan", "unknown", "-", "?" or nothing: the file says that it does not know.
bool is_missing(std::string_view value);

/// Sets the typed members from the fields where they are not set yet. A value that cannot be understood leaves the member
/// unknown; the field itself stays.
void apply_fields(Spectrum& spectrum);

}  // namespace molbridge::spectra
