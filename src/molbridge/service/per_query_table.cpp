#include "molbridge/service/per_query_table.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {

PerQueryTable::PerQueryTable(const std::string& path, std::initializer_list<const char*> required)
    : path_(path), source_(LineSource::open(path)) {
  if (!source_->next_line(line_)) throw Error(ErrorCode::kInput, "is empty").in_file(path);
  for (const auto name : split(line_, '\t')) names_.emplace_back(name);
  for (const char* name : required) {
    if (has(name)) continue;
    throw Error(ErrorCode::kInput, std::string("no column \"") + name + "\"")
        .at_line(path, 1)
        .remedy("Give tables that were written by molbridge evaluate --per-query.");
  }
}

bool PerQueryTable::next() {
  if (!source_->next_line(line_)) return false;
  cells_ = split(line_, '\t');
  if (cells_.size() == names_.size()) return true;
  throw Error(ErrorCode::kInput,
              std::to_string(cells_.size()) + " cells where the header has " + std::to_string(names_.size()))
      .at_line(path_, line_number());
}

bool PerQueryTable::has(const std::string& column) const {
  return std::find(names_.begin(), names_.end(), column) != names_.end();
}

std::string_view PerQueryTable::cell(const std::string& column) const {
  const auto at = std::find(names_.begin(), names_.end(), column);
  MOLBRIDGE_CHECK(at != names_.end(), column);
  return cells_[static_cast<std::size_t>(at - names_.begin())];
}

}  // namespace molbridge::service
