#pragma once
// One MS/MS spectrum as a file gave it, with every field kept. Values only; thread-safe.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/mass/adduct.hpp"

namespace molbridge::spectra {

/// m/z in Th; intensity in the unit of the file.
struct Peak {
  double mz = 0;
  double intensity = 0;
  bool operator==(const Peak&) const = default;
};

/// A field as written. `key` is canonical where the field is known ("precursor_mz", "adduct", "smiles"; docs/formats/spectra.md),
/// otherwise the written one in lower case; `written_key` is kept for export.
struct Field {
  std::string key;
  std::string written_key;
  std::string value;
};

/// What a spectrum says about itself. Typed members are parsed from the fields; a value that is absent, or says "unknown" in
/// one of the spellings of the field (N/A, 0, empty), is nullopt / 0 / kUnknown / "".
struct Spectrum {
  std::string id;           ///< title, accession or native id; "index=<n>" when the file has none
  std::uint64_t index = 0;  ///< position among all spectra of the source, MS1 included, from 0
  std::string source;       ///< file name as given, "-" for standard input
  std::uint64_t line = 0;   ///< first line of the record in text formats, 0 otherwise
  int ms_level = 2;
  std::optional<double> precursor_mz;
  std::optional<double> precursor_intensity;
  int charge = 0;  ///< signed; 0 is unknown
  mass::IonMode ion_mode = mass::IonMode::kUnknown;
  std::string adduct;  ///< as written; "" is unknown
  std::optional<double> rt_seconds;
  std::vector<Field> fields;  ///< every field of the record in file order, those behind the typed members included
  std::vector<Peak> peaks;    ///< in ascending m/z after reading
  std::vector<std::string> peak_annotations;  ///< empty, or one per peak ("" where the file gave none)

  /// First field of that canonical key, "" if absent.
  std::string_view field(std::string_view key) const;
};

}  // namespace molbridge::spectra
