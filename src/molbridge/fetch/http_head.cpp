#include "molbridge/fetch/http_head.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <ctime>

#include "molbridge/core/text.hpp"

namespace molbridge::fetch {
namespace {

constexpr std::size_t kMaxValue = 8192;  // a longer header value is of no use here

/// Digits only: parse_int would take a sign.
std::optional<std::uint64_t> parse_size(std::string_view text) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto value = digits ? parse_int(text) : std::nullopt;
  return value ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

}  // namespace

Result<ContentRange> parse_content_range(std::string_view text) {
  const Failure failure{"\"" + valid_utf8(text.substr(0, 100)) + "\" is no range of bytes"};
  text = trim(text);
  if (!starts_with_icase(text, "bytes ")) return failure;
  text = trim(text.substr(6));
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return failure;
  const std::string_view range = trim(text.substr(0, slash));
  const std::string_view total = trim(text.substr(slash + 1));
  ContentRange out;
  if (total != "*" && !(out.total = parse_size(total))) return failure;
  if (range == "*") return out.total ? Result<ContentRange>(out) : failure;
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return failure;
  out.first = parse_size(range.substr(0, dash));
  out.last = parse_size(range.substr(dash + 1));
  if (!out.first || !out.last || *out.first > *out.last) return failure;
  if (out.total && *out.last >= *out.total) return failure;
  return out;
}

std::optional<double> parse_retry_after(std::string_view text, std::int64_t now_unix_seconds) {
  text = trim(text);
  if (text.empty() || text.size() > 100) return std::nullopt;
  if (const auto seconds = parse_size(text)) return static_cast<double>(*seconds);
  const std::time_t date = curl_getdate(std::string(text).c_str(), nullptr);
  if (date == -1) return std::nullopt;
  return std::max(0.0, static_cast<double>(date) - static_cast<double>(now_unix_seconds));
}

bool is_strong_etag(std::string_view etag) {
  if (etag.size() < 2 || etag.front() != '"' || etag.back() != '"') return false;
  const std::string_view inner = etag.substr(1, etag.size() - 2);
  return std::all_of(inner.begin(), inner.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
}

void HeadCollector::start(std::string_view status_line) {
  head_ = ResponseHead();
  const auto words = split_whitespace(status_line);
  head_.status = words.size() > 1 ? static_cast<int>(parse_size(words[1]).value_or(0) % 1000) : 0;
  head_.ends_itself = !words[0].starts_with("HTTP/1") && !words[0].starts_with("HTTP/0");
}

void HeadCollector::take_length(std::string_view value) {
  const auto length = parse_size(value);
  if (!length || (head_.length && *head_.length != *length)) {
    throw Error(ErrorCode::kInput, "the server's Content-Length cannot be read: " + valid_utf8(value.substr(0, 100)));
  }
  head_.length = length;
}

bool HeadCollector::take(std::string_view line) {
  line = trim(line.substr(0, line.find_last_not_of("\r\n") + 1));
  if (line.empty()) return head_.status >= 200;
  if (starts_with_icase(line, "HTTP/")) {
    start(line);
    return false;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || line.size() > kMaxValue) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (iequals(name, "content-length")) take_length(value);
  if (iequals(name, "transfer-encoding")) head_.ends_itself = true;
  if (iequals(name, "content-range")) head_.content_range = value;
  if (iequals(name, "etag")) head_.etag = value;
  if (iequals(name, "last-modified")) head_.last_modified = value;
  if (iequals(name, "retry-after")) head_.retry_after = value;
  if (iequals(name, "location")) head_.location = value;
  if (iequals(name, "content-encoding")) head_.content_encoding = value;
  return false;
}

}  // namespace molbridge::fetch
