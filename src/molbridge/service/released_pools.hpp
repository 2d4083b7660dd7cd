#pragma once
// Candidate lists as the code published with SpecBridge ranks them: strings, not molecules. What is wrong with that stands in
// docs/evaluation.md; it is here to audit published figures, never to make new ones.

#include <memory>
#include <string>

#include "molbridge/core/progress.hpp"
#include "molbridge/service/candidate_pools.hpp"

namespace molbridge::service {

/// Every spelling is embedded once, as it is, by the molecule encoder in `encoder_folder`. The truth is the structure as the spectrum's
/// file writes it, added where its list lacks that spelling; another spelling of it counts as another candidate. Scores are dot
/// products, ties count against the truth. The lists must outlive the pools. Memory: 4 D bytes per distinct spelling. Errors: kModel.
std::unique_ptr<PoolSource> make_released_pools(const CandidateLists& lists, const EvaluationSet& set,
                                                const std::string& encoder_folder, std::size_t threads,
                                                Progress& progress);

}  // namespace molbridge::service
