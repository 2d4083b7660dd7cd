#pragma once
// Memory that a kernel needs while it runs: one growing buffer per thread and purpose, aligned for vector units, kept for the next call.

#include <cstddef>
#include <cstdint>

namespace molbridge::nn {

enum class ScratchPurpose { kLinearInput, kLinearInputRest, kLinearOutput, kHidden, kPrimitive, kAttention, kCount };

/// At least `bytes` bytes at a multiple of 64; what was in it is lost. Valid until the next call of this thread with the same purpose.
void* scratch(ScratchPurpose purpose, std::size_t bytes);

template <typename T>
T* scratch_of(ScratchPurpose purpose, std::int64_t count) {
  return static_cast<T*>(scratch(purpose, static_cast<std::size_t>(count) * sizeof(T)));
}

}  // namespace molbridge::nn
