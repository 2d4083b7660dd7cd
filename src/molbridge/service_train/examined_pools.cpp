#include "molbridge/service_train/examined_pools.hpp"

#include <algorithm>
#include <numeric>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"

namespace molbridge::service_train {
namespace {

/// The truth stands first in the pool, so a tie with it counts against it only if the order by the bridge is reversed among equals: it is put last.
ExaminedPool examine_one(const service::EvaluationCompound& compound, const LabelledSpectrum& spectrum,
                         std::span<const float> vector, const rerank::Witnesses& witnesses,
                         const service::PoolSource& pools, std::size_t shortlist) {
  const auto pool = pools.pool_of(compound, *spectrum.query);
  const service::PoolScores scores = pool->scores(vector);
  ExaminedPool out;
  out.compound = compound.inchikey14;
  out.formula = compound.formula.hill();
  out.truth_smiles = compound.smiles;
  for (const float score : scores.others) out.pool.push_back({"", score, 0});
  out.pool.push_back({"", scores.truth, 0});
  const std::size_t truth = out.pool.size() - 1;
  std::vector<std::size_t> order(out.pool.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return out.pool[a].bridge_score > out.pool[b].bridge_score; });
  order.resize(std::min(order.size(), shortlist));
  for (const std::size_t i : order) out.pool[i].smiles = i == truth ? pool->truth().smiles : pool->other(i).smiles;
  out.found = rerank::examine(witnesses, std::span(&spectrum.reading, 1), out.pool, shortlist);
  for (std::size_t i = 0; i < out.found.shortlist.size(); ++i) {
    if (out.found.shortlist[i].candidate == truth) out.truth = i;
  }
  return out;
}

}  // namespace

std::vector<ExaminedPool> examine_pools(const service::EvaluationSet& set, const std::vector<LabelledSpectrum>& spectra,
                                        const retrieve::SpectrumModel& bridge, const rerank::Witnesses& witnesses,
                                        const service::PoolSource& pools, const ExaminedPoolOptions& options,
                                        Progress& progress) {
  std::vector<ExaminedPool> out(spectra.size());
  constexpr std::size_t kBlock = 256;
  const std::size_t width = bridge.width();
  progress.start("examining pools", spectra.size(), "spectra");
  for (std::size_t begin = 0; begin < spectra.size(); begin += kBlock) {
    check_interrupt();
    const std::size_t end = std::min(spectra.size(), begin + kBlock);
    std::vector<retrieve::SpectrumQuery> readings;
    for (std::size_t i = begin; i < end; ++i) readings.push_back(spectra[i].reading);
    const std::vector<float> vectors = bridge.embed(readings, options.threads);
    parallel_for(end - begin, options.threads, 1, [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i) {
        const LabelledSpectrum& spectrum = spectra[begin + i];
        out[begin + i] = examine_one(set.compounds[spectrum.compound], spectrum,
                                     std::span(vectors).subspan(i * width, width), witnesses, pools, options.shortlist);
      }
    });
    progress.advance(end);
  }
  progress.finish();
  return out;
}

}  // namespace molbridge::service_train
