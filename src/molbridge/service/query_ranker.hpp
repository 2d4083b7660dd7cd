#pragma once
// Ranks every query of an evaluation and remembers what stood on top. Private to the evaluation.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/service/evaluation_report.hpp"
#include "molbridge/service/evaluation_setup.hpp"

namespace molbridge::service {

/// Candidates drawn from a pool, from which the expectation of random ranking is estimated.
struct PoolSample {
  std::string truth;                ///< SMILES
  std::vector<std::string> others;  ///< SMILES
  double share_of_others = 0;  ///< (size - 1) / size: a random candidate is one of the others with this probability
};

/// Who stands on top of a pool.
struct Contest {
  std::string truth;                 ///< SMILES
  std::vector<PoolMolecule> rivals;  ///< on top, the truth left out; by InChIKey, kMostTied at most
  bool cut = false;
  std::shared_ptr<const PoolSample> sample;  ///< shared by the queries of a pool; null without MCES
};

struct RankedQueries {
  std::vector<QueryResultRow> rows;  ///< of every query, skipped ones too
  std::vector<Contest> contests;     ///< of the same
};

/// Queries of one pool follow each other, so that it is fetched once; by the released convention they keep the order of the files,
/// on which its vectors depend. Errors: kCancelled.
RankedQueries rank_queries(const EvaluationSetup& setup, const EvaluateOptions& options, Progress& progress);

}  // namespace molbridge::service
