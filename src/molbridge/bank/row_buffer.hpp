#pragma once
// The rows of a build that are in memory: added in input order, given out in bank order. Private to the bank. Not
// thread-safe.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "molbridge/bank/row_codec.hpp"

namespace molbridge::bank {

class RowBuffer {
 public:
  /// `block_bytes`: memory is taken in blocks of this size (a larger row gets its own).
  explicit RowBuffer(std::size_t block_bytes) : block_bytes_(block_bytes) {}

  /// Room for one encoded row of `size` bytes, to be filled at once.
  std::span<std::byte> allocate(std::size_t size);
  void clear();

  bool empty() const { return rows_ == 0; }
  /// Memory in use for the rows and for sorting them.
  std::uint64_t bytes() const { return bytes_ + rows_ * kSortBytesPerRow; }

  /// Every encoded row (with its size) from the one after the last call on, in input order.
  std::vector<std::span<const std::byte>> take_unsaved();
  /// What is in the buffer now is on the disk already.
  void mark_saved();

  /// Items without their size, in the order of row_before(); valid until clear().
  std::vector<std::span<const std::byte>> sorted_rows() const;
  /// The same rows in the order of key_before().
  std::vector<std::span<const std::byte>> sorted_keys() const;

 private:
  static constexpr std::uint64_t kSortBytesPerRow = 40;
  struct Block {
    std::unique_ptr<std::byte[]> data;
    std::size_t capacity = 0;
    std::size_t used = 0;
  };
  template <typename Visit>
  void for_each_row(const Visit& visit) const;

  std::size_t block_bytes_;
  std::vector<Block> blocks_;
  std::size_t current_ = 0;  // block being filled
  std::size_t saved_block_ = 0;
  std::size_t saved_offset_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t rows_ = 0;
};

}  // namespace molbridge::bank
