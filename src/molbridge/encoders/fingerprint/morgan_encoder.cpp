#include "molbridge/encoders/fingerprint/morgan_encoder.hpp"

#include <cstring>

#include "molbridge/core/hash.hpp"

namespace molbridge::encoders {

std::string MorganEncoder::name() const {
  return "morgan:radius=" + std::to_string(options_.radius) + ",bits=" + std::to_string(options_.num_bits);
}

std::string MorganEncoder::digest() const { return sha256(name() + "\nalgorithm=" + chem::morgan_version()); }

void MorganEncoder::encode(const chem::Molecule& molecule, std::span<float> out) const {
  MOLBRIDGE_CHECK(out.size() == width(), std::to_string(out.size()));
  const chem::BitFingerprint fingerprint = chem::morgan(molecule, options_);
  for (int bit = 0; bit < options_.num_bits; ++bit)
    out[static_cast<std::size_t>(bit)] = fingerprint.test(bit) ? 1.0F : 0.0F;
}

void MorganEncoder::encode_bits(const chem::Molecule& molecule, std::span<std::uint8_t> out) const {
  MOLBRIDGE_CHECK(out.size() * 8 == width(), std::to_string(out.size()));
  const chem::BitFingerprint fingerprint = chem::morgan(molecule, options_);
  std::memcpy(out.data(), fingerprint.words.data(), out.size());  // little-endian words are the byte order asked for
}

}  // namespace molbridge::encoders
