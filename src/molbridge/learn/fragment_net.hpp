#pragma once
// The network of the second stage while it learns: fragments of candidates -> the ions they are expected to give -> how likely the observed peaks are.
// rerank/fragment_scorer.hpp is the same without gradients.
//
//   fragment f of candidate m, measured under conditions c:
//     h1 = relu(Wn counts(f) + sum over cut bonds (K[kind] + N[neighbours]) + F[formula] + L[loss] + Wc c)       H
//     h2 = relu(W2 h1 + b2)                                                                                      H2
//     a(f, k) = W3 h2 + b3          log abundance of the ion that leaves with hydrogen shift k (or with the metal)
//   peak p:  P(p | m) = (e^b(p) + sum over matches exp(a(f, k) - (ppm error / s)^2 / 2)) / (e^B + sum over all (f, k) exp(a(f, k)))
//   score(m) = e^t sqrt(peaks) * sum_p w_p log P(p | m),   w_p = square root of the intensity, summing to 1
//
// A molecule that promises ions which are not there pays for it through the sum over all. Trained by a softmax over candidates of the same mass.
// Sources of the ideas: forward models with a spectral loss (ICEBERG), fragments matched to peaks (MetFrag, MAGMa); this form is ours.

#include <cstdint>

#include "molbridge/core/config.hpp"
#include "molbridge/learn/tensors.hpp"

namespace molbridge::learn {

struct FragmentNetOptions {
  std::int64_t counts = 0;                                              ///< width of the counts of a fragment
  std::int64_t kind_codes = 0, neighbour_codes = 0, formula_codes = 0;  ///< rows of the tables
  std::int64_t conditions = 0;                                          ///< width of the conditions
  std::int64_t channels = 0;                                            ///< of an ion
  std::int64_t hidden = 64, hidden2 = 32;
  double dropout = 0.1;       ///< of h1
  double code_dropout = 0.1;  ///< of the formula and loss tables, by fragment
};

/// Fragments of C candidates of Q spectra, concatenated.
struct FragmentBatch {
  torch::Tensor counts;             ///< [F, counts] float32
  torch::Tensor kinds, neighbours;  ///< [E] int64, codes of cut bonds
  torch::Tensor border_offsets;     ///< [F] int64, where the bonds of each fragment begin
  torch::Tensor formulas, losses;   ///< [F] int64
  torch::Tensor candidate;          ///< [F] int64, of each fragment
  torch::Tensor query;              ///< [C] int64, of each candidate
  torch::Tensor conditions;         ///< [Q, conditions]
  torch::Tensor open_channels;      ///< [Q, channels] 1 where ions of the spectrum can leave that way, else 0
  torch::Tensor match_ion;          ///< [M] int64, fragment * channels + channel
  torch::Tensor match_slot;         ///< [M] int64, of the candidate and peak
  torch::Tensor match_error;        ///< [M] ppm
  torch::Tensor slot_candidate;     ///< [S] int64
  torch::Tensor slot_weight;        ///< [S] w_p
  torch::Tensor slot_features;      ///< [S, 3] m/z / 1000, m/z / precursor, log intensity
  torch::Tensor root_peaks;         ///< [Q] square root of the number of peaks
};

struct FragmentScores {
  torch::Tensor likelihood;  ///< [C] sum_p w_p log P(p | m)
  torch::Tensor score;       ///< [C] tempered, as it is trained
  torch::Tensor explained;   ///< [C] sum_p w_p times the share of P(p | m) that fragments have
};

class FragmentNetImpl : public torch::nn::Module {
 public:
  explicit FragmentNetImpl(const FragmentNetOptions& options);
  FragmentScores forward(const FragmentBatch& batch);
  const FragmentNetOptions& options() const { return options_; }

 private:
  torch::Tensor abundances(const FragmentBatch& batch);
  FragmentNetOptions options_;
  torch::Tensor kinds_, neighbours_, formulas_, losses_;  // tables, [codes, H]
  torch::nn::Linear counts_{nullptr}, conditions_{nullptr}, second_{nullptr}, output_{nullptr}, background_{nullptr};
  torch::Tensor background_total_, log_width_, log_scale_;
};
TORCH_MODULE(FragmentNet);

/// Counts are divided by this before they enter.
inline constexpr double kCountScale = 8;
/// Log abundances are held within this, so that sums of exponentials stay finite.
inline constexpr double kAbundanceLimit = 12;

/// Sizes below [fragment_net] of the manifest, tensors under "fragment_net." as float16.
void write_fragment_net(const FragmentNetImpl& net, ConfigWriter& manifest, nn::SafetensorsWriter& weights);

}  // namespace molbridge::learn
