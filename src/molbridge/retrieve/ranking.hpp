#pragma once
// Candidates of one query, under all its hypotheses, as one ranked list. Threads: const use is safe.

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

/// A score that is no number ranks below all others. Cost: the score of every row; records of the best and of what ties
/// with the last of them. Memory: 16 bytes per row.
RankedList rank_candidates(const bank::Bank& bank, std::span<const Pool> pools, std::size_t top_k,
                           bank::Similarity similarity = bank::Similarity::kCosine);

}  // namespace molbridge::retrieve
