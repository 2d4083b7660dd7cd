// MGF peak lists from unknown hands; what is read must also survive being written and read again.

#include "spectra_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return molbridge::spectra::fuzz_reader(molbridge::spectra::Format::kMgf, data, size);
}
