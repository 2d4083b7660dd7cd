#pragma once
// A file that is not whole yet: "<target>.part", and beside it "<target>.part.toml", which says where its bytes are from, so that
// a later run can go on. Format: docs/models.md. Not thread-safe. Errors: kOutput with the path.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace molbridge::fetch {

/// Which version of which file the bytes belong to.
struct PartSource {
  std::string url, etag, last_modified;
};

class PartFile {
 public:
  /// Takes up what an earlier run left; what it left without its source is dropped.
  explicit PartFile(const std::string& target);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::uint64_t size() const { return size_; }
  const PartSource& source() const { return source_; }
  const std::string& path() const { return path_; }

  /// Empties it; the bytes that follow are of `source`.
  void begin(const PartSource& source);
  void append(std::span<const std::byte> bytes);
  /// Removes both files.
  void discard();
  /// Makes it the target, whole and on the disk.
  void commit();

 private:
  void open(int flags);
  void close();
  std::string target_, path_, source_path_;
  PartSource source_;
  std::uint64_t size_ = 0;
  int fd_ = -1;
};

}  // namespace molbridge::fetch
