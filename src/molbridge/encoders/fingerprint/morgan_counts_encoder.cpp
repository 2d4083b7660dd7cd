#include "molbridge/encoders/fingerprint/morgan_counts_encoder.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"

namespace molbridge::encoders {

std::string MorganCountsEncoder::name() const {
  return "morgan-counts:radius=" + std::to_string(options_.radius) + ",width=" + std::to_string(options_.num_bits);
}

std::string MorganCountsEncoder::digest() const { return sha256(name() + "\nalgorithm=" + chem::morgan_version()); }

void MorganCountsEncoder::encode(const chem::Molecule& molecule, std::span<float> out) const {
  MOLBRIDGE_CHECK(out.size() == width(), std::to_string(out.size()));
  const auto counts = chem::morgan_counts(molecule, options_);
  std::transform(counts.begin(), counts.end(), out.begin(),
                 [](std::uint32_t count) { return static_cast<float>(count); });
}

void MorganCountsEncoder::encode_bits(const chem::Molecule&, std::span<std::uint8_t>) const {
  MOLBRIDGE_CHECK(false, "no encoder of bits");
}

}  // namespace molbridge::encoders
