#pragma once
// What this process used so far. Thread-safe.

#include <cstdint>
#include <string>

namespace molbridge::service {

/// Largest resident memory of this process, bytes; mapped files that were touched count.
std::uint64_t peak_memory_bytes();
/// "312 MB", "1.8 GB".
std::string format_bytes(std::uint64_t bytes);

}  // namespace molbridge::service
