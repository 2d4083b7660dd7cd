#pragma once
// Ranked lists for people: what identify, search and link show on a terminal and say on standard error.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/cli/context.hpp"
#include "molbridge/service/reason_tally.hpp"
#include "molbridge/service/result_writer.hpp"

namespace molbridge::cli {

/// At most `width` characters, counted as UTF-8 code points, padded with spaces; nothing in it can steer a terminal.
std::string padded(std::string_view text, std::size_t width);

/// Every query with its hits: rank, score and these columns of the layout, cut to widths that fit a terminal.
std::string answer_table(const std::vector<service::Answer>& answers, const service::ResultLayout& layout,
                         const std::vector<std::string>& columns);

/// The first kinds of them, one line each.
void say_groups(const std::vector<service::ReasonGroup>& groups, const std::string& what, const Context& context);

/// Where results go, from -o and --format: the ending of the file decides where no format is named, and a terminal gets the table for people.
struct ResultTarget {
  service::ResultFormat format = service::ResultFormat::kTsv;
  std::string output;            ///< of the service's options
  bool table_is_result = false;  ///< nothing is written: print the table instead
};
ResultTarget result_target(const std::string& output, const std::string& format, const Context& context);

}  // namespace molbridge::cli
