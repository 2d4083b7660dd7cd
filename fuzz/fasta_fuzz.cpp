// FASTA from unknown hands: every record comes out with residues or with a reason.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "molbridge/encoders/protein/fasta.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using molbridge::Error;
  using molbridge::ErrorCode;
  try {
    molbridge::encoders::FastaReader reader(
        molbridge::LineSource::from_memory("fuzz", std::string_view(reinterpret_cast<const char*>(data), size)));
    while (const auto record = reader.next()) {
      if (record->sequence.empty() == record->reason.empty()) std::abort();
    }
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kInput) std::abort();
  }
  return 0;
}
