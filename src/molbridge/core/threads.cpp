#include "molbridge/core/threads.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace molbridge {

std::size_t resolve_threads(std::size_t requested) {
  if (requested > 0) return requested;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

void parallel_for(std::size_t count, std::size_t threads, std::size_t chunk,
                  const std::function<void(std::size_t, std::size_t)>& work) {
  if (count == 0) return;
  chunk = std::max<std::size_t>(1, chunk);
  threads = std::min(std::max<std::size_t>(1, threads), (count + chunk - 1) / chunk);
  if (threads == 1) {
    for (std::size_t begin = 0; begin < count; begin += chunk) work(begin, std::min(begin + chunk, count));
    return;
  }
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto run = [&] {
    try {
      for (std::size_t begin; (begin = next.fetch_add(chunk)) < count;) work(begin, std::min(begin + chunk, count));
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  std::vector<std::jthread> workers;
  for (std::size_t i = 1; i < threads; ++i) workers.emplace_back(run);
  run();
  workers.clear();  // joins
  if (failure) std::rethrow_exception(failure);
}

}  // namespace molbridge
