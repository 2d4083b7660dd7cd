#pragma once
// Rows of a table ranked for one query: the one way from a query's vector to a ranked list, whatever the query is (spectrum, text, node of a
// graph) and whatever the rows are (molecules of a bank, texts, nodes). Exact: every row is scored. Threads: const use is safe.

#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/bank/bank.hpp"

namespace molbridge::retrieve {

/// The candidates of one hypothesis and the query's vector under it.
struct Pool {
  std::span<const std::uint64_t> rows;  ///< of the bank, ascending
  std::span<const float> embedding;     ///< [D]; unused where there are no rows
};

struct RankedRow {
  std::size_t hypothesis = 0;  ///< index of the pool that brought it
  std::uint64_t row = 0;
  float score = 0;         ///< by the similarity asked for
  std::uint64_t rank = 0;  ///< pessimistic: candidates of the whole list with a score >= this one
};

struct RankedRows {
  std::vector<RankedRow> best;       ///< at most top_k; score descending, then row ascending
  std::uint64_t num_candidates = 0;  ///< a row that several hypotheses bring counts once, with its best score
};

/// A score that is no number ranks below all others. The bits do not depend on `threads`. Cost: the score of every row. Memory: with one
/// pool that of the best and of what ties with the last of them, and 4 bytes for each row that is being scored (kRankingBlock per thread);
/// with several, 16 bytes per row.
RankedRows rank_rows(const bank::VectorTable& table, std::span<const Pool> pools, std::size_t top_k,
                     bank::Similarity similarity = bank::Similarity::kCosine, std::size_t threads = 1);
/// The same for the rows of a range, or all of a table: {0, table.size()}.
RankedRows rank_rows(const bank::VectorTable& table, bank::RowRange rows, std::span<const float> embedding,
                     std::size_t top_k, bank::Similarity similarity = bank::Similarity::kCosine,
                     std::size_t threads = 1);

/// Rows scored at once: enough that what a table does once per call (fold a query into its space) is small beside it.
inline constexpr std::size_t kRankingBlock = 32768;

struct RankedCandidate {
  std::size_t hypothesis = 0;  ///< index of the pool that brought it
  bank::MoleculeRecord molecule;
  float score = 0;         ///< by the similarity asked for
  std::uint64_t rank = 0;  ///< pessimistic: candidates of the whole list with a score >= this one
};

struct RankedList {
  std::vector<RankedCandidate> best;  ///< at most top_k; score descending, then InChIKey ascending, then row
  std::uint64_t num_candidates = 0;   ///< a row that several hypotheses bring counts once, with its best score
};

/// rank_rows() with the records of the molecules. Cost: that of rank_rows(), and the records of the best and of what ties with the last of
/// them.
RankedList rank_candidates(const bank::Bank& bank, std::span<const Pool> pools, std::size_t top_k,
                           bank::Similarity similarity = bank::Similarity::kCosine, std::size_t threads = 1);
RankedList rank_candidates(const bank::Bank& bank, bank::RowRange rows, std::span<const float> embedding,
                           std::size_t top_k, bank::Similarity similarity = bank::Similarity::kCosine,
                           std::size_t threads = 1);

}  // namespace molbridge::retrieve
