#pragma once
// The binned spectrum encoder in a model folder: options in the manifest below [input], bins among the weights.

#include "molbridge/encoders/spectrum/binned_spectrum.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::encoders {

/// Reads [input] of a training config or a manifest. Errors: kUsage or kModel as the config says, naming the key and its range.
BinnedSpectrumOptions read_binned_options(const Config& config);
/// Keys that are not what they were in the first models: older manifests have none of them, and configs without them keep their digest.
void write_binned_extras(const BinnedSpectrumOptions& options, ConfigWriter& out);
void write_binned_spectrum(const BinnedSpectrum& encoder, ConfigWriter& manifest, nn::SafetensorsWriter& weights);
/// Errors: kModel when tensors are missing or not ascending.
BinnedSpectrum read_binned_spectrum(const nn::ModelFolder& folder);

}  // namespace molbridge::encoders
