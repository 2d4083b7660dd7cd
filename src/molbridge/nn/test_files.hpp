#pragma once
// What the tests of weights files share: files without a disk behind them, hand-made pickles and zip archives.

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/error.hpp"

namespace molbridge::nn {

/// A file in memory that can be opened by its path: thousands of damaged files are made here.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(::memfd_create("test", MFD_CLOEXEC)) {
    EXPECT_EQ(::write(fd_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

template <typename T>
std::string raw(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

/// Expects an error of the model kind whose text holds `part`.
template <typename Function>
void expect_model_error(Function function, const std::string& part) {
  try {
    function();
    ADD_FAILURE() << "accepted; expected an error about: " << part;
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kModel) << e.what();
    EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
  }
}

// --- pickles, protocol 2 ---
inline std::string pickle_text(std::string_view text) {
  return "X" + raw(static_cast<std::uint32_t>(text.size())) + std::string(text);
}
inline std::string pickle_int(std::int64_t value) { return "\x8a\x08" + raw(value); }
inline std::string pickle_ints(const std::vector<std::int64_t>& values) {
  std::string items;
  for (const std::int64_t value : values) items += pickle_int(value);
  return "(" + items + "t";
}
/// A float tensor over all of storage `key`, which has `count` elements.
inline std::string pickle_tensor(const std::string& key, std::int64_t count, std::int64_t offset,
                                 const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides,
                                 const std::string& type = "FloatStorage") {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + pickle_text("storage") + "ctorch\n" + type + "\n" +
         pickle_text(key) + pickle_text("cpu") + pickle_int(count) + "tQ" + pickle_int(offset) + pickle_ints(sizes) +
         pickle_ints(strides) + "\x89)tR";
}
/// {"w": value}
inline std::string pickle_state(const std::string& value) { return "\x80\x02}" + pickle_text("w") + value + "s."; }

// --- zip archives ---
struct ZipPart {
  std::string name, data;
  std::uint16_t method = 0;
  std::int64_t size = -1;        ///< as claimed; -1: of data
  std::int64_t local_size = -1;  ///< in the local header
  std::int64_t packed_size = -1;
  std::int64_t offset = -1;  ///< of the local header; -1: where it is
  std::uint32_t crc = 0;
  std::uint16_t flags = 0;
};

inline std::string zip_of(const std::vector<ZipPart>& parts) {
  std::string bytes, directory;
  for (const ZipPart& part : parts) {
    const auto or_else = [](std::int64_t value, std::size_t other) {
      return static_cast<std::uint32_t>(value < 0 ? other : value);
    };
    const std::uint32_t packed = or_else(part.packed_size, part.data.size()),
                        size = or_else(part.size, part.data.size());
    const std::string common = raw(part.flags) + raw(part.method) + raw(std::uint32_t{0}) + raw(part.crc);
    const std::string lengths = raw(static_cast<std::uint16_t>(part.name.size())) + raw(std::uint16_t{0});
    directory += "PK\x01\x02" + raw(std::uint32_t{0}) + common + raw(packed) + raw(size) + lengths +
                 raw(std::uint16_t{0}) + raw(std::uint64_t{0}) + raw(or_else(part.offset, bytes.size())) + part.name;
    bytes += "PK\x03\x04" + raw(std::uint16_t{0}) + common + raw(packed) + raw(or_else(part.local_size, size)) +
             lengths + part.name + part.data;
  }
  const auto count = static_cast<std::uint16_t>(parts.size());
  return bytes + directory + "PK\x05\x06" + raw(std::uint32_t{0}) + raw(count) + raw(count) +
         raw(static_cast<std::uint32_t>(directory.size())) + raw(static_cast<std::uint32_t>(bytes.size())) +
         raw(std::uint16_t{0});
}

}  // namespace molbridge::nn
