#pragma once
// The synonyms of field names: one table for reading (which canonical key is this?) and for writing (does this dialect know
// that spelling?). Thread-safe.

#include <cstdint>
#include <string>
#include <string_view>

namespace molbridge::spectra {

/// Dialects that use a spelling, as bits.
enum Dialect : std::uint8_t { kMgfDialect = 1, kMspDialect = 2, kMassBankDialect = 4, kOtherDialect = 8 };

struct KeyEntry {
  std::string_view normalised;  ///< see normalise_key
  std::string_view canonical;
  std::uint8_t dialects;  ///< bits of Dialect
};

/// Lower-case letters, digits, '$', ':' and '#' of the key; all else (spaces, '_', '/', '-') is dropped.
std::string normalise_key(std::string_view written_key);

/// The entry of a normalised key, nullptr when unknown.
const KeyEntry* find_key(std::string_view normalised);

/// How `dialect` (kMgfDialect or kMspDialect) spells a canonical key, "" when it has no spelling of its own.
std::string_view spelling(std::string_view canonical, Dialect dialect);

}  // namespace molbridge::spectra
