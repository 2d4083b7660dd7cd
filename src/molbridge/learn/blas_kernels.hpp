#pragma once
// LibTorch's float32 products go through OpenBLAS, which falls back to kernels of 2004 on a processor that is newer than itself: six times as slow and more.

#include <optional>
#include <string>

namespace molbridge::learn {

/// Value of OPENBLAS_CORETYPE that fits the processor, where OpenBLAS has chosen kernels without AVX2 on one that has it; nullopt where its choice is
/// good, where the variable is set already, or where another BLAS is linked. OpenBLAS reads the variable when it is loaded: set it and start
/// the program again.
std::optional<std::string> better_blas_kernels();

}  // namespace molbridge::learn
