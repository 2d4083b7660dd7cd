#pragma once
// The Fingerprint FFN in a model folder: sizes below [bridge] of the manifest, tensors under "bridge.".

#include "molbridge/bridges/fingerprint_ffn.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::bridges {

/// Weights are written as float16: half the size; the loss of accuracy stands in the model card.
void write_fingerprint_ffn(const FingerprintFfnImpl& model, ConfigWriter& manifest, nn::NamedTensors& weights);
/// In eval mode. Errors: kModel when sizes and tensors do not fit each other or `inputs`.
FingerprintFfn read_fingerprint_ffn(const nn::ModelFolder& folder, std::int64_t inputs);

}  // namespace molbridge::bridges
