#pragma once
// SpecBridge: DreaMS over the peaks, mean over them, projection head, residual mapper; the target is the space of a RoBERTa molecule encoder
// that stands in a folder inside the model's. Format page: docs/formats/specbridge.md.

#include <memory>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"

namespace molbridge::retrieve {

inline constexpr char kSpecbridgeKind[] = "specbridge";

/// What the parts of a checkpoint are called; a model folder keeps the names.
inline constexpr char kSpecbridgeDreams[] = "spec.dreams.";
inline constexpr char kSpecbridgeHead[] = "spec.proj.";
inline constexpr char kSpecbridgeMapper[] = "mapB.";

/// Folder of the molecule encoder inside the model's.
inline constexpr char kSpecbridgeMoleculeFolder[] = "molecule-encoder";

/// Spectra per batch of the released evaluation: each is padded to the longest of its batch.
inline constexpr std::size_t kSpecbridgeBatch = 32;
/// Length to which the honest convention pads every spectrum: about the longest of a training batch (128 spectra of MassSpecGym), so
/// that the network sees as much padding as it did while it learned. Longer spectra are not cut.
inline constexpr std::int64_t kSpecbridgePaddedTo = 300;

/// By the released convention the queries of a call are batched in their order, a spectrum that several hypotheses share counting once.
/// Errors: kModel.
std::shared_ptr<const SpectrumModel> load_specbridge_model(const nn::ModelFolder& folder, Convention convention);

}  // namespace molbridge::retrieve
