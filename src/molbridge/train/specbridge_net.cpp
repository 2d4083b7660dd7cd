#include "molbridge/train/specbridge_net.hpp"

#include <algorithm>
#include <cmath>

namespace molbridge::train {

SpecbridgeNet::SpecbridgeNet(std::shared_ptr<DreamsModule> dreams, SpecbridgeNetOptions options)
    : options_(options), dreams_(std::move(dreams)) {
  const std::int64_t blocks = dreams_->sizes().layers;
  options_.trained_blocks = std::min(options_.trained_blocks, blocks);
  options_.head.inputs = dreams_->sizes().d_model();
  options_.mapper.inputs = options_.head.outputs;
  register_module("dreams", dreams_);
  dreams_->set_trainable(options_.trained_blocks, options_.trained_norms, options_.trained_embeddings);
  head_ = register_module("head", learn::ProjectionHead(options_.head));
  mapper_ = register_module("mapper", learn::ResidualMapper(options_.mapper, options_.init));
  log_temperature_ = register_parameter(
      "log_temperature", torch::tensor(std::log(options_.temperature), torch::kFloat32), options_.learned_temperature);
}

std::int64_t SpecbridgeNet::first_trained_block() const {
  return options_.trained_embeddings ? 0 : dreams_->sizes().layers - options_.trained_blocks;
}

DreamsState SpecbridgeNet::frozen(std::span<const encoders::DreamsTokens> spectra) const {
  if (options_.trained_embeddings) return dreams_->embed(spectra);
  const torch::NoGradGuard no_grad;
  const bool was_training = dreams_->is_training();
  dreams_->eval();  // a frozen part gives one vector, not a random one
  DreamsState state = dreams_->run(dreams_->embed(spectra), 0, first_trained_block());
  dreams_->train(was_training);
  return state;
}

torch::Tensor SpecbridgeNet::from_frozen(const DreamsState& state) {
  return from_pooled(dreams_->vectors(state, first_trained_block(), options_.pooling));
}

torch::Tensor SpecbridgeNet::pooled(const DreamsState& state) const {
  MOLBRIDGE_CHECK(encoder_is_frozen(), "the encoder is trained");
  const torch::NoGradGuard no_grad;
  return dreams_->vectors(state, dreams_->sizes().layers, options_.pooling);
}

torch::Tensor SpecbridgeNet::forward(std::span<const encoders::DreamsTokens> spectra) {
  return from_frozen(frozen(spectra));
}

}  // namespace molbridge::train
