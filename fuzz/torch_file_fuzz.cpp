// PyTorch files of all containers: whatever the bytes say, views stay inside the map or inside bounded copies.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/torch_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace molbridge;
  const int file = ::memfd_create("fuzz.pt", MFD_CLOEXEC);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  try {
    const auto map = MappedFile::open("/proc/self/fd/" + std::to_string(file));
    const nn::TorchFile weights = nn::read_torch_file(map);
    unsigned sum = 0;
    for (const auto& [name, tensor] : weights.tensors) {
      std::size_t bytes = nn::element_size(tensor.type);
      for (const auto extent : tensor.shape) bytes *= static_cast<std::size_t>(extent);
      if (bytes != tensor.bytes.size()) std::abort();
      for (const std::byte byte : tensor.bytes)
        sum += static_cast<unsigned>(byte);  // a view beyond its bytes dies here
    }
    volatile unsigned sink = sum;
    static_cast<void>(sink);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kModel) throw;
  }
  ::close(file);
  return 0;
}
