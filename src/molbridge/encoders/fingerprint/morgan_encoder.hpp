#pragma once
// Morgan (ECFP) fingerprints as a frozen molecule encoder of its own: 0/1 vectors, radius and width by option.

#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"

namespace molbridge::encoders {

class MorganEncoder : public MoleculeEncoder {
 public:
  explicit MorganEncoder(const chem::MorganOptions& options) : options_(options) {}

  std::string name() const override;
  /// Of radius, width and RDKit's version of the algorithm: another RDKit with the same algorithm gives the same digest.
  std::string digest() const override;
  std::uint64_t width() const override { return static_cast<std::uint64_t>(options_.num_bits); }
  bool is_binary() const override { return true; }
  void encode(const chem::Molecule& molecule, std::span<float> out) const override;
  void encode_bits(const chem::Molecule& molecule, std::span<std::uint8_t> out) const override;

 private:
  chem::MorganOptions options_;
};

}  // namespace molbridge::encoders
