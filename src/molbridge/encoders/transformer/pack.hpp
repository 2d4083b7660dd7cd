#pragma once
// Sequences laid one after the other without padding, and the memory in which a network works them off.

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace molbridge::encoders {

/// Shapes: ids [rows], starts [sequences + 1] with starts[0] == 0 and starts.back() == rows. No sequence is empty.
struct Pack {
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> starts = {0};
  std::int64_t rows() const { return starts.back(); }
  std::int64_t sequences() const { return static_cast<std::int64_t>(starts.size()) - 1; }
  std::int64_t length(std::int64_t sequence) const {
    const auto i = static_cast<std::size_t>(sequence);
    return starts[i + 1] - starts[i];
  }
  void add(std::span<const std::int32_t> sequence) {
    ids.insert(ids.end(), sequence.begin(), sequence.end());
    starts.push_back(static_cast<std::int64_t>(ids.size()));
  }
};

/// A buffer that only grows; what was in it is lost when it does.
class GrowingBuffer {
 public:
  float* at_least(std::int64_t count) {
    if (count > size_) {
      memory_.reset();
      memory_ = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(count));
      size_ = count;
    }
    return memory_.get();
  }

 private:
  std::unique_ptr<float[]> memory_;
  std::int64_t size_ = 0;
};

/// Of one thread at a time. Shapes: x and y [rows, D], qkv [rows, 3 D], attended [rows, D].
struct Workspace {
  GrowingBuffer x, y, qkv, attended;
};

/// Lends workspaces to the threads of one call.
class WorkspacePool {
 public:
  std::unique_ptr<Workspace> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Workspace>();
    auto workspace = std::move(free_.back());
    free_.pop_back();
    return workspace;
  }
  void give(std::unique_ptr<Workspace> workspace) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(workspace));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> free_;
};

}  // namespace molbridge::encoders
