#include "molbridge/encoders/smiles/smiles_encoder.hpp"

#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/specification.hpp"

namespace molbridge::encoders {
SmilesEncoder::SmilesEncoder(const std::string& folder, const SequenceEncoderOptions& options,
                             const std::string& choices)
    : name_(NetworkFolder{folder, choices, options}.name()), network_(SequenceEncoder::open(folder, options)) {
  if (network_->kind() != "esm") return;
  throw Error(ErrorCode::kModel, "is a network over proteins, not over molecules").in_file(folder);
}

void SmilesEncoder::encode(const chem::Molecule& molecule, std::span<float> out) const {
  const std::string smiles = molecule.smiles();
  network_->embed({&smiles, 1}, 1, out);
}

void SmilesEncoder::encode_bits(const chem::Molecule&, std::span<std::uint8_t>) const {
  MOLBRIDGE_CHECK(false, "no encoder of bits");
}

std::vector<std::uint8_t> SmilesEncoder::encode_all(std::span<const chem::Molecule> molecules, std::size_t threads,
                                                    std::span<float> out) const {
  std::vector<std::string> smiles;
  smiles.reserve(molecules.size());
  for (const chem::Molecule& molecule : molecules) smiles.push_back(molecule.smiles());
  return network_->embed(smiles, threads, out);
}

}  // namespace molbridge::encoders
