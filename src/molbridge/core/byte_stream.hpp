#pragma once
// Sequential bytes of a file, standard input or memory, decompressed when they are gzip (told by the first bytes, never
// by the name; several members in a row as bgzip writes them). Used through LineSource. Not thread-safe.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "molbridge/core/error.hpp"

namespace molbridge {

/// Errors: kInput with file and offset for a failed read or a truncated or corrupt gzip. Whatever could be decoded
/// before the break has been given out by earlier calls; every call after the break throws again.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Gives up to out.size() bytes, 0 only at the end (or for an empty `out`).
  virtual std::size_t read(std::span<std::byte> out) = 0;
  /// Bytes taken from the file itself (compressed bytes for gzip).
  virtual std::uint64_t bytes_read() const = 0;
  /// Size of the file itself, 0 when unknown (pipe, standard input).
  virtual std::uint64_t bytes_total() const = 0;
  /// The gzip data ended before its end mark.
  virtual bool truncated() const { return false; }
};

/// `path` "-" is standard input. Errors: kInput when the file cannot be opened, is a folder, or is packed in another
/// way (zip, xz, bzip2, zstd).
std::unique_ptr<ByteStream> open_bytes(const std::string& path);
/// The same over bytes in memory, gzip included; `name` stands in errors. The bytes are copied.
std::unique_ptr<ByteStream> open_bytes(std::string name, std::span<const std::byte> bytes);

}  // namespace molbridge
