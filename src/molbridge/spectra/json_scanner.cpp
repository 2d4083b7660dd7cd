#include "molbridge/spectra/json_scanner.hpp"

#include <span>
#include <utility>

namespace molbridge::spectra {
namespace {

/// What may stand between objects: the array around them and its commas.
bool is_between(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == '[' || c == ']'; }

}  // namespace

bool nests_too_deep(std::string_view json) {
  constexpr std::size_t kDeepest = 64;
  std::size_t depth = 0;
  bool in_string = false;
  bool escaped = false;
  for (const char c : json) {
    if (in_string) {
      in_string = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

bool JsonScanner::take(char& c) {
  if (position_ == buffer_.size()) {
    constexpr std::size_t kChunk = std::size_t{1} << 16;
    buffer_.resize(kChunk);
    buffer_.resize(source_.read(std::as_writable_bytes(std::span(buffer_))));
    position_ = 0;
    if (buffer_.empty()) return false;
  }
  c = buffer_[position_++];
  lines_passed_ += c == '\n';
  return true;
}

JsonScanner::Status JsonScanner::take_object(std::string& object) {
  std::size_t depth = 0;
  bool in_string = false;
  bool escaped = false;
  bool too_long = false;
  char c = '{';
  do {
    if (object.size() < kMaxObjectBytes) {
      object += c;
    } else {
      too_long = true;
    }
    if (in_string) {
      in_string = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return too_long ? Status::kTooLong : Status::kObject;
    }
  } while (take(c));
  return Status::kCutOff;
}

JsonScanner::Status JsonScanner::take_stray(std::string& object, char c) {
  constexpr std::size_t kShown = 100;
  do {
    if (c == '{') {
      --position_;
      break;
    }
    if (object.size() < kShown) object += c;
  } while (take(c));
  return Status::kStray;
}

JsonScanner::Status JsonScanner::next(std::string& object) {
  object.clear();
  char c = ' ';
  while (is_between(c)) {
    if (!take(c)) {
      const bool cut_off = std::exchange(array_open_, false);
      return cut_off ? Status::kCutOff : Status::kEnd;
    }
    if (c == '[' || c == ']') array_open_ = c == '[';
  }
  line_ = lines_passed_ + 1;
  return c == '{' ? take_object(object) : take_stray(object, c);
}

}  // namespace molbridge::spectra
