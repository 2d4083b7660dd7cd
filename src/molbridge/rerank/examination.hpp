#pragma once
// What is found out about the best candidates of a pool, as numbers for the combiner: the bridge's opinion, how well their fragments explain the
// spectrum, and what the peaks say about their formulas.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "molbridge/rerank/analogs.hpp"
#include "molbridge/rerank/fragment_scorer.hpp"
#include "molbridge/rerank/reranker.hpp"

namespace molbridge::rerank {

/// Of a candidate: bridge score in standard deviations of its pool, as it is, below the best in standard deviations, log2 of its rank; fragment
/// score, likelihood, explained weight, peaks, intensity; formula evidence: peaks, intensity, high peaks, high intensity, error, small losses, even
/// electrons, by chance, surprise; analogs.hpp.
inline constexpr std::size_t kOwnFeatures = 18 + kAnalogFeatures;
/// Of a pool: log of its size, log of the number of peaks, the best bridge score, the best's distance from the mean in deviations; analogs.hpp.
inline constexpr std::size_t kPoolFeatures = 4 + kAnalogPoolFeatures;
/// Own features, the same in standard deviations of the shortlist, features of the pool.
inline constexpr std::size_t kFeatures = 2 * kOwnFeatures + kPoolFeatures;

struct Examined {
  std::size_t candidate = 0;  ///< index in the pool
  FragmentScore fragments;
  bool taken_apart = false;  ///< false: too large, or not parsed; its fragment features are the shortlist's worst
};

struct Examination {
  std::vector<std::size_t> order;   ///< of the whole pool, by the bridge; ties by index
  std::vector<Examined> shortlist;  ///< the first of `order`
  std::vector<float> features;      ///< [shortlist * kFeatures]
  std::array<float, kPoolFeatures> pool{};
};

/// What candidates are held against.
struct Witnesses {
  const FragmentScorer& scorer;
  const AnalogLibrary* analogs = nullptr;  ///< null: there are none
};

/// Looks at the best `shortlist` candidates (0: all). Deterministic. Threads: const use of the witnesses.
Examination examine(const Witnesses& witnesses, std::span<const retrieve::SpectrumQuery> hypotheses,
                    std::span<const Candidate> pool, std::size_t shortlist);

}  // namespace molbridge::rerank
