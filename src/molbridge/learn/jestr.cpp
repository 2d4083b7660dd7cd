#include "molbridge/learn/jestr.hpp"

namespace molbridge::learn {

JestrImpl::JestrImpl(const JestrOptions& options) : options_(options) {
  MOLBRIDGE_CHECK(options.spectrum.back() == options.molecule.head.back(), std::to_string(options.spectrum.back()));
  spectrum_ = register_module("spectrum", Mlp(options.spectrum, options.spectrum_dropout, false));
  molecule_ = register_module("molecule", GraphNet(options.molecule));
}

void write_jestr_spectrum(const JestrImpl& model, ConfigWriter& manifest, nn::SafetensorsWriter& weights) {
  manifest.text("bridge.kind", "jestr");
  manifest.integers("bridge.widths", model.options().spectrum);
  for (const auto& [name, tensor] : named_state(model)) {
    if (name.starts_with("spectrum.")) add_tensor(weights, name, tensor.to(torch::kFloat16));
  }
}

}  // namespace molbridge::learn
