#pragma once
// Which instructions this processor has. The build itself stays at the baseline of the architecture, so one binary runs
// everywhere and the wider code is chosen here, at run time.

#if defined(__x86_64__) && defined(__GNUC__)
#define MOLBRIDGE_X86 1
#include <cpuid.h>
#endif

namespace molbridge::bank {

#ifdef MOLBRIDGE_X86
/// AVX2, with the F16C and BMI that came before it, of the processor and of the operating system.
inline bool cpu_has_avx2() {
  static const bool has = [] {
    unsigned int a = 0, b = 0, c = 0, d = 0;
    const bool f16c = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;  // clang 14 knows no name for it
    return f16c && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
  }();
  return has;
}
#endif

}  // namespace molbridge::bank
