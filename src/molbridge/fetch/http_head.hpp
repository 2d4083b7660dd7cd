#pragma once
// What a server says before the body, as far as a download needs it. Nothing in it is believed: numbers are checked, and what
// cannot be read is a failure, not a guess. Values only, thread-safe. Source: RFC 9110 (Content-Range 14.4, Retry-After 10.2.3).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "molbridge/core/result.hpp"

namespace molbridge::fetch {

/// "bytes 5-9/10": both ends belong to the range, first <= last < total. "bytes */10" (status 416) has no range.
struct ContentRange {
  std::optional<std::uint64_t> first, last;
  std::optional<std::uint64_t> total;  ///< absent for "*"
};

Result<ContentRange> parse_content_range(std::string_view text);

/// Seconds to wait, from a number of seconds or a date; never negative; none when it is neither.
std::optional<double> parse_retry_after(std::string_view text, std::int64_t now_unix_seconds);

/// A tag that stands for the very bytes: quoted, and not weak (W/).
bool is_strong_etag(std::string_view etag);

struct ResponseHead {
  int status = 0;  ///< 0: none came
  std::optional<std::uint64_t> length;
  bool ends_itself = false;  ///< chunked, or HTTP/2 and later: an end that was cut off is seen without a length
  std::string content_range, etag, last_modified, retry_after, location, content_encoding;
};

/// Takes header lines one by one, of interim answers (1xx) and of the final one. Not thread-safe.
class HeadCollector {
 public:
  /// True at the empty line that ends the final head. Errors: kInput for lengths that are no number or differ.
  bool take(std::string_view line);
  const ResponseHead& head() const { return head_; }

 private:
  void start(std::string_view status_line);
  void take_length(std::string_view value);
  ResponseHead head_;
};

}  // namespace molbridge::fetch
