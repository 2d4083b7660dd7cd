#pragma once
// How well the fragments of a molecule explain the peaks of a spectrum: the fragment network without gradients. learn/fragment_net.hpp has the formulas.

#include <array>
#include <cstdint>
#include <vector>

#include "molbridge/fragment/observation.hpp"
#include "molbridge/nn/linear.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::rerank {

struct FragmentScore {
  double likelihood = 0;          ///< sum over peaks of weight * log P(peak | molecule)
  double score = 0;               ///< tempered, as the network was trained
  double explained = 0;           ///< share of the weights that fragments explain rather than background
  double share_of_peaks = 0;      ///< peaks more likely explained than not
  double share_of_intensity = 0;  ///< their intensity, of that of all peaks
};

/// How a peak is explained best.
struct PeakExplanation {
  std::size_t peak = 0;
  std::size_t fragment = 0;
  int channel = 0;
  float ppm_error = 0;
  double share = 0;      ///< of P(peak | molecule): what lies at this ion; background and other ions have the rest
  double abundance = 0;  ///< of the molecule's predicted ions
};

/// An ion that a molecule is expected to give.
struct PredictedIon {
  double mz = 0;           ///< Th
  double probability = 0;  ///< of all its predicted ions; peaks are drawn by the square roots of their intensities
};

/// Threads: const use is safe. Deterministic.
class FragmentScorer {
 public:
  /// The networks of the folder: "fragment_net", and "fragment_net_2" and so on beside it, whose scores are averaged. Errors: kModel when tensors are
  /// missing, of other shapes, or made for another set of features.
  static FragmentScorer read(const nn::ModelFolder& folder);
  /// The networks of several folders, averaged. Requires one at least.
  static FragmentScorer read(const std::vector<std::string>& folders);
  std::size_t members() const { return 1 + others_.size(); }
  /// Cost: some 0.1 ms for 400 fragments and each network. All zeros for an observation without peaks.
  FragmentScore score(const fragment::Observation& seen, const fragment::Fragmentation& parts) const;
  /// What the molecule is expected to give under the conditions of `seen`, whose peaks play no part: ions of one m/z added up, ascending m/z. By the
  /// first network alone.
  std::vector<PredictedIon> predict(const fragment::Observation& seen, const fragment::Fragmentation& parts) const;
  /// The best explanation of each peak that has any.
  std::vector<PeakExplanation> explain(const fragment::Observation& seen, const fragment::Fragmentation& parts) const;

 private:
  FragmentScorer() = default;
  static FragmentScorer read_one(const nn::ModelFolder& folder, const std::string& name);
  /// By this network alone.
  FragmentScore score_alone(const fragment::Observation& seen, const fragment::Fragmentation& parts,
                            const std::vector<fragment::PeakMatch>& matches) const;
  const std::vector<float>& abundances(const fragment::Observation& seen, const fragment::Fragmentation& parts) const;
  double background_of(const std::array<float, 3>& features) const;

  std::int64_t hidden_ = 0, hidden2_ = 0;
  std::vector<float> kinds_, neighbours_, formulas_, losses_;  // [codes, H]
  std::vector<nn::Linear> layers_;                             // counts, second, output
  std::vector<float> conditions_;                              // [H, conditions]
  std::array<float, 3> background_{};
  std::vector<FragmentScorer> others_;  // the networks beside this one
  float background_bias_ = 0, background_total_ = 0, width_ = 1, scale_ = 1;
};

}  // namespace molbridge::rerank
