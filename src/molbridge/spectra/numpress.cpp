#include "molbridge/spectra/numpress.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <string>

#include "molbridge/core/text.hpp"

namespace molbridge::spectra {
namespace {

constexpr std::size_t kFixedPointBytes = 8;

Failure too_many(std::size_t max_values) { return {"holds more than " + format_count(max_values) + " values"}; }
Failure broken() { return {"is corrupt: its numpress data break off"}; }

/// The scaling factor at the head: a double with the most significant byte first.
double fixed_point(std::span<const std::uint8_t> data) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kFixedPointBytes; ++i) bits = bits << 8 | data[i];
  return std::bit_cast<double>(bits);
}

std::uint32_t little_endian(std::span<const std::uint8_t> data, std::size_t offset, std::size_t num_bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < num_bytes; ++i) value |= static_cast<std::uint32_t>(data[offset + i]) << (8 * i);
  return value;
}

/// Integers of one to nine half bytes, high half of a byte first. The head says how many of the leading half bytes of the 32-bit
/// number are left out: 0-8 of them zero, or 9-15 (less 8) of them 0xF; the rest follows, least significant first.
class HalfBytes {
 public:
  explicit HalfBytes(std::span<const std::uint8_t> data) : data_(data) {}

  /// At the end, or before the zero half byte that fills up the last byte (a head of 0 needs eight more).
  bool at_end() const {
    const std::size_t left = 2 * data_.size() - position_;
    return left == 0 || (left == 1 && (data_.back() & 0x0F) == 0);
  }

  std::optional<std::uint32_t> next() {
    const unsigned head = take();
    const unsigned omitted = head <= 8 ? head : head - 8;
    const unsigned given = 8 - omitted;
    if (given > 2 * data_.size() - position_) return std::nullopt;
    std::uint32_t value = head <= 8 ? 0 : ~std::uint32_t{0} << (4 * given);
    for (unsigned i = 0; i < given; ++i) value |= take() << (4 * i);
    return value;
  }

 private:
  unsigned take() {
    const std::uint8_t byte = data_[position_ / 2];
    return position_++ % 2 == 0 ? byte >> 4 : byte & 0x0F;
  }

  std::span<const std::uint8_t> data_;
  std::size_t position_ = 0;
};

}  // namespace

Result<std::vector<double>> decode_numpress_linear(std::span<const std::uint8_t> data, std::size_t max_values) {
  std::vector<double> values;
  if (data.empty()) return values;
  if (data.size() < kFixedPointBytes) return broken();
  const double scale = fixed_point(data);
  std::int64_t before = 0;
  std::int64_t last = 0;
  std::size_t offset = kFixedPointBytes;
  for (; values.size() < 2 && offset < data.size(); offset += 4) {  // the first two are stored whole
    if (data.size() - offset < 4) return broken();
    before = last;
    last = little_endian(data, offset, 4);
    if (values.size() == max_values) return too_many(max_values);
    values.push_back(static_cast<double>(last) / scale);
  }
  HalfBytes residuals(data.subspan(offset));
  while (!residuals.at_end()) {
    const auto residual = residuals.next();
    if (!residual) return broken();
    if (values.size() == max_values) return too_many(max_values);
    // Unsigned, because corrupt residuals may run away and signed overflow is undefined.
    const auto predicted = 2 * static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(before);
    const auto step = static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(*residual)));
    before = last;
    last = static_cast<std::int64_t>(predicted + step);
    values.push_back(static_cast<double>(last) / scale);
  }
  return values;
}

Result<std::vector<double>> decode_numpress_pic(std::span<const std::uint8_t> data, std::size_t max_values) {
  std::vector<double> values;
  HalfBytes counts(data);
  while (!counts.at_end()) {
    const auto count = counts.next();
    if (!count) return broken();
    if (values.size() == max_values) return too_many(max_values);
    values.push_back(*count);
  }
  return values;
}

Result<std::vector<double>> decode_numpress_slof(std::span<const std::uint8_t> data, std::size_t max_values) {
  std::vector<double> values;
  if (data.empty()) return values;
  if (data.size() < kFixedPointBytes || data.size() % 2 != 0) return broken();
  const std::size_t count = (data.size() - kFixedPointBytes) / 2;
  if (count > max_values) return too_many(max_values);
  const double scale = fixed_point(data);
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(std::exp(little_endian(data, kFixedPointBytes + 2 * i, 2) / scale) - 1);
  }
  return values;
}

}  // namespace molbridge::spectra
