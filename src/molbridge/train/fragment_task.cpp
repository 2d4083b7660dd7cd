#include "molbridge/train/fragment_task.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::train {
namespace {

using fragment::kChannels;
using fragment::kConditions;
using fragment::kCounts;

torch::Tensor int64_tensor(const std::vector<std::int64_t>& values) { return torch::tensor(values, torch::kInt64); }
torch::Tensor float_tensor(const std::vector<float>& values, std::int64_t columns = 0) {
  const torch::Tensor flat = torch::tensor(values, torch::kFloat32);
  return columns > 0 ? flat.view({-1, columns}) : flat;
}

/// Collects the parts of a batch, candidate by candidate.
class BatchMaker {
 public:
  void add_query(const FragmentQuery& query) {
    const fragment::Observation& seen = *query.observation;
    conditions_.insert(conditions_.end(), seen.conditions.begin(), seen.conditions.end());
    for (int channel = 0; channel < kChannels; ++channel)
      open_.push_back(channel < fragment::kHydrogenShifts || seen.ion.metal_mass > 0 ? 1.0F : 0.0F);
    root_peaks_.push_back(std::sqrt(static_cast<float>(seen.mz.size())));
    for (const auto* candidate : query.candidates) add_candidate(seen, *candidate);
    ++queries_;
  }

  learn::FragmentBatch finish() const {
    learn::FragmentBatch batch;
    batch.counts = float_tensor(counts_, kCounts);
    batch.kinds = int64_tensor(kinds_);
    batch.neighbours = int64_tensor(neighbours_);
    batch.border_offsets = int64_tensor(offsets_);
    batch.formulas = int64_tensor(formulas_);
    batch.losses = int64_tensor(losses_);
    batch.candidate = int64_tensor(candidate_of_);
    batch.query = int64_tensor(query_of_);
    batch.conditions = float_tensor(conditions_, kConditions);
    batch.open_channels = float_tensor(open_, kChannels);
    batch.match_ion = int64_tensor(match_ion_);
    batch.match_slot = int64_tensor(match_slot_);
    batch.match_error = float_tensor(match_error_);
    batch.slot_candidate = int64_tensor(slot_candidate_);
    batch.slot_weight = float_tensor(slot_weight_);
    batch.slot_features = float_tensor(slot_features_, 3);
    batch.root_peaks = float_tensor(root_peaks_);
    return batch;
  }

 private:
  void add_candidate(const fragment::Observation& seen, const fragment::Fragmentation& parts) {
    const auto candidate = static_cast<std::int64_t>(query_of_.size());
    const auto first_fragment = static_cast<std::int64_t>(formulas_.size());
    const auto first_slot = static_cast<std::int64_t>(slot_candidate_.size());
    const auto first_border = static_cast<std::int64_t>(kinds_.size());
    query_of_.push_back(queries_);
    for (const auto& part : parts.fragments) {
      counts_.insert(counts_.end(), part.counts.begin(), part.counts.end());
      offsets_.push_back(first_border + part.first_border);
      formulas_.push_back(part.formula_code);
      losses_.push_back(part.loss_code);
      candidate_of_.push_back(candidate);
    }
    kinds_.insert(kinds_.end(), parts.kind_codes.begin(), parts.kind_codes.end());
    neighbours_.insert(neighbours_.end(), parts.neighbour_codes.begin(), parts.neighbour_codes.end());
    for (const auto& match : fragment::match_peaks(parts, seen.mz, seen.ion)) {
      match_ion_.push_back((first_fragment + match.fragment) * kChannels + match.channel);
      match_slot_.push_back(first_slot + match.peak);
      match_error_.push_back(match.ppm_error);
    }
    for (std::size_t peak = 0; peak < seen.mz.size(); ++peak) {
      slot_candidate_.push_back(candidate);
      slot_weight_.push_back(seen.weight[peak]);
      const auto features = fragment::peak_features(seen, peak);
      slot_features_.insert(slot_features_.end(), features.begin(), features.end());
    }
  }

  std::int64_t queries_ = 0;
  std::vector<float> counts_, conditions_, open_, root_peaks_, match_error_, slot_weight_, slot_features_;
  std::vector<std::int64_t> kinds_, neighbours_, offsets_, formulas_, losses_, candidate_of_, query_of_, match_ion_,
      match_slot_, slot_candidate_;
};

/// Scores [C] of queries with these numbers of candidates -> [Q, most], the rest minus infinity.
torch::Tensor padded(const torch::Tensor& scores, const std::vector<std::int64_t>& sizes) {
  const std::int64_t most = *std::max_element(sizes.begin(), sizes.end());
  std::vector<torch::Tensor> rows;
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    rows.push_back(torch::constant_pad_nd(scores.slice(0, begin, begin + size), {0, most - size},
                                          -std::numeric_limits<float>::infinity()));
    begin += size;
  }
  return torch::stack(rows);
}

/// The observation without some of its peaks; at least one stays.
fragment::Observation thinned(const fragment::Observation& seen, double share, Rng& rng) {
  fragment::Observation out = seen;
  out.mz.clear();
  out.intensity.clear();
  out.weight.clear();
  float sum = 0;
  for (std::size_t i = 0; i < seen.mz.size(); ++i) {
    if (rng.uniform() < share && !(out.mz.empty() && i + 1 == seen.mz.size())) continue;
    out.mz.push_back(seen.mz[i]);
    out.intensity.push_back(seen.intensity[i]);
    out.weight.push_back(seen.weight[i]);
    sum += seen.weight[i];
  }
  for (float& weight : out.weight) weight /= sum;
  return out;
}

}  // namespace

learn::FragmentBatch make_fragment_batch(const std::vector<FragmentQuery>& queries) {
  BatchMaker maker;
  for (const FragmentQuery& query : queries) maker.add_query(query);
  return maker.finish();
}

learn::FragmentNetOptions fragment_net_sizes() {
  learn::FragmentNetOptions sizes;
  sizes.counts = kCounts;
  sizes.kind_codes = fragment::kKindCodes;
  sizes.neighbour_codes = fragment::kNeighbourCodes;
  sizes.formula_codes = fragment::kFormulaCodes;
  sizes.conditions = kConditions;
  sizes.channels = kChannels;
  return sizes;
}

FragmentTask::FragmentTask(const FragmentData& data, const FragmentTaskOptions& options)
    : data_(data), options_(options) {
  torch::manual_seed(options.seed);
  net_ = learn::FragmentNet(options.net);
}

StepLoss FragmentTask::loss(std::span<const std::int64_t> examples, const StepContext& context) {
  Rng rng(options_.seed, "fragment step " + std::to_string(context.step) + " part " + std::to_string(context.part));
  std::vector<fragment::Observation> seen;
  seen.reserve(examples.size());
  std::vector<FragmentQuery> queries;
  std::vector<std::int64_t> sizes;
  for (const std::int64_t example : examples) {
    const FragmentSpectrum& spectrum = data_.spectra[static_cast<std::size_t>(example)];
    seen.push_back(thinned(spectrum.observation, options_.peak_dropout, rng));
    std::vector<std::uint32_t> candidates = data_.compounds[spectrum.compound].candidates;
    const auto most = std::min<std::size_t>(candidates.size(), static_cast<std::size_t>(options_.candidates));
    for (std::size_t i = 1; i < most; ++i) std::swap(candidates[i], candidates[i + rng.below(candidates.size() - i)]);
    FragmentQuery query{&seen.back(), {}};
    for (std::size_t i = 0; i < most; ++i) query.candidates.push_back(&data_.fragmentations[candidates[i]]);
    sizes.push_back(static_cast<std::int64_t>(most));
    queries.push_back(std::move(query));
  }
  const learn::FragmentScores scores = net_->forward(make_fragment_batch(queries));
  const torch::Tensor log_share = padded(scores.score, sizes).log_softmax(1).select(1, 0);
  return {-log_share.mean(), {}};
}

std::vector<std::pair<std::string, double>> FragmentValidator::measure() {
  std::map<std::size_t, std::pair<std::array<double, 3>, double>> compounds;
  for (std::size_t begin = 0; begin < data_.spectra.size(); begin += static_cast<std::size_t>(batch_size_)) {
    check_interrupt();
    const std::size_t end = std::min(data_.spectra.size(), begin + static_cast<std::size_t>(batch_size_));
    std::vector<FragmentQuery> queries;
    for (std::size_t i = begin; i < end; ++i) {
      queries.push_back({&data_.spectra[i].observation, {}});
      for (const auto index : data_.compounds[data_.spectra[i].compound].candidates)
        queries.back().candidates.push_back(&data_.fragmentations[index]);
    }
    const torch::Tensor scores = net_->forward(make_fragment_batch(queries)).score.contiguous();
    const float* score = scores.data_ptr<float>();
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t size = queries[i - begin].candidates.size();
      const auto rank = static_cast<double>(std::count_if(score, score + size, [&](float s) { return s >= *score; }));
      auto& [sums, count] = compounds[data_.spectra[i].compound];
      sums[0] += rank <= 1 ? 1 : 0;
      sums[1] += rank <= 5 ? 1 : 0;
      sums[2] += 1 / rank;
      ++count;
      score += size;
    }
  }
  std::array<double, 3> means{};
  for (const auto& [compound, entry] : compounds) {
    for (std::size_t f = 0; f < means.size(); ++f)
      means[f] += entry.first[f] / entry.second / static_cast<double>(compounds.size());
  }
  return {{"recall_at_1", means[0]}, {"recall_at_5", means[1]}, {"mrr", means[2]}};
}

}  // namespace molbridge::train
