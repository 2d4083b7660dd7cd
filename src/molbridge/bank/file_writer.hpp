#pragma once
// A file written from front to back, with its SHA-256 on the way. Private to the bank. Not thread-safe. Errors:
// kOutput, with the path.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "molbridge/bank/manifest.hpp"
#include "molbridge/core/hash.hpp"

namespace molbridge::bank {

class FileWriter {
 public:
  /// A new or emptied file.
  static FileWriter create(const std::string& path) { return {path, std::nullopt}; }
  /// Goes on after the first `offset` bytes of the file (what lies beyond is dropped); no SHA-256.
  static FileWriter append(const std::string& path, std::uint64_t offset) { return {path, offset}; }
  FileWriter(FileWriter&& other) noexcept;
  FileWriter& operator=(FileWriter&&) = delete;
  ~FileWriter();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  /// Everything to the disk.
  void sync();
  /// Syncs and closes. The digest is that of the whole file for create(). Without `synced` it is for this process only:
  /// a kill of it, not of the machine, leaves it whole.
  FileDigest close(bool synced = true);
  std::uint64_t size() const { return size_; }

 private:
  FileWriter(const std::string& path, std::optional<std::uint64_t> offset);
  void flush();
  [[noreturn]] void fail(const std::string& what) const;

  std::string path_;
  int fd_ = -1;
  std::string buffer_;
  std::uint64_t size_ = 0;
  std::optional<Sha256> hash_;
};

/// Size and SHA-256 by reading, not by mapping: a file of some gigabytes must not count as our memory.
/// Errors: `code`; with kOutput the file is synced first (it is one that another library has just written).
FileDigest digest_of_file(const std::string& path, ErrorCode code);

}  // namespace molbridge::bank
