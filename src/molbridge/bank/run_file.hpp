#pragma once
// Files of items, each a u32 size and as many bytes: the journal and the sorted runs of a build. Private to the bank.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace molbridge::bank {

/// Reads items in order through a buffer that grows only for an item larger than itself. No file stays open between two
/// reads, so a merge may have any number of runs. Not thread-safe. Errors: kModel when the file is shorter than `bytes`
/// or an item does not fit.
class RunReader {
 public:
  /// The first `bytes` of the file; what lies beyond is ignored.
  RunReader(std::string path, std::uint64_t bytes, std::size_t buffer_bytes);
  /// False at the end; otherwise item() is the next one, until the next call.
  bool next();
  std::span<const std::byte> item() const { return item_; }

 private:
  void ensure(std::size_t count);
  [[noreturn]] void fail(const std::string& reason) const;

  std::string path_;
  std::uint64_t bytes_;
  std::uint64_t file_offset_ = 0;  // of the first byte that is not in the buffer
  std::size_t buffer_bytes_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;
  std::span<const std::byte> item_;
};

/// Merges sorted sources. A source has `bool next()` and `const Item& current() const`; `visit(item)` gets every item
/// in order. `before` must be a total order over all items of all sources, or the result would depend on how they were
/// split.
template <typename Source, typename Before, typename Visit>
void merge_sorted(std::vector<Source>& sources, const Before& before, const Visit& visit) {
  std::vector<Source*> heap;
  for (auto& source : sources) {
    if (source.next()) heap.push_back(&source);
  }
  const auto later = [&](const Source* a, const Source* b) { return before(b->current(), a->current()); };
  std::make_heap(heap.begin(), heap.end(), later);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    visit(heap.back()->current());
    if (heap.back()->next()) {
      std::push_heap(heap.begin(), heap.end(), later);
    } else {
      heap.pop_back();
    }
  }
}

/// A run whose items are decoded by `Decode`.
template <typename Item, Item (*Decode)(std::span<const std::byte>)>
class DecodedRun {
 public:
  explicit DecodedRun(RunReader reader) : reader_(std::move(reader)) {}
  bool next() {
    if (!reader_.next()) return false;
    current_ = Decode(reader_.item());
    return true;
  }
  const Item& current() const { return current_; }

 private:
  RunReader reader_;
  Item current_;
};

}  // namespace molbridge::bank
