#pragma once
// The second stage: candidates that the bridge ranked, looked at one by one. A molecule is taken apart in the computer, its fragments are held
// against the peaks, and a small learned network says how well they explain the spectrum; its verdict and the bridge's score together
// give the final score, which is calibrated into probabilities. Format page: docs/formats/rerank.md.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"
#include "molbridge/retrieve/two_stage.hpp"

namespace molbridge::rerank {

/// One candidate of a query's pool with what the first stage thought of it.
struct Candidate {
  std::string smiles;  ///< standardised; may be "" for one that is not of the shortlist and does not tie with its last
  float bridge_score = 0;      ///< by the first stage; NaN is worst
  std::size_t hypothesis = 0;  ///< which reading of the ion brought it
};

/// What the second stage thinks of a candidate.
struct Verdict {
  float score = 0;  ///< log odds within the pool: a softmax over the pool's scores, tempered, gives `probability`
  double probability = 0;  ///< that this is the molecule, if the molecule is in the pool; of a whole pool they sum to 1
  double probability_close = 0;  ///< that it is the molecule or close to it (Tanimoto >= 0.7 of ECFP4, or MCES <= 4)
  /// Share of the peaks (below the precursor) that a fragment of the candidate explains, and of their intensity; negative: not looked at.
  double fragments_explained = -1;
  double intensity_explained = -1;
  bool looked_at = false;  ///< by the second stage; others follow behind by the first stage's order
};

/// A peak and the fragment that explains it best.
struct AnnotatedPeak {
  double mz = 0;           ///< Th, as measured
  double intensity = 0;    ///< relative to the strongest peak of the spectrum, 0 to 1
  std::string formula;     ///< of the ion, with charge: "C7H5O+"; "" where nothing explains the peak
  std::string smiles;      ///< of the fragment's heavy atoms, cut out of the candidate
  double ppm_error = 0;    ///< measured against calculated
  int hydrogen_shift = 0;  ///< hydrogens gained (+) or lost (-) against the fragment as cut, charge carrier included
  int bonds_cut = 0;
  double weight = 0;  ///< share of the candidate's predicted ions that lie at this peak, 0 to 1
};

struct RerankOptions {
  std::size_t shortlist = 100;  ///< best of the first stage that are looked at; 0 is all
};

/// Threads: const use is safe. Deterministic: the verdict on a pool depends on the spectrum and the pool alone.
class Reranker {
 public:
  virtual ~Reranker() = default;
  /// Null for a model folder without a second stage. Errors: kModel when the part is damaged or of another first stage.
  static std::shared_ptr<const Reranker> load(const std::string& folder);

  virtual std::string digest() const = 0;
  virtual std::size_t default_shortlist() const = 0;
  /// Verdicts in the order of `pool`: all candidates of a query, each of which names its hypothesis. Cost: some 0.3 ms for each candidate of
  /// the shortlist, on the calling thread. Requires Candidate::hypothesis < hypotheses.size().
  virtual std::vector<Verdict> judge(std::span<const retrieve::SpectrumQuery> hypotheses,
                                     std::span<const Candidate> pool, const RerankOptions& options) const = 0;
  /// Every peak below the precursor, ascending m/z.
  virtual std::vector<AnnotatedPeak> explain(const retrieve::SpectrumQuery& query, const std::string& smiles) const = 0;
};

/// A model folder of two stages (retrieve/two_stage.hpp) holds its parts here.
using retrieve::kBridgeFolder;
using retrieve::kRerankFolder;
using retrieve::kTwoStageKind;

}  // namespace molbridge::rerank
