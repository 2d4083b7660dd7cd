#pragma once
// What is wrong with the files of a graph: counted by kind, the first ones with file and line. Nothing that is left out goes unsaid.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge::graph {

enum class Problem {
  kBadRow,         ///< wrong number of fields, no id, a value that is none of the allowed ones; left out
  kBadEncoding,    ///< bytes that are no UTF-8 become U+FFFD
  kDuplicateNode,  ///< an id for the second time; the first is kept
  kDanglingEdge,   ///< an end that is no node; left out
  kSelfEdge,       ///< left out
  kDuplicateEdge,  ///< the same head, relation and tail; the first is kept
  kMirroredEdge,   ///< the same edge in the other direction; left out
  kUnknownColumn,  ///< not read
  kNoContent,      ///< has_modality is 1 and there is nothing to encode; taken as 0
  kUnknownKey,     ///< a side table names what is no node; not read
};
constexpr std::size_t kNumProblems = 10;
/// "dangling edge".
std::string_view name(Problem problem);

struct Finding {
  std::string file;
  std::uint64_t line = 0;
  std::string text;
};

class Findings {
 public:
  static constexpr std::size_t kMostListed = 10;  ///< of each kind

  void add(Problem problem, std::string_view file, std::uint64_t line, std::string text);
  std::uint64_t count(Problem problem) const { return counts_[static_cast<std::size_t>(problem)]; }
  std::uint64_t total() const;
  /// The first kMostListed, in order of the files.
  const std::vector<Finding>& listed(Problem problem) const { return listed_[static_cast<std::size_t>(problem)]; }
  /// "3 dangling edges, the first in edges.tsv:12: ..." one sentence per kind that occurs.
  std::vector<std::string> sentences() const;

 private:
  std::array<std::uint64_t, kNumProblems> counts_{};
  std::array<std::vector<Finding>, kNumProblems> listed_;
};

}  // namespace molbridge::graph
