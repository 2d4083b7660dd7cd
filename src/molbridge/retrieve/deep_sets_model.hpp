#pragma once
// DeepSets: a set of peak tokens, with or without Fourier features of m/z, to a fingerprint. Format page: docs/formats/model.md.

#include <memory>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"

namespace molbridge::retrieve {

inline constexpr char kDeepSetsKind[] = "deepsets";

/// What the vector of a spectrum holds per bit of the fingerprint.
enum class FingerprintScore {
  kProbability,  ///< as the baseline: cosine of the predicted probabilities with candidate fingerprints
  kLogOdds,      ///< how much likelier than usual, as the Fingerprint FFN: log(p / (1-p)) - log(f / (1-f))
};
/// "probability", "log-odds". Errors: kUsage with the list.
FingerprintScore parse_fingerprint_score(std::string_view text);
std::string_view name(FingerprintScore score);

/// Errors: kModel.
std::shared_ptr<const SpectrumModel> load_deep_sets_model(const nn::ModelFolder& folder);

}  // namespace molbridge::retrieve
