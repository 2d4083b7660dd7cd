#pragma once
// Entries of a zip archive, read through a memory map: what PyTorch, Hugging Face and zip tools write, zip64 included. Stored entries are
// views of the map; deflated ones are expanded in memory, their total bounded by the size of the file (zip bombs).
//
// Nothing in the archive is believed: every offset and size is checked against the file and the local header, entries may neither overlap nor
// share a name. The CRC of an expanded entry is checked; that of a stored one is not, since that would read every page of a large file.
// Not read: encrypted or multi-volume archives, other packing methods, data before the first entry. Format: docs/formats/torch.md.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "molbridge/core/files.hpp"

namespace molbridge::nn {

struct ZipEntry {
  std::string name;
  std::uint16_t flags = 0, method = 0;
  std::uint32_t crc32 = 0;
  std::uint64_t packed_size = 0, size = 0;
  std::uint64_t header_offset = 0;  ///< of the local header
  std::uint64_t data_offset = 0;
};

/// `owner` keeps `bytes` alive: the map or an expanded copy. `stored`: bytes lie in the map.
struct ZipContent {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
  bool stored = true;
};

/// Not thread-safe.
class ZipReader {
 public:
  /// Errors: kModel with file and byte offset. Cost: one page per entry.
  static ZipReader open(std::shared_ptr<const MappedFile> file);

  const std::map<std::string, ZipEntry, std::less<>>& entries() const { return entries_; }
  /// nullptr when absent.
  const ZipEntry* find(std::string_view name) const;
  /// Errors: kModel when packed by an unknown method or encrypted, when the content does not match size and CRC, or when all that was
  /// expanded so far exceeds 64 MiB + 16 times the file.
  ZipContent read(const ZipEntry& entry);

 private:
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, ZipEntry, std::less<>> entries_;
  std::uint64_t expanded_ = 0;
};

}  // namespace molbridge::nn
