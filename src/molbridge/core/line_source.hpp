#pragma once
// Lines of a text file, plain or gzip (by its first bytes), or standard input. What every text reader stands on.
//
// Constant memory: one buffer and the current line. Line ends LF and CRLF are taken off; a UTF-8 byte-order mark is
// passed over; UTF-16 is refused with the command that converts it. Not thread-safe.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/byte_stream.hpp"
#include "molbridge/core/error.hpp"

namespace molbridge {

/// Errors: kInput. For a truncated or corrupt gzip, next_line() first gives all whole lines before the break, then
/// throws with file and offset (a part line at the break is not given), and throws again at every further call.
class LineSource {
 public:
  static constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;
  static constexpr std::size_t kMaxPeekBytes = std::size_t{1} << 20;

  /// `path` "-" is standard input. Throws when it cannot be opened, is a folder, or is zip, xz, bzip2 or zstd.
  static std::unique_ptr<LineSource> open(const std::string& path);
  /// Over bytes in memory (copied), gzip included; `name` stands in errors.
  static std::unique_ptr<LineSource> from_memory(std::string name, std::string_view bytes);

  LineSource(std::string name, std::unique_ptr<ByteStream> stream);

  /// Next line without its end; false at the end of the input. A last line without line end counts. Throws for a line
  /// of more than kMaxLineBytes.
  bool next_line(std::string& line);
  /// Number of the line last given, from 1; 0 before the first.
  std::uint64_t line_number() const { return line_number_; }

  /// The next bytes, without taking them; fewer than `count` (at most kMaxPeekBytes) only where the input ends or
  /// breaks. Never throws for broken data: the reading calls do. Valid until the next call of any member that is not
  /// const.
  std::string_view peek(std::size_t count);
  /// Decompressed bytes as they are; 0 at the end. Throws at the break of a damaged gzip, after all bytes before it.
  std::size_t read(std::span<std::byte> out);

  /// Bytes taken from the file (compressed ones for gzip) and its size (0 when unknown): for progress. Buffers read
  /// ahead.
  std::uint64_t bytes_read() const { return stream_->bytes_read(); }
  std::uint64_t bytes_total() const { return stream_->bytes_total(); }
  /// The path, or "standard input".
  const std::string& name() const { return name_; }
  /// The gzip data turned out to end before its end mark.
  bool truncated() const { return stream_->truncated(); }

 private:
  bool fill();
  void check_encoding();
  bool take_line(std::string& line, std::size_t length, std::size_t with_end);

  std::string name_;
  std::unique_ptr<ByteStream> stream_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool started_ = false;
  bool ended_ = false;
  std::optional<Error> failure_;  // found while reading ahead, thrown once all before it is given out
  std::uint64_t line_number_ = 0;
};

}  // namespace molbridge
