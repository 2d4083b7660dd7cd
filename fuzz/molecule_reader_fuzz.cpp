// Structure files from unknown hands: the first byte chooses the format, the rest is the file, gzip included.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/chem/reader.hpp"
#include "molbridge/chem/readers.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/line_source.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using molbridge::chem::MoleculeFormat;
  if (size == 0) return 0;
  constexpr MoleculeFormat kFormats[] = {MoleculeFormat::kAuto, MoleculeFormat::kSmiles, MoleculeFormat::kDelimited,
                                         MoleculeFormat::kSdf};
  molbridge::chem::MoleculeReadOptions options;
  options.format = kFormats[data[0] % 4];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    auto reader = molbridge::chem::make_reader(molbridge::LineSource::from_memory("fuzz", text), options);
    int blocks = 0;
    while (const auto row = reader->next()) {
      if (!row->molblock.empty() && ++blocks <= 3) (void)molbridge::chem::Molecule::from_molblock(row->molblock);
    }
  } catch (const molbridge::Error&) {
  }
  return 0;
}

// RDKit's parsers leak on some inputs that they refuse.
extern "C" const char* __lsan_default_suppressions() { return "leak:RDKit"; }
