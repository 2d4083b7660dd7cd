#pragma once
// Binary arrays of mzML and mzXML: base64, zlib, MS-Numpress, numbers. Pure functions on untrusted text; thread-safe.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/result.hpp"

namespace molbridge::spectra {

enum class NumberType { kUnknown, kFloat32, kFloat64, kInt32, kInt64 };
enum class Numpress { kNone, kLinear, kPic, kSlof };

struct ArrayEncoding {
  NumberType type = NumberType::kUnknown;
  Numpress numpress = Numpress::kNone;
  bool zlib = false;
  bool big_endian = false;  ///< mzXML ("network" order); mzML is little-endian
  std::string unsupported;  ///< name of a compression that is not read, "" if none
};

/// Bytes of a base64 text; white space may stand anywhere. Refuses other characters and a cut last group.
Result<std::vector<std::uint8_t>> decode_base64(std::string_view text);

/// Unpacks zlib data. Refuses truncated or corrupt data, and more than `max_bytes` of output.
Result<std::vector<std::uint8_t>> unpack_zlib(const std::vector<std::uint8_t>& packed, std::size_t max_bytes);

/// The values of an array. An empty text is an empty array. Failure reasons continue a sentence ("holds more than ...").
/// Cost     at most 8 * max_values bytes beside the text and its packed bytes.
Result<std::vector<double>> decode_array(std::string_view base64, const ArrayEncoding& encoding,
                                         std::size_t max_values);

/// Characters of base64 text that an array of so many values may need at most, white space included.
std::size_t max_base64_chars(std::size_t max_values);

}  // namespace molbridge::spectra
