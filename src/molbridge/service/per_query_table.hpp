#pragma once
// Reading back what `evaluate --per-query` wrote.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/line_source.hpp"

namespace molbridge::service {

/// Row by row. Not thread-safe.
class PerQueryTable {
 public:
  /// Errors: kInput when the file cannot be read, is empty, or lacks a required column.
  PerQueryTable(const std::string& path, std::initializer_list<const char*> required);
  /// False at the end. Errors: kInput, with the line, when a row has more or fewer cells than the header.
  bool next();
  bool has(const std::string& column) const;
  /// Of the row that next() read; stands until it is called again. Requires has(column).
  std::string_view cell(const std::string& column) const;
  const std::string& path() const { return path_; }
  std::uint64_t line_number() const { return source_->line_number(); }

 private:
  std::string path_, line_;
  std::unique_ptr<LineSource> source_;
  std::vector<std::string> names_;
  std::vector<std::string_view> cells_;
};

}  // namespace molbridge::service
