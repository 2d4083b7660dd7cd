#pragma once
// A checkpoint as SpecBridge's training writes it, {model, opt, step, args}, becomes a model folder. Format page: docs/formats/specbridge.md.

#include <string>
#include <vector>

#include "molbridge/nn/weights.hpp"
#include "molbridge/retrieve/specbridge_model.hpp"

namespace molbridge::service {

struct SpecbridgeImportOptions {
  std::string checkpoint;  ///< file; any container that nn::Weights reads
  /// Hugging Face folder of the molecule encoder, for its config.json and its tokenizer, which the checkpoint does not hold. Empty: the
  /// model embeds spectra, but there is no molecule to compare them with.
  std::string molecule_encoder;
  std::string output;  ///< folder to be made; it must not exist, or be empty
  std::string name;    ///< of the model; empty: that of the folder
  std::string licence = "unknown";
  std::int64_t padded_to = retrieve::kSpecbridgePaddedTo;  ///< peaks; of the honest convention
};

struct SpecbridgeImportReport {
  std::vector<std::string> parts;    ///< what was found, with sizes; one line each
  std::vector<std::string> notes;    ///< what was compared, and with what result
  std::vector<std::string> dropped;  ///< what was not taken, with the reason
  std::string molecule_encoder;      ///< folder for `bank build --encoder`; empty without a tokenizer
};

/// By its keys.
bool is_specbridge_checkpoint(const nn::Weights& weights);

/// Every tensor is used, or dropped for a known reason, or the import is refused. Memory: that of the map, and of the molecule encoder while
/// its digest is taken. Errors: kUsage (output exists), kModel (what does not fit, by name), kOutput.
SpecbridgeImportReport import_specbridge(const SpecbridgeImportOptions& options);

}  // namespace molbridge::service
