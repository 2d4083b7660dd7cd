#pragma once
// A frozen language model over SMILES as a molecule encoder: the standardised SMILES of a molecule in, its pooled hidden states out.

#include <memory>
#include <string>

#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/encoders/sequence_encoder.hpp"

namespace molbridge::encoders {

class SmilesEncoder : public MoleculeEncoder {
 public:
  /// Folder as SequenceEncoder::open() reads it. `choices`: the options as make_molecule_encoder() takes them, for the name.
  /// Errors: kModel, also for networks over proteins.
  explicit SmilesEncoder(const std::string& folder, const SequenceEncoderOptions& options = {},
                         const std::string& choices = "");

  /// The folder, absolute, so that a bank finds its encoder from everywhere, and "?" with the choices.
  std::string name() const override { return name_; }
  std::string digest() const override { return network_->digest(); }
  std::uint64_t width() const override { return static_cast<std::uint64_t>(network_->width()); }
  bool is_binary() const override { return false; }
  void encode(const chem::Molecule& molecule, std::span<float> out) const override;
  void encode_bits(const chem::Molecule& molecule, std::span<std::uint8_t> out) const override;
  std::string precision() const override { return std::string(nn::name(network_->precision())); }
  std::vector<std::uint8_t> encode_all(std::span<const chem::Molecule> molecules, std::size_t threads,
                                       std::span<float> out) const override;
  const SequenceEncoder& network() const { return *network_; }

 private:
  std::string name_;
  std::shared_ptr<const SequenceEncoder> network_;
};

}  // namespace molbridge::encoders
