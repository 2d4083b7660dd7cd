#include "molbridge/core/delimited.hpp"

#include <array>
#include <utility>

#include "molbridge/core/text.hpp"

namespace molbridge {
namespace {

constexpr std::size_t kMaxRecordBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxRecordLines = 200;

/// Reads the quoted field that opens at `i`; sets `i` behind its closing quote. nullopt if it does not close.
std::optional<std::string> quoted_field(std::string_view text, std::size_t& i) {
  std::string field;
  for (std::size_t k = i + 1; k < text.size(); ++k) {
    if (text[k] != '"') {
      field += text[k];
    } else if (k + 1 < text.size() && text[k + 1] == '"') {
      field += '"';
      ++k;
    } else {
      i = k + 1;
      return field;
    }
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> split_fields(std::string_view text, char delimiter, bool open_quote_is_text) {
  std::vector<std::string> fields;
  std::size_t i = 0;
  for (;;) {
    std::string field;
    if (i < text.size() && text[i] == '"') {
      auto quoted = quoted_field(text, i);
      if (quoted) {
        field = std::move(*quoted);
      } else if (!open_quote_is_text) {
        return std::nullopt;
      }
    }
    const std::size_t end = std::min(text.find(delimiter, i), text.size());
    field.append(text.substr(i, end - i));  // whatever stands between a closing quote and the delimiter is kept
    fields.push_back(std::move(field));
    if (end == text.size()) return fields;
    i = end + 1;
  }
}

/// Whether a quoted field is open behind `line`, when `open` says so before it. Looks at each byte once, so that a file full of
/// lone quotes costs no more than a good one.
bool open_after(std::string_view line, char delimiter, bool open) {
  for (std::size_t i = 0; i <= line.size();) {
    if (!open) {
      if (i < line.size() && line[i] == '"') {
        open = true;
        ++i;
        continue;
      }
      const std::size_t end = line.find(delimiter, i);
      if (end == std::string_view::npos) return false;
      i = end + 1;
      continue;
    }
    const std::size_t quote = line.find('"', i);
    if (quote == std::string_view::npos) return true;
    if (quote + 1 < line.size() && line[quote + 1] == '"') {
      i = quote + 2;
      continue;
    }
    open = false;
    const std::size_t end = line.find(delimiter, quote + 1);
    if (end == std::string_view::npos) return false;
    i = end + 1;
  }
  return open;
}

}  // namespace

std::optional<std::vector<std::string>> split_record(std::string_view text, char delimiter) {
  return split_fields(text, delimiter, false);
}

std::vector<std::string> split_line(std::string_view text, char delimiter) {
  return *split_fields(text, delimiter, true);
}

char sniff_delimiter(std::string_view header_line) {
  char best = ',';
  std::size_t most = 1;
  for (const char delimiter : std::array{',', '\t', ';', '|'}) {
    const std::size_t count = split_line(header_line, delimiter).size();
    if (count > most) {
      best = delimiter;
      most = count;
    }
  }
  return best;
}

bool RecordSource::ensure(std::size_t count) {
  while (ahead_.size() < count) {
    Line line{.number = 0, .text = {}};
    if (!lines_.next_line(line.text)) return false;
    line.number = lines_.line_number();
    ahead_.push_back(std::move(line));
  }
  return true;
}

std::optional<DelimitedRecord> RecordSource::next() {
  while (ensure(1) && trim(ahead_.front().text).empty()) ahead_.pop_front();
  if (ahead_.empty()) return std::nullopt;
  const Line& first = ahead_.front();
  if (delimiter_ == '\t' || first.text.find('"') == std::string::npos) {
    DelimitedRecord record{.line = first.number, .fields = split_line(first.text, delimiter_)};
    ahead_.pop_front();
    return record;
  }
  return take_spanning();
}

DelimitedRecord RecordSource::take_spanning() {
  DelimitedRecord record{.line = ahead_.front().number, .fields = {}};
  std::string text = ahead_.front().text;
  std::size_t used = 1;
  bool open = open_after(text, delimiter_, false);
  while (open && text.size() <= kMaxRecordBytes && used < kMaxRecordLines && ensure(used + 1)) {
    open = open_after(ahead_[used].text, delimiter_, true);
    text += '\n';
    text += ahead_[used].text;
    ++used;
  }
  if (auto fields = open ? std::nullopt : split_record(text, delimiter_)) {
    record.fields = std::move(*fields);
  } else {
    record.unterminated_quote = true;
    used = 1;
  }
  ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(used));
  return record;
}

}  // namespace molbridge
