#include "molbridge/spectra/mzml_binary.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/numpress.hpp"

namespace molbridge::spectra {
namespace {

constexpr std::uint8_t kSpace = 64;
constexpr std::uint8_t kPadding = 65;
constexpr std::uint8_t kInvalid = 66;

constexpr std::array<std::uint8_t, 256> make_base64_table() {
  std::array<std::uint8_t, 256> table{};
  table.fill(kInvalid);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  for (const char c : {' ', '\t', '\r', '\n'}) table[static_cast<unsigned char>(c)] = kSpace;
  table['='] = kPadding;
  return table;
}

constexpr auto kBase64 = make_base64_table();

std::size_t bytes_per_value(NumberType type) {
  return type == NumberType::kFloat32 || type == NumberType::kInt32 ? 4 : 8;
}

template <typename Unsigned>
Unsigned load(const std::uint8_t* bytes, bool big_endian) {
  Unsigned value = 0;
  if (!big_endian) {
    std::memcpy(&value, bytes, sizeof(value));
    return value;
  }
  for (std::size_t i = 0; i < sizeof(value); ++i) value = static_cast<Unsigned>(value << 8) | bytes[i];
  return value;
}

double number_at(const std::uint8_t* bytes, const ArrayEncoding& encoding) {
  switch (encoding.type) {
    case NumberType::kFloat32: return std::bit_cast<float>(load<std::uint32_t>(bytes, encoding.big_endian));
    case NumberType::kInt32: return static_cast<std::int32_t>(load<std::uint32_t>(bytes, encoding.big_endian));
    case NumberType::kInt64:
      return static_cast<double>(static_cast<std::int64_t>(load<std::uint64_t>(bytes, encoding.big_endian)));
    default: return std::bit_cast<double>(load<std::uint64_t>(bytes, encoding.big_endian));
  }
}

Result<std::vector<double>> to_numbers(const std::vector<std::uint8_t>& bytes, const ArrayEncoding& encoding,
                                       std::size_t max_values) {
  if (encoding.type == NumberType::kUnknown) return Failure{"does not say whether its numbers have 32 or 64 bits"};
  const std::size_t width = bytes_per_value(encoding.type);
  if (bytes.size() % width != 0) {
    return Failure{"is corrupt: " + format_count(bytes.size()) + " bytes are no whole number of values"};
  }
  const std::size_t count = bytes.size() / width;
  if (count > max_values) return Failure{"holds more than " + format_count(max_values) + " values"};
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = number_at(bytes.data() + i * width, encoding);
  return values;
}

Result<std::vector<double>> to_values(const std::vector<std::uint8_t>& bytes, const ArrayEncoding& encoding,
                                      std::size_t max_values) {
  switch (encoding.numpress) {
    case Numpress::kLinear: return decode_numpress_linear(bytes, max_values);
    case Numpress::kPic: return decode_numpress_pic(bytes, max_values);
    case Numpress::kSlof: return decode_numpress_slof(bytes, max_values);
    case Numpress::kNone: break;
  }
  return to_numbers(bytes, encoding, max_values);
}

class Inflater {
 public:
  Inflater() { ready_ = inflateInit(&stream_) == Z_OK; }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& stream() { return stream_; }
  bool ready() const { return ready_; }

 private:
  z_stream stream_{};
  bool ready_;
};

}  // namespace

Result<std::vector<std::uint8_t>> decode_base64(std::string_view text) {
  std::vector<std::uint8_t> out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t group = 0;
  unsigned filled = 0;
  unsigned padding = 0;
  for (const char c : text) {
    const std::uint8_t value = kBase64[static_cast<unsigned char>(c)];
    if (value == kSpace) continue;
    if (value == kInvalid || (value != kPadding && padding > 0)) return Failure{"is corrupt: no valid base64"};
    if (value == kPadding && ++padding > 2) return Failure{"is corrupt: no valid base64"};
    group = group << 6 | (value == kPadding ? 0 : value);
    if (++filled < 4) continue;
    for (const int shift : {16, 8, 0}) out.push_back(static_cast<std::uint8_t>(group >> shift));
    group = filled = 0;
    if (padding > 0) out.resize(out.size() - padding);
  }
  if (filled != 0) return Failure{"is corrupt: its base64 text is cut"};
  return out;
}

Result<std::vector<std::uint8_t>> unpack_zlib(const std::vector<std::uint8_t>& packed, std::size_t max_bytes) {
  Inflater inflater;
  if (!inflater.ready()) throw std::bad_alloc();
  z_stream& stream = inflater.stream();
  stream.next_in = const_cast<Bytef*>(packed.data());  // zlib does not write there
  stream.avail_in = static_cast<uInt>(packed.size());
  std::vector<std::uint8_t> out(std::min(max_bytes + 1, std::max<std::size_t>(4 * packed.size(), 1024)));
  for (;;) {
    stream.next_out = out.data() + stream.total_out;
    stream.avail_out = static_cast<uInt>(out.size() - stream.total_out);
    const int status = inflate(&stream, Z_NO_FLUSH);
    if (stream.total_out > max_bytes) return Failure{"unpacks to more than " + format_count(max_bytes) + " bytes"};
    if (status == Z_STREAM_END) break;
    if (status != Z_OK && status != Z_BUF_ERROR) return Failure{"is corrupt: zlib cannot unpack it"};
    if (stream.avail_out > 0) return Failure{"is corrupt: its zlib data break off"};
    out.resize(std::min(max_bytes + 1, 2 * out.size()));
  }
  out.resize(stream.total_out);
  return out;
}

Result<std::vector<double>> decode_array(std::string_view base64, const ArrayEncoding& encoding,
                                         std::size_t max_values) {
  if (trim(base64).empty()) return std::vector<double>();
  if (!encoding.unsupported.empty()) {
    return Failure{"is packed with " + encoding.unsupported +
                   ", which is not read; convert: msconvert FILE --mzML --zlib"};
  }
  if (base64.size() > max_base64_chars(max_values)) {
    return Failure{"holds more than " + format_count(max_values) + " values"};
  }
  auto bytes = decode_base64(base64);
  if (!bytes) return Failure{bytes.reason()};
  if (encoding.zlib) {
    bytes = unpack_zlib(*bytes, sizeof(double) * max_values + 16);  // 16: head of a numpress array
    if (!bytes) return Failure{bytes.reason()};
  }
  return to_values(*bytes, encoding, max_values);
}

std::size_t max_base64_chars(std::size_t max_values) {
  constexpr std::size_t kSlack = std::size_t{1} << 20;  // zlib of incompressible data, line ends
  return std::min<std::size_t>(max_values, std::size_t{1} << 26) * 12 + kSlack;  // 8 bytes are 10.7 characters
}

}  // namespace molbridge::spectra
