#pragma once
// Bounded little-endian reading of untrusted bytes: every count is checked against what is left before it is used.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "molbridge/core/error.hpp"

namespace molbridge {

static_assert(std::endian::native == std::endian::little, "files are little-endian and mapped as they are");

/// Not thread-safe; the bytes must outlive the reader. Errors: kInput with file and offset when bytes are missing.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string file) : bytes_(bytes), file_(std::move(file)) {}

  std::size_t offset() const { return offset_; }
  std::size_t left() const { return bytes_.size() - offset_; }

  std::span<const std::byte> take(std::uint64_t count, std::string_view what) {
    if (count > left()) {
      throw Error(ErrorCode::kInput, "truncated: " + std::string(what) + " needs " + std::to_string(count) +
                                         " bytes, " + std::to_string(left()) + " are left")
          .at_offset(file_, offset_);
    }
    const auto part = bytes_.subspan(offset_, count);
    offset_ += count;
    return part;
  }

  template <typename T>
  T number(std::string_view what) {
    T value;
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  std::string file_;
  std::size_t offset_ = 0;
};

}  // namespace molbridge
