#pragma once
// The two encoders of JESTR while they learn: a binned spectrum and a molecular graph into one space.
// Source: Kalia, Zhou Chen, Krishnan, Hassoun, "JESTR" (10.1093/bioinformatics/btaf354), stage 1.

#include "molbridge/learn/graph_net.hpp"

namespace molbridge::learn {

struct JestrOptions {
  std::vector<std::int64_t> spectrum{1000, 1024, 1024, 512};  ///< widths, the number of bins first
  double spectrum_dropout = 0.4;
  GraphNetOptions molecule;  ///< its last width is that of spectrum
};

/// Parameters "spectrum.*" and "molecule.*".
class JestrImpl : public torch::nn::Module {
 public:
  explicit JestrImpl(const JestrOptions& options);
  /// Shapes: bins [B, spectrum.front()]; returns [B, D].
  torch::Tensor embed_spectra(const torch::Tensor& bins) { return spectrum_(bins); }
  /// Shapes: returns [M, D].
  torch::Tensor embed_molecules(const GraphBatch& batch) { return molecule_(batch); }
  const JestrOptions& options() const { return options_; }
  const GraphNetImpl& molecule() const { return *molecule_; }

 private:
  JestrOptions options_;
  Mlp spectrum_{nullptr};
  GraphNet molecule_{nullptr};
};
TORCH_MODULE(Jestr);

/// The side of spectra: widths below [bridge] of the manifest, tensors under "spectrum." as float16.
void write_jestr_spectrum(const JestrImpl& model, ConfigWriter& manifest, nn::SafetensorsWriter& weights);

}  // namespace molbridge::learn
