#pragma once
// A trained model as identify and evaluate use it: spectrum in, vector in the molecule space out.
// Format page: docs/formats/model.md.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/retrieve/query_model.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::retrieve {

/// A spectrum with what is assumed about its ion: the precursor that is used and the adduct hypothesis under which it is read.
struct SpectrumQuery {
  const spectra::Spectrum* spectrum = nullptr;
  double precursor_mz = 0;  ///< Th; > 0
  double neutral_mass = 0;  ///< u, of the molecule under this hypothesis
  std::string adduct;       ///< canonical spelling
  mass::IonMode ion_mode = mass::IonMode::kUnknown;
};

/// How a model is used.
enum class Convention {
  kHonest,  ///< molecules in one spelling, cosine, a vector depends on its spectrum alone
  kReleased,  ///< as the code published with the weights does it, what is wrong with it included: for audits, never for figures
};
/// "honest", "released". Errors: kUsage with the list.
Convention parse_convention(std::string_view text);
std::string_view name(Convention convention);

/// Threads: const use is safe. Deterministic; a vector does not depend on the other queries of the call, except by the released convention.
class SpectrumModel : public QueryModel {
 public:
  /// Of a folder of two stages (two_stage.hpp) the first. Errors: kModel when the folder is missing, damaged or of a newer format; kUsage when the model has no such convention.
  static std::shared_ptr<const SpectrumModel> load(const std::string& folder,
                                                   Convention convention = Convention::kHonest);

  /// Shapes: returns [B * D], row-major, B = queries.size(). The result does not depend on `threads`.
  virtual std::vector<float> embed(std::span<const SpectrumQuery> queries, std::size_t threads) const = 0;

  /// False where a vector follows from the peaks alone, so that a spectrum without a precursor has one too.
  virtual bool uses_precursor() const { return true; }
  virtual Convention convention() const { return Convention::kHonest; }
};

}  // namespace molbridge::retrieve
