#include "molbridge/learn/blas_kernels.hpp"

#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace molbridge::learn {
namespace {

/// Names of the kernels that OpenBLAS takes for a processor it does not know, or for one without AVX2.
constexpr std::array<std::string_view, 12> kOldKernels{"Prescott",   "Core2",  "Penryn",      "Dunnington",
                                                       "Nehalem",    "Atom",   "Northwood",   "Katmai",
                                                       "Coppermine", "Banias", "Sandybridge", "Generic"};

std::string chosen_kernels() {
  using Name = char* (*)();
  const auto name = reinterpret_cast<Name>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  return name == nullptr ? "" : name();
}

}  // namespace

std::optional<std::string> better_blas_kernels() {
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr) return std::nullopt;
  const std::string chosen = chosen_kernels();
  bool is_old = false;
  for (const std::string_view old : kOldKernels) is_old = is_old || chosen == old;
  if (!is_old) return std::nullopt;
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (has_avx512) return "SKYLAKEX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "HASWELL";
  return std::nullopt;
}

}  // namespace molbridge::learn
