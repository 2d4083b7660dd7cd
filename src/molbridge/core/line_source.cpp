#include "molbridge/core/line_source.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace molbridge {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 18;

}  // namespace

std::unique_ptr<LineSource> LineSource::open(const std::string& path) {
  return std::make_unique<LineSource>(path == "-" ? "standard input" : path, open_bytes(path));
}

std::unique_ptr<LineSource> LineSource::from_memory(std::string name, std::string_view bytes) {
  auto stream = open_bytes(name, std::as_bytes(std::span(bytes.data(), bytes.size())));
  return std::make_unique<LineSource>(std::move(name), std::move(stream));
}

LineSource::LineSource(std::string name, std::unique_ptr<ByteStream> stream)
    : name_(std::move(name)), stream_(std::move(stream)) {}

/// Reads more behind what is buffered; false when there is no more.
bool LineSource::fill() {
  if (ended_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < end_ + kReadBytes) buffer_.resize(std::max(2 * buffer_.size(), end_ + kReadBytes));
  const auto room = std::as_writable_bytes(std::span(buffer_)).subspan(end_);
  std::size_t got = 0;
  try {
    got = stream_->read(room);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInput) throw;
    failure_ = error;
  }
  end_ += got;
  if (got == 0) ended_ = true;
  return got > 0;
}

/// Looks at the byte-order mark, once.
void LineSource::check_encoding() {
  if (started_) return;
  started_ = true;
  while (end_ - begin_ < 3 && fill()) {
  }
  const std::string_view head(buffer_.data() + begin_, end_ - begin_);
  if (head.starts_with("\xEF\xBB\xBF")) begin_ += 3;
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) {
    failure_ = Error(ErrorCode::kInput, "the text is UTF-16, which is not read")
                   .in_file(name_)
                   .remedy("Convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW_FILE");
    begin_ = end_ = 0;
    ended_ = true;
  }
}

bool LineSource::take_line(std::string& line, std::size_t length, std::size_t with_end) {
  ++line_number_;
  std::size_t text = length;
  if (text > 0 && buffer_[begin_ + text - 1] == '\r') --text;
  line.assign(buffer_.data() + begin_, text);
  begin_ += with_end;
  return true;
}

bool LineSource::next_line(std::string& line) {
  check_encoding();
  std::size_t searched = 0;
  for (;;) {
    const std::size_t have = end_ - begin_;
    const void* found =
        have > searched ? std::memchr(buffer_.data() + begin_ + searched, '\n', have - searched) : nullptr;
    const std::size_t length =
        found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - (buffer_.data() + begin_)) : have;
    if (length > kMaxLineBytes) {
      throw Error(ErrorCode::kInput, "a line is longer than 64 MiB; this is not a text file of a known format")
          .at_line(name_, line_number_ + 1);
    }
    if (found != nullptr) return take_line(line, length, length + 1);
    searched = have;
    if (fill()) continue;
    if (failure_) throw Error(*failure_);
    if (have == 0) return false;
    return take_line(line, have, have);
  }
}

std::string_view LineSource::peek(std::size_t count) {
  check_encoding();
  count = std::min(count, kMaxPeekBytes);
  while (end_ - begin_ < count && fill()) {
  }
  return {buffer_.data() + begin_, std::min(count, end_ - begin_)};
}

std::size_t LineSource::read(std::span<std::byte> out) {
  check_encoding();
  if (begin_ == end_) fill();
  const std::size_t count = std::min(out.size(), end_ - begin_);
  if (count == 0 && failure_ && begin_ == end_) throw Error(*failure_);
  if (count > 0) std::memcpy(out.data(), buffer_.data() + begin_, count);
  begin_ += count;
  return count;
}

}  // namespace molbridge
