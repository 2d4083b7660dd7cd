#include "molbridge/service/pool_row.hpp"

#include <cstring>

#include "molbridge/bank/half.hpp"
#include "molbridge/bank/kernels.hpp"

namespace molbridge::service {

bank::Dtype stored_dtype(const encoders::MoleculeEncoder& encoder) {
  return encoder.is_binary() ? bank::Dtype::kBits : bank::Dtype::kFloat16;
}

std::vector<std::byte> encoded_row(const encoders::MoleculeEncoder& encoder, const chem::Molecule& molecule,
                                   bank::Dtype dtype) {
  if (dtype == bank::Dtype::kBits) {
    std::vector<std::byte> row(encoder.width() / 8);
    encoder.encode_bits(molecule, {reinterpret_cast<std::uint8_t*>(row.data()), row.size()});
    return row;
  }
  std::vector<float> vector(encoder.width());
  encoder.encode(molecule, vector);
  return stored_row(vector, dtype);
}

std::vector<std::byte> stored_row(std::span<const float> vector, bank::Dtype dtype) {
  MOLBRIDGE_CHECK(dtype != bank::Dtype::kBits, "a vector of floats is no row of bits");
  std::vector<std::byte> row(bank::row_bytes(dtype, vector.size()));
  if (dtype == bank::Dtype::kFloat16) {
    bank::halves_from_floats(vector, {reinterpret_cast<std::uint16_t*>(row.data()), vector.size()});
  } else {
    std::memcpy(row.data(), vector.data(), row.size());
  }
  return row;
}

std::vector<float> unpacked_row(std::span<const std::byte> row, bank::Dtype dtype, std::size_t width) {
  MOLBRIDGE_CHECK(row.size() == bank::row_bytes(dtype, width), std::to_string(row.size()));
  std::vector<float> out(width);
  switch (dtype) {
    case bank::Dtype::kFloat32: std::memcpy(out.data(), row.data(), row.size()); return out;
    case bank::Dtype::kFloat16:
      bank::floats_from_halves({reinterpret_cast<const std::uint16_t*>(row.data()), width}, out);
      return out;
    case bank::Dtype::kBits: break;
  }
  for (std::size_t i = 0; i < width; ++i)
    out[i] = static_cast<float>((static_cast<unsigned>(row[i / 8]) >> (i % 8)) & 1U);
  return out;
}

}  // namespace molbridge::service
