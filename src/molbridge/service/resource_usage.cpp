#include "molbridge/service/resource_usage.hpp"

#include <sys/resource.h>

#include "molbridge/core/text.hpp"

namespace molbridge::service {

std::uint64_t peak_memory_bytes() {
  struct rusage usage {};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts in KiB
}

std::string format_bytes(std::uint64_t bytes) {
  const double megabytes = static_cast<double>(bytes) / 1e6;
  if (megabytes < 1000) return format_fixed(megabytes, 0) + " MB";
  return format_fixed(megabytes / 1000, 1) + " GB";
}

}  // namespace molbridge::service
