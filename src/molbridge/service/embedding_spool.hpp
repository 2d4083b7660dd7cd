#pragma once
// Rows of an `embed` run that are done: the folder "<OUT>.partial", which survives a kill. Private to the service. Not thread-safe.
// Format: docs/formats/embeddings.md.

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "molbridge/core/append_file.hpp"
#include "molbridge/service/embed_item.hpp"

namespace molbridge::service {

class EmbeddingSpool {
 public:
  /// Takes up what stands there if it is of this job. Errors: kOutput: not writable, another process works there, a file of that name.
  EmbeddingSpool(const std::string& output, const std::string& job, std::uint64_t width, bool resume);
  ~EmbeddingSpool();
  EmbeddingSpool(const EmbeddingSpool&) = delete;
  EmbeddingSpool& operator=(const EmbeddingSpool&) = delete;

  std::uint64_t rows() const { return state_.rows; }
  std::uint64_t failed() const { return state_.failed; }
  std::uint64_t truncated() const { return state_.truncated; }
  /// There was a spool of another job, or a damaged one.
  bool discarded() const { return discarded_; }
  /// Shapes: vectors [items, D]. Rows of items with a reason become NaN.
  void add(std::span<const EmbedItem> items, std::span<float> vectors);
  /// Everything added so far is safe afterwards.
  void checkpoint();
  std::string rows_file() const { return folder_ + "/rows.f32"; }
  std::string ids_file() const { return folder_ + "/ids.tsv"; }
  void remove();

 private:
  struct State {
    std::uint64_t rows = 0, failed = 0, truncated = 0, ids_bytes = 0;
  };
  void lock();
  bool load(const std::string& job);
  std::string folder_, job_;
  std::uint64_t width_;
  State state_;
  std::unique_ptr<AppendFile> rows_, ids_;
  int lock_fd_ = -1;
  bool discarded_ = false;
};

}  // namespace molbridge::service
