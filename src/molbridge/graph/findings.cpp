#include "molbridge/graph/findings.hpp"

#include <numeric>
#include <utility>

#include "molbridge/core/text.hpp"

namespace molbridge::graph {

std::string_view name(Problem problem) {
  switch (problem) {
    case Problem::kBadRow: return "unreadable row";
    case Problem::kBadEncoding: return "row that is not UTF-8";
    case Problem::kDuplicateNode: return "duplicate node";
    case Problem::kDanglingEdge: return "dangling edge";
    case Problem::kSelfEdge: return "self edge";
    case Problem::kDuplicateEdge: return "duplicate edge";
    case Problem::kMirroredEdge: return "mirrored edge";
    case Problem::kUnknownColumn: return "unknown column";
    case Problem::kNoContent: return "node without the content it claims";
    case Problem::kUnknownKey: return "side row of no node";
  }
  return "";
}

void Findings::add(Problem problem, std::string_view file, std::uint64_t line, std::string text) {
  const auto kind = static_cast<std::size_t>(problem);
  ++counts_[kind];
  if (listed_[kind].size() < kMostListed)
    listed_[kind].push_back({.file = std::string(file), .line = line, .text = std::move(text)});
}

std::uint64_t Findings::total() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

std::vector<std::string> Findings::sentences() const {
  std::vector<std::string> out;
  for (std::size_t kind = 0; kind < kNumProblems; ++kind) {
    if (counts_[kind] == 0) continue;
    const Finding& first = listed_[kind].front();
    out.push_back(format_count(counts_[kind]) + " x " + std::string(name(static_cast<Problem>(kind))) +
                  ", the first at " + first.file + ":" + std::to_string(first.line) + ": " + first.text);
  }
  return out;
}

}  // namespace molbridge::graph
