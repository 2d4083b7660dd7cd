#pragma once
// Pools of known spectra as the second stage sees them, with the truth among them: what its combiner and its calibration are fitted on.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/rerank/examination.hpp"
#include "molbridge/service/candidate_pools.hpp"
#include "molbridge/service_train/fragment_data.hpp"

namespace molbridge::service_train {

struct ExaminedPool {
  rerank::Examination found;
  std::vector<rerank::Candidate> pool;  ///< SMILES of the shortlist only
  std::optional<std::size_t> truth;     ///< index in the shortlist; none where it is not on it
  std::string compound;                 ///< InChIKey first block
  std::string formula;                  ///< Hill
  std::string truth_smiles;
};

struct ExaminedPoolOptions {
  std::size_t shortlist = 100;
  std::size_t threads = 1;
};

/// One for every labelled spectrum, in their order. The truth is the pool's row of the compound, which may be added to it. Errors: kCancelled.
std::vector<ExaminedPool> examine_pools(const service::EvaluationSet& set, const std::vector<LabelledSpectrum>& spectra,
                                        const retrieve::SpectrumModel& bridge, const rerank::Witnesses& witnesses,
                                        const service::PoolSource& pools, const ExaminedPoolOptions& options,
                                        Progress& progress);

}  // namespace molbridge::service_train
