#pragma once
// One record on its way from an input to its vector. Private to the service.

#include <cstdint>
#include <string>
#include <variant>

#include "molbridge/chem/reader.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::service {

struct EmbedItem {
  std::string id;
  std::string source;      ///< input as given
  std::uint64_t line = 0;  ///< 0 where the format has no lines
  std::string reason;      ///< why it has no vector; "" as long as nothing is known against it
  bool truncated = false;  ///< longer than the model reads: the vector is of its beginning
  std::variant<std::monostate, spectra::Spectrum, chem::MoleculeRow, std::string> content;

  /// Roughly, for bounding a batch.
  std::size_t bytes() const {
    if (const auto* spectrum = std::get_if<spectra::Spectrum>(&content)) return 512 + 32 * spectrum->peaks.size();
    if (const auto* row = std::get_if<chem::MoleculeRow>(&content))
      return 512 + row->smiles.size() + row->molblock.size();
    if (const auto* text = std::get_if<std::string>(&content)) return 256 + text->size();
    return 256;
  }
};

}  // namespace molbridge::service
