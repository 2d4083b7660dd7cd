#include "molbridge/chem/inchi_library.hpp"

#include <dlfcn.h>
#include <inchi_api.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/threads.hpp"

namespace molbridge::chem {
namespace {

constexpr int kMaxCopies = 16;

/// The shared object that the linked functions come from.
std::optional<std::string> library_bytes() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&GetINCHI), &info) == 0 || info.dli_fname == nullptr) return std::nullopt;
  if (std::string(info.dli_fname).find("libinchi") == std::string::npos) return std::nullopt;  // linked statically
  try {
    return read_text_file(info.dli_fname, std::uint64_t{64} << 20);
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool write_all(int fd, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

/// The loader takes a file of another inode and name for another library. It lives in memory only. On success the descriptor
/// stays open: its number is the name, and a name that comes again would give the copy that has it already.
void* load_copy(const std::string& bytes) {
  const int fd = ::memfd_create("libinchi-copy", MFD_CLOEXEC);
  if (fd < 0) return nullptr;
  void* handle = nullptr;
  if (write_all(fd, bytes)) {
    handle = ::dlopen(("/proc/self/fd/" + std::to_string(fd)).c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  if (handle == nullptr) ::close(fd);
  return handle;
}

std::optional<InchiFunctions> functions_of_copy() {
  const auto bytes = library_bytes();
  void* handle = bytes ? load_copy(*bytes) : nullptr;
  if (handle == nullptr) return std::nullopt;
  InchiFunctions functions;
  functions.get_inchi = reinterpret_cast<decltype(functions.get_inchi)>(::dlsym(handle, "GetINCHI"));
  functions.free_inchi = reinterpret_cast<decltype(functions.free_inchi)>(::dlsym(handle, "FreeINCHI"));
  functions.get_key = reinterpret_cast<decltype(functions.get_key)>(::dlsym(handle, "GetINCHIKeyFromINCHI"));
  const bool complete =
      functions.get_inchi != nullptr && functions.free_inchi != nullptr && functions.get_key != nullptr;
  return complete ? std::optional(functions) : std::nullopt;
}

}  // namespace

struct InchiPool::State {
  std::mutex mutex;
  std::condition_variable available;
  std::vector<InchiFunctions> free;
  std::vector<decltype(InchiFunctions::get_inchi)> known;  // of all copies: the same twice would be no copy
  int copies = 1;
  int limit = 1;

  /// Loads a further copy without holding the lock meanwhile. Stops trying after the first failure.
  void grow(std::unique_lock<std::mutex>& lock) {
    ++copies;  // counted before it is there, so that no other thread makes it too
    lock.unlock();
    const auto functions = functions_of_copy();
    lock.lock();
    if (functions && std::find(known.begin(), known.end(), functions->get_inchi) == known.end()) {
      known.push_back(functions->get_inchi);
      free.push_back(*functions);
    } else {
      limit = --copies;
    }
  }

  std::optional<InchiFunctions> pop() {
    if (free.empty()) return std::nullopt;
    const InchiFunctions functions = free.back();
    free.pop_back();
    return functions;
  }
};

InchiPool::InchiPool(int most_copies) : state_(std::make_unique<State>()) {
  state_->limit = most_copies;
  state_->free.push_back({.get_inchi = &GetINCHI, .free_inchi = &FreeINCHI, .get_key = &GetINCHIKeyFromINCHI});
  state_->known.push_back(&GetINCHI);
}

InchiPool::~InchiPool() = default;

InchiFunctions InchiPool::take() {
  std::unique_lock lock(state_->mutex);
  if (state_->free.empty() && state_->copies < state_->limit) state_->grow(lock);
  state_->available.wait(lock, [&] { return !state_->free.empty(); });
  return *state_->pop();
}

std::optional<InchiFunctions> InchiPool::try_take() {
  std::unique_lock lock(state_->mutex);
  if (state_->free.empty() && state_->copies < state_->limit) state_->grow(lock);
  return state_->pop();
}

void InchiPool::give(const InchiFunctions& functions) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->free.push_back(functions);
  }
  state_->available.notify_one();
}

InchiPool& InchiPool::shared() {
  // Never destroyed: threads may still hold a copy while the process ends.
  static InchiPool* pool = new InchiPool(std::min(kMaxCopies, static_cast<int>(resolve_threads(0))));
  return *pool;
}

}  // namespace molbridge::chem
