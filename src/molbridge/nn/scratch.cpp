#include "molbridge/nn/scratch.hpp"

#include <array>
#include <cstdlib>
#include <memory>
#include <new>

namespace molbridge::nn {
namespace {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

struct Buffer {
  std::unique_ptr<void, Free> memory;
  std::size_t size = 0;
};

}  // namespace

void* scratch(ScratchPurpose purpose, std::size_t bytes) {
  thread_local std::array<Buffer, static_cast<std::size_t>(ScratchPurpose::kCount)> buffers;
  Buffer& buffer = buffers[static_cast<std::size_t>(purpose)];
  if (buffer.size < bytes || !buffer.memory) {
    const std::size_t size = (bytes / 64 + 1) * 64;
    buffer.memory.reset();
    buffer.memory.reset(std::aligned_alloc(64, size));
    if (!buffer.memory) throw std::bad_alloc();
    buffer.size = size;
  }
  return buffer.memory.get();
}

}  // namespace molbridge::nn
