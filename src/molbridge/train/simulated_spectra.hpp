#pragma once
// Spectra that were never measured: what a fragment network expects of molecules of the negatives' bank, measured as some training spectrum was.

#include <cstdint>
#include <vector>

#include "molbridge/train/spectrum_dataset.hpp"

namespace molbridge::train {

struct SimulatedSpectra {
  std::vector<DatasetSpectrum> spectra;  ///< `molecule` is the training molecule whose spectrum lent the conditions
  std::vector<std::uint64_t>
      rows;  ///< of each, the molecule's row in the bank; one of that training molecule's negatives
};

}  // namespace molbridge::train
