#pragma once
// Morgan fingerprints that count: how often each environment occurs, folded to a width.

#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"

namespace molbridge::encoders {

class MorganCountsEncoder : public MoleculeEncoder {
 public:
  explicit MorganCountsEncoder(const chem::MorganOptions& options) : options_(options) {}

  std::string name() const override;
  /// Of radius, width and RDKit's version of the algorithm.
  std::string digest() const override;
  std::uint64_t width() const override { return static_cast<std::uint64_t>(options_.num_bits); }
  bool is_binary() const override { return false; }
  /// Counts as they are, not scaled.
  void encode(const chem::Molecule& molecule, std::span<float> out) const override;
  void encode_bits(const chem::Molecule& molecule, std::span<std::uint8_t> out) const override;

 private:
  chem::MorganOptions options_;
};

}  // namespace molbridge::encoders
