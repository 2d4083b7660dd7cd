#include "molbridge/rerank/fragment_scorer.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/weights.hpp"
#include "molbridge/rerank/code_sums.hpp"

namespace molbridge::rerank {
namespace {

using fragment::kChannels;
using fragment::kConditions;
using fragment::kCounts;

// As in learn/fragment_net.hpp; the parity test compares both.
constexpr float kCountScale = 8;
constexpr float kAbundanceLimit = 12;

/// Tensors of the network, by name.
class Tensors {
 public:
  Tensors(const nn::ModelFolder& folder, const std::string& net)
      : weights_(nn::Weights::open(folder.path)), prefix_(net + ".") {}
  std::vector<float> floats(const std::string& name, const std::vector<std::int64_t>& shape) const {
    return weights_.floats(prefix_ + name, shape);
  }
  nn::Linear linear(const std::string& name, std::int64_t inputs, std::int64_t outputs,
                    nn::Activation activation) const {
    return {floats(name + ".weight", {outputs, inputs}),
            floats(name + ".bias", {outputs}),
            inputs,
            outputs,
            nn::Precision::kFloat32,
            activation};
  }

 private:
  nn::Weights weights_;
  std::string prefix_;
};

/// What one molecule's fragments need, kept from one molecule to the next: asking the system for it took longer than filling it.
struct Scratch {
  std::vector<float> counts, first, second, out;
  static Scratch& of_thread() {
    static thread_local Scratch scratch;
    return scratch;
  }
};

void require_size(const nn::ModelFolder& folder, const std::string& key, std::int64_t expected) {
  const std::int64_t found = folder.manifest.integer(key);
  if (found == expected) return;
  throw Error(ErrorCode::kModel,
              key + " is " + std::to_string(found) + ", and this molbridge has " + std::to_string(expected))
      .in_file(folder.path)
      .remedy("Use the molbridge that made the model, or train it again.");
}

}  // namespace

FragmentScorer FragmentScorer::read(const nn::ModelFolder& folder) {
  FragmentScorer out = read_one(folder, "fragment_net");
  for (int member = 2;; ++member) {
    const std::string name = "fragment_net_" + std::to_string(member);
    if (!folder.manifest.has(name + ".hidden")) return out;
    out.others_.push_back(read_one(folder, name));
  }
}

FragmentScorer FragmentScorer::read(const std::vector<std::string>& folders) {
  MOLBRIDGE_CHECK(!folders.empty(), "networks");
  FragmentScorer out = read(nn::ModelFolder::open(folders.front()));
  for (std::size_t i = 1; i < folders.size(); ++i) out.others_.push_back(read(nn::ModelFolder::open(folders[i])));
  return out;
}

FragmentScorer FragmentScorer::read_one(const nn::ModelFolder& folder, const std::string& name) {
  require_size(folder, name + ".counts", kCounts);
  require_size(folder, name + ".kind_codes", fragment::kKindCodes);
  require_size(folder, name + ".neighbour_codes", fragment::kNeighbourCodes);
  require_size(folder, name + ".formula_codes", fragment::kFormulaCodes);
  require_size(folder, name + ".conditions", kConditions);
  require_size(folder, name + ".channels", kChannels);
  FragmentScorer out;
  out.hidden_ = folder.manifest.integer(name + ".hidden");
  out.hidden2_ = folder.manifest.integer(name + ".hidden2");
  if (out.hidden_ < 1 || out.hidden_ > 4096 || out.hidden2_ < 1 || out.hidden2_ > 4096)
    throw Error(ErrorCode::kModel, name + ".hidden is out of range").in_file(folder.path);
  const Tensors tensors(folder, name);
  const std::int64_t h = out.hidden_;
  out.kinds_ = tensors.floats("kinds", {fragment::kKindCodes, h});
  out.neighbours_ = tensors.floats("neighbours", {fragment::kNeighbourCodes, h});
  out.formulas_ = tensors.floats("formulas", {fragment::kFormulaCodes, h});
  out.losses_ = tensors.floats("losses", {fragment::kFormulaCodes, h});
  out.conditions_ = tensors.floats("conditions.weight", {h, kConditions});
  out.layers_.push_back(tensors.linear("counts", kCounts, h, nn::Activation::kNone));
  out.layers_.push_back(tensors.linear("second", h, out.hidden2_, nn::Activation::kRelu));
  out.layers_.push_back(tensors.linear("output", out.hidden2_, kChannels, nn::Activation::kNone));
  const auto background = tensors.floats("background.weight", {1, 3});
  std::copy(background.begin(), background.end(), out.background_.begin());
  out.background_bias_ = tensors.floats("background.bias", {1})[0];
  out.background_total_ = std::exp(tensors.floats("background_total", {1})[0]);
  out.width_ = std::exp(tensors.floats("log_width", {1})[0]);
  out.scale_ = std::exp(tensors.floats("log_scale", {1})[0]);
  return out;
}

/// exp of the log abundances, 0 for channels that are closed. Shapes: [F * channels]. Stands until the thread's next call.
const std::vector<float>& FragmentScorer::abundances(const fragment::Observation& seen,
                                                     const fragment::Fragmentation& parts) const {
  const std::size_t count = parts.fragments.size();
  const auto rows = static_cast<std::int64_t>(count);
  Scratch& scratch = Scratch::of_thread();
  std::vector<float>&counts = scratch.counts, &first = scratch.first, &second = scratch.second, &out = scratch.out;
  counts.resize(count * kCounts);
  first.resize(count * static_cast<std::size_t>(hidden_));
  second.resize(count * static_cast<std::size_t>(hidden2_));
  out.resize(count * kChannels);
  for (std::size_t f = 0; f < count; ++f) {
    for (std::size_t i = 0; i < kCounts; ++i)
      counts[f * kCounts + i] = static_cast<float>(parts.fragments[f].counts[i]) / kCountScale;
  }
  std::vector<float> context(static_cast<std::size_t>(hidden_), 0);
  for (std::size_t i = 0; i < context.size(); ++i) {
    for (std::size_t c = 0; c < kConditions; ++c) context[i] += conditions_[i * kConditions + c] * seen.conditions[c];
  }
  layers_[0].forward(counts.data(), rows, first.data());
  add_codes({kinds_, neighbours_, formulas_, losses_, static_cast<std::size_t>(hidden_)}, parts, context.data(),
            first.data());
  layers_[1].forward(first.data(), rows, second.data());
  layers_[2].forward(second.data(), rows, out.data());
  const int open = seen.ion.metal_mass > 0 ? kChannels : fragment::kHydrogenShifts;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool is_open = static_cast<int>(i % kChannels) < open;
    out[i] = is_open ? std::exp(std::clamp(out[i], -kAbundanceLimit, kAbundanceLimit)) : 0.0F;
  }
  return out;
}

double FragmentScorer::background_of(const std::array<float, 3>& features) const {
  return std::exp(background_bias_ + background_[0] * features[0] + background_[1] * features[1] +
                  background_[2] * features[2]);
}

FragmentScore FragmentScorer::score(const fragment::Observation& seen, const fragment::Fragmentation& parts) const {
  FragmentScore out;
  if (seen.mz.empty() || parts.fragments.empty()) return out;
  const std::vector<fragment::PeakMatch> matches = fragment::match_peaks(parts, seen.mz, seen.ion);
  out = score_alone(seen, parts, matches);
  if (others_.empty()) return out;
  for (const FragmentScorer& other : others_) {
    const FragmentScore more = other.score_alone(seen, parts, matches);
    out.likelihood += more.likelihood;
    out.score += more.score;
    out.explained += more.explained;
    out.share_of_peaks += more.share_of_peaks;
    out.share_of_intensity += more.share_of_intensity;
  }
  const auto count = static_cast<double>(members());
  for (double* value : {&out.likelihood, &out.score, &out.explained, &out.share_of_peaks, &out.share_of_intensity})
    *value /= count;
  return out;
}

FragmentScore FragmentScorer::score_alone(const fragment::Observation& seen, const fragment::Fragmentation& parts,
                                          const std::vector<fragment::PeakMatch>& matches) const {
  FragmentScore out;
  const std::vector<float>& abundance = abundances(seen, parts);
  double all = background_total_;
  for (const float value : abundance) all += value;
  std::vector<double> matched(seen.mz.size(), 0);
  for (const auto& match : matches) {
    const float z = match.ppm_error / width_;
    matched[match.peak] += abundance[match.fragment * kChannels + match.channel] * std::exp(-0.5F * z * z);
  }
  double intensity = 0;
  for (std::size_t p = 0; p < seen.mz.size(); ++p) {
    const auto features = fragment::peak_features(seen, p);
    const double background = background_of(features);
    out.likelihood += seen.weight[p] * std::log((matched[p] + background) / all);
    out.explained += seen.weight[p] * matched[p] / (matched[p] + background);
    intensity += seen.intensity[p];
    if (matched[p] <= background) continue;
    out.share_of_peaks += 1.0 / static_cast<double>(seen.mz.size());
    out.share_of_intensity += seen.intensity[p];
  }
  out.share_of_intensity /= intensity;
  out.score = out.likelihood * std::sqrt(static_cast<double>(seen.mz.size())) * scale_;
  return out;
}

std::vector<PredictedIon> FragmentScorer::predict(const fragment::Observation& seen,
                                                  const fragment::Fragmentation& parts) const {
  constexpr double kSameMz = 1e-5;  // Th; one composition reached over several fragments
  constexpr double kLeast = 1e-6;   // of the ions together; most channels are as good as closed
  const std::vector<float>& abundance = abundances(seen, parts);
  double all = background_total_;
  for (const float value : abundance) all += value;
  std::vector<PredictedIon> ions;
  for (std::size_t i = 0; i < abundance.size(); ++i) {
    const fragment::Fragment& fragment = parts.fragments[i / kChannels];
    const int channel = static_cast<int>(i % kChannels);
    const double probability = abundance[i] / all;
    if (probability < kLeast || fragment.hydrogens() + fragment::shift_of_channel(channel) < 0) continue;
    ions.push_back({fragment::ion_mz(fragment, channel, seen.ion), probability});
  }
  std::sort(ions.begin(), ions.end(), [](const auto& a, const auto& b) { return a.mz < b.mz; });
  std::vector<PredictedIon> out;
  for (const PredictedIon& ion : ions) {
    if (!out.empty() && ion.mz - out.back().mz < kSameMz)
      out.back().probability += ion.probability;
    else
      out.push_back(ion);
  }
  return out;
}

std::vector<PeakExplanation> FragmentScorer::explain(const fragment::Observation& seen,
                                                     const fragment::Fragmentation& parts) const {
  std::vector<PeakExplanation> out;
  if (seen.mz.empty() || parts.fragments.empty()) return out;
  const std::vector<float>& abundance = abundances(seen, parts);
  double all = background_total_;
  for (const float value : abundance) all += value;
  std::vector<PeakExplanation> best(seen.mz.size());
  std::vector<double> matched(seen.mz.size(), 0);
  for (const auto& match : fragment::match_peaks(parts, seen.mz, seen.ion)) {
    const float z = match.ppm_error / width_, value = abundance[match.fragment * kChannels + match.channel];
    const double weight = value * std::exp(-0.5F * z * z);
    matched[match.peak] += weight;
    PeakExplanation& peak = best[match.peak];
    if (weight <= peak.share) continue;
    peak = {match.peak, match.fragment, match.channel, match.ppm_error, weight, value / all};
  }
  for (std::size_t p = 0; p < best.size(); ++p) {
    if (best[p].share <= 0) continue;
    const auto features = fragment::peak_features(seen, p);
    const double background = background_of(features);
    best[p].share /= matched[p] + background;
    out.push_back(best[p]);
  }
  return out;
}

}  // namespace molbridge::rerank
