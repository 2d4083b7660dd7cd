#pragma once
// A molecule's row as a bank stores it, for candidates that no bank holds. Private to the pools.

#include <cstddef>
#include <span>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"

namespace molbridge::service {

/// What `bank build` takes by itself: bits where the encoder gives bits, else float16.
bank::Dtype stored_dtype(const encoders::MoleculeEncoder& encoder);

/// Requires a standardised molecule.
std::vector<std::byte> encoded_row(const encoders::MoleculeEncoder& encoder, const chem::Molecule& molecule,
                                   bank::Dtype dtype);
/// A vector in the storage of a bank. Requires dtype != kBits.
std::vector<std::byte> stored_row(std::span<const float> vector, bank::Dtype dtype);
/// Shapes: row of `width` components -> [width].
std::vector<float> unpacked_row(std::span<const std::byte> row, bank::Dtype dtype, std::size_t width);

}  // namespace molbridge::service
