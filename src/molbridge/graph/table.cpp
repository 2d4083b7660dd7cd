#include "molbridge/graph/table.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::graph {
namespace {

bool is_ascii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

/// As split() of core, into a vector that is used again.
void split_into(std::string_view text, char delimiter, std::vector<std::string_view>& fields) {
  fields.clear();
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(text.find(delimiter, begin), text.size());
    fields.push_back(text.substr(begin, end - begin));
    if (end == text.size()) return;
    begin = end + 1;
  }
}

}  // namespace

Table::Table(LineSource& lines, char delimiter, Findings& findings)
    : lines_(lines), records_(lines, delimiter), delimiter_(delimiter), findings_(findings) {
  if (!take()) {
    throw Error(ErrorCode::kInput, "the file is empty, a header is needed").in_file(lines.name());
  }
  for (const auto field : fields_) header_.emplace_back(trim(field));
  known_.assign(header_.size(), false);
}

std::optional<std::size_t> Table::column(std::span<const std::string_view> names) {
  for (const auto name : names) {
    const auto at = std::ranges::find(header_, name);
    if (at == header_.end()) continue;
    known_[static_cast<std::size_t>(at - header_.begin())] = true;
    return static_cast<std::size_t>(at - header_.begin());
  }
  return std::nullopt;
}

std::size_t Table::required(std::span<const std::string_view> names) {
  if (const auto at = column(names)) return *at;
  const auto near = nearest(names[0], header_);
  throw Error(ErrorCode::kInput,
              "no column \"" + std::string(names[0]) + "\"; found: " + valid_utf8(join(header_, ", ")))
      .at_line(lines_.name(), line_)
      .remedy(near ? "is \"" + valid_utf8(*near) +
                         "\" meant? Columns are found by their names, see docs/formats/graph.md"
                   : "columns are found by their names, see docs/formats/graph.md");
}

void Table::report_unknown_columns() {
  header_reported_ = true;
  for (std::size_t k = 0; k < header_.size(); ++k) {
    if (!known_[k]) findings_.add(Problem::kUnknownColumn, name(), line_, valid_utf8(header_[k]));
  }
}

bool Table::take() {
  if (delimiter_ == '\t') {
    do {
      if (!lines_.next_line(text_)) return false;
    } while (text_.empty());
    line_ = lines_.line_number();
    split_into(text_, delimiter_, fields_);
    return true;
  }
  record_ = records_.next();
  if (!record_) return false;
  line_ = record_->line;
  fields_.assign(record_->fields.begin(), record_->fields.end());
  return true;
}

void Table::mend_encoding() {
  bool mended = false;
  if (delimiter_ == '\t') {
    if (is_ascii(text_)) return;
    std::string valid = valid_utf8(text_);
    mended = valid != text_;
    if (mended) {
      text_ = std::move(valid);
      split_into(text_, delimiter_, fields_);
    }
  } else {
    for (std::string& field : record_->fields) {
      if (is_ascii(field)) continue;
      std::string valid = valid_utf8(field);
      mended |= valid != field;
      field = std::move(valid);
    }
    fields_.assign(record_->fields.begin(), record_->fields.end());
  }
  if (mended) add(Problem::kBadEncoding, std::string(fields_[0]));
}

bool Table::next() {
  if (!header_reported_) report_unknown_columns();
  while (take()) {
    if (line_ % 4096 == 0) check_interrupt();
    if (record_ && record_->unterminated_quote) {
      add(Problem::kBadRow, "a quoted field does not close");
    } else if (fields_.size() != header_.size()) {
      add(Problem::kBadRow,
          std::to_string(fields_.size()) + " fields, the header has " + std::to_string(header_.size()));
    } else {
      mend_encoding();
      return true;
    }
  }
  return false;
}

std::optional<bool> parse_flag(std::string_view text, bool if_empty) {
  if (text.empty()) return if_empty;
  if (text == "0" || text == "1") return text == "1";
  return std::nullopt;
}

}  // namespace molbridge::graph
