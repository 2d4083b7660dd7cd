#pragma once
// Plain fork-join parallelism over an index range. No pool is kept: the work items of this project are large.

#include <cstddef>
#include <functional>

namespace molbridge {

/// 0 means all cores this process may use.
std::size_t resolve_threads(std::size_t requested);

/// Calls work(begin, end) on consecutive chunks of [0, count) from `threads` threads until all are done. Chunks are handed
/// out dynamically; results must not depend on their order. The first exception is rethrown in the caller after the
/// others have stopped.
void parallel_for(std::size_t count, std::size_t threads, std::size_t chunk,
                  const std::function<void(std::size_t begin, std::size_t end)>& work);

}  // namespace molbridge
