#pragma once
// Decoders of MS-Numpress, the lossy compression of m/z and intensity arrays in mzML: linear prediction, positive integers (pic)
// and short logged floats (slof). Pure functions on untrusted bytes: nothing is read outside `data`, and no array grows beyond
// `max_values`. Written from the published description (J. Teleman et al., Mol Cell Proteomics 13, 1537 (2014)).
// Byte layout: docs/formats/mzml.md. Thread-safe.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/core/result.hpp"

namespace molbridge::spectra {

Result<std::vector<double>> decode_numpress_linear(std::span<const std::uint8_t> data, std::size_t max_values);
Result<std::vector<double>> decode_numpress_pic(std::span<const std::uint8_t> data, std::size_t max_values);
Result<std::vector<double>> decode_numpress_slof(std::span<const std::uint8_t> data, std::size_t max_values);

}  // namespace molbridge::spectra
