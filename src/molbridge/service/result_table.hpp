#pragma once
// Tables as reports and analyses give them, and how they reach a file: TSV, JSON, and a figure beside them.

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "molbridge/plot/figure.hpp"

namespace molbridge::service {

/// Nothing, a text, a number. A number that is not finite is written as nothing.
using Cell = std::variant<std::monostate, std::string, double, std::uint64_t>;

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
};

/// Empty cells for nothing; numbers with six decimals at most, smaller ones with six digits.
std::string to_tsv(const Table& table);

/// What an analysis found. `facts` say how: options, digests, conventions; in JSON they stand before the tables.
struct Analysis {
  std::string kind;  ///< "pool-size"
  std::vector<std::pair<std::string, Cell>> facts;
  std::vector<std::pair<std::string, Table>> tables;  ///< by name; the first is the one that TSV shows
  plot::Figure figure;
  std::vector<std::string> remarks;  ///< lines for people
  std::uint64_t skipped = 0;         ///< inputs that could not be used: the exit code is then 1
};

/// All tables with the facts and the version. No dates.
std::string to_json(const Analysis& analysis);

struct AnalysisOutput {
  std::string output = "-";
  std::string format = "tsv";  ///< or "json"
  std::string figure;          ///< .svg or .png; empty: none
};

/// Errors: kUsage for a figure of another kind. Call it before the work.
void check_output(const AnalysisOutput& output);
/// TSV has its facts in OUTPUT.run.json when OUTPUT is a file. Errors: kOutput.
void write_analysis(const Analysis& analysis, const AnalysisOutput& output);

}  // namespace molbridge::service
