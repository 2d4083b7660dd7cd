#pragma once
// How a spectrum is put into "key, value" lines: which fields, in which spelling. Thread-safe.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/spectra/key_table.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

/// The fields of `spectrum`, preceded by what its typed members say and its fields do not (a retention time from mzML, a charge
/// that was set later), so that reading the fields back gives the same members.
std::vector<Field> fields_to_write(const Spectrum& spectrum);

/// Chooses spellings for one record. The first field of a known key gets the spelling of the dialect unless the dialect knows the
/// written one too; all else keeps the written key.
class Speller {
 public:
  Speller(Dialect dialect, const std::vector<Field>& fields);
  std::string spell(const Field& field);

 private:
  Dialect dialect_;
  std::vector<std::string> used_;  // canonical keys that have their spelling in this record
};

/// Shortest decimal text that reads back equal, without exponent where that is readable.
void append_number(std::string& out, double value);

}  // namespace molbridge::spectra
