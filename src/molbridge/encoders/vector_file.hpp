#pragma once
// Vectors of one encoder by the SHA-256 of their items, in a file that only grows. Private to the encoders. Not thread-safe.
// Format page: docs/formats/text-encoders.md.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "molbridge/core/append_file.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge::encoders {

/// Whose vectors a file holds.
struct VectorFileOwner {
  std::string digest;     ///< SHA-256 hex
  std::string precision;  ///< "f32", at most 16 letters
  std::uint64_t width = 0;
};

/// Requires that the caller holds a lock against other processes while it calls load(), find() and add().
class VectorFile {
 public:
  VectorFile(std::string path, VectorFileOwner owner);
  ~VectorFile();
  VectorFile(const VectorFile&) = delete;
  VectorFile& operator=(const VectorFile&) = delete;

  /// Reads what was added since the last time, by this process or another. What a kill or a power cut left half written at the end is dropped. Errors: kModel with the offset:
  /// another encoder's, or damaged before its last good record.
  void load();
  /// `key`: SHA-256 hex. Shapes: out [D]. False where it is not known. What add() brought is found after the next load().
  bool find(const std::string& key, std::span<float> out, bool& truncated) const;
  /// Errors: kOutput.
  void add(const std::string& key, std::span<const float> row, bool truncated);
  /// What was added is on the disk afterwards.
  void sync();
  /// No more is added until the next load().
  void close();
  std::uint64_t rows() const { return offsets_.size(); }
  const std::string& path() const { return path_; }

 private:
  void check_header(std::string_view bytes) const;
  void read_records(std::string_view bytes);
  std::uint64_t record_bytes() const;

  std::string path_;
  VectorFileOwner owner_;
  std::string header_;
  std::uint64_t good_ = 0;  ///< bytes that are whole records
  std::shared_ptr<const MappedFile> map_;
  std::unordered_map<std::string, std::uint64_t> offsets_;
  std::unique_ptr<AppendFile> out_;
};

}  // namespace molbridge::encoders
