#include "molbridge/bank/row_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace molbridge::bank {
namespace {

constexpr std::size_t kSize = sizeof(std::uint32_t);

std::span<const std::byte> item_at(const std::byte* row) {
  std::uint32_t size = 0;
  std::memcpy(&size, row, kSize);
  return {row + kSize, size};
}

/// What most comparisons of a sort need, beside the row itself.
struct ByMass {
  double mass;
  std::uint64_t prefix;
  const std::byte* row;
};
struct ByKey {
  std::uint64_t prefix;
  const std::byte* row;
};

KeyView key_of(const RowView& row) { return {row.sequence, row.record.inchikey14, row.record.formula}; }

template <typename Entry>
std::vector<std::span<const std::byte>> items_of(const std::vector<Entry>& entries) {
  std::vector<std::span<const std::byte>> items;
  items.reserve(entries.size());
  for (const auto& entry : entries) items.push_back(item_at(entry.row));
  return items;
}

}  // namespace

std::span<std::byte> RowBuffer::allocate(std::size_t size) {
  while (current_ < blocks_.size() && blocks_[current_].capacity - blocks_[current_].used < size) ++current_;
  if (current_ == blocks_.size()) {
    const std::size_t capacity = std::max(size, block_bytes_);
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(capacity), capacity, 0});
  }
  Block& block = blocks_[current_];
  const std::span<std::byte> room(block.data.get() + block.used, size);
  block.used += size;
  bytes_ += size;
  ++rows_;
  return room;
}

void RowBuffer::clear() {
  for (auto& block : blocks_) block.used = 0;
  current_ = saved_block_ = saved_offset_ = 0;
  bytes_ = rows_ = 0;
}

std::vector<std::span<const std::byte>> RowBuffer::take_unsaved() {
  std::vector<std::span<const std::byte>> parts;
  for (std::size_t b = saved_block_; b < blocks_.size() && b <= current_; ++b) {
    const std::size_t begin = b == saved_block_ ? saved_offset_ : 0;
    if (begin < blocks_[b].used) parts.emplace_back(blocks_[b].data.get() + begin, blocks_[b].used - begin);
  }
  mark_saved();
  return parts;
}

void RowBuffer::mark_saved() {
  saved_block_ = current_;
  saved_offset_ = current_ < blocks_.size() ? blocks_[current_].used : 0;
}

template <typename Visit>
void RowBuffer::for_each_row(const Visit& visit) const {
  for (const auto& block : blocks_) {
    for (std::size_t at = 0; at < block.used;) {
      const std::byte* row = block.data.get() + at;
      visit(row);
      at += kSize + item_at(row).size();
    }
  }
}

std::vector<std::span<const std::byte>> RowBuffer::sorted_rows() const {
  std::vector<ByMass> entries;
  entries.reserve(rows_);
  for_each_row([&](const std::byte* row) {
    const RowView view = decode_row(item_at(row));
    entries.push_back({view.mass, text_prefix(view.record.inchikey14), row});
  });
  std::sort(entries.begin(), entries.end(), [](const ByMass& a, const ByMass& b) {
    if (a.mass != b.mass) return a.mass < b.mass;
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return row_before(decode_row(item_at(a.row)), decode_row(item_at(b.row)));
  });
  return items_of(entries);
}

std::vector<std::span<const std::byte>> RowBuffer::sorted_keys() const {
  std::vector<ByKey> entries;
  entries.reserve(rows_);
  for_each_row([&](const std::byte* row) {
    entries.push_back({text_prefix(decode_row(item_at(row)).record.inchikey14), row});
  });
  std::sort(entries.begin(), entries.end(), [](const ByKey& a, const ByKey& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return key_before(key_of(decode_row(item_at(a.row))), key_of(decode_row(item_at(b.row))));
  });
  return items_of(entries);
}

}  // namespace molbridge::bank
