#pragma once
// A checkpoint as SpecBridge's training writes it, {model, opt, step, args}, becomes a model folder. Format page: docs/formats/specbridge.md.

#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/nn/weights.hpp"
#include "molbridge/retrieve/specbridge_model.hpp"

namespace molbridge::service {

struct SpecbridgeImportOptions {
  /// Hugging Face folder of the molecule encoder, for its config.json and its tokenizer, which the checkpoint does not hold. Empty: the
  /// model embeds spectra, but there is no molecule to compare them with.
  std::string molecule_encoder;
  std::string output;                                      ///< folder to write into
  std::string name, licence, origin;                       ///< for the manifest
  std::int64_t padded_to = retrieve::kSpecbridgePaddedTo;  ///< peaks; of the honest convention
};

struct SpecbridgeImportReport {
  std::vector<std::string> parts;    ///< what was found, with sizes; one line each
  std::vector<std::string> notes;    ///< what was compared, and with what result
  std::vector<std::string> dropped;  ///< what was not taken, with the reason
  std::uint64_t tensors = 0, parameters = 0, bytes = 0;
};

/// By its keys.
bool is_specbridge_checkpoint(const nn::Weights& weights);

/// What there is to say before anything is written: sizes, notes, what is dropped. Errors: kModel naming what does not fit.
SpecbridgeImportReport describe_specbridge(const nn::Weights& weights);

/// Every tensor is used, or dropped for a known reason, or the import is refused before anything is written. Memory: that of the parts while
/// it is checked that they open. Errors: kModel (what does not fit, by name), kOutput.
SpecbridgeImportReport import_specbridge(const nn::Weights& weights, const SpecbridgeImportOptions& options);

}  // namespace molbridge::service
