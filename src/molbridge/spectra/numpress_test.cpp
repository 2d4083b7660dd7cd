#include "molbridge/spectra/numpress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace molbridge::spectra {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;

constexpr std::size_t kNoLimit = 1000;

std::vector<std::uint8_t> from_hex(std::string_view hex) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// Written by the reference implementation (MSNumpress.cpp, libmsnumpress 1.0.0) with scale 1000, no scale, and scale 3000:
// m/z 100, 100.5, 101.25, 250.123456, 250.9, 999.987654, 1000 and intensities 1, 0, 25, 1000, 7, 65536, 3000000.
constexpr std::string_view kLinear = "408f400000000000a0860100948801006af3b9242b08dbd371b6bbce1940";
constexpr std::string_view kPic = "71869158e37730000120c6cd20";
constexpr std::string_view kSlof = "40a77000000000001f0800002e26f6505e18f781c6ae";

TEST(Numpress, Linear_ReferenceBytes_ReferenceValues) {
  EXPECT_THAT(*decode_numpress_linear(from_hex(kLinear), kNoLimit),
              Pointwise(DoubleNear(1e-9), std::vector<double>{100, 100.5, 101.25, 250.123, 250.9, 999.988, 1000}));
}

TEST(Numpress, Pic_ReferenceBytes_ReferenceValues) {
  EXPECT_THAT(*decode_numpress_pic(from_hex(kPic), kNoLimit), ElementsAre(1, 0, 25, 1000, 7, 65536, 3000000));
}

TEST(Numpress, Slof_ReferenceBytes_ReferenceValues) {
  EXPECT_THAT(
      *decode_numpress_slof(from_hex(kSlof), kNoLimit),
      Pointwise(DoubleNear(1e-8), std::vector<double>{0.99970566054116383, 0, 24.997490132592233, 999.911803124485,
                                                      6.9991343800624763, 65533.587345733518, 2999630.4827388632}));
}

TEST(Numpress, Linear_FallingValues_NegativeResiduals) {
  // 500, 400, 300, 500 with scale 1000 by hand: residuals 0 (head 8) and +300000 = 0x000493E0 (head 3, five half bytes).
  EXPECT_THAT(*decode_numpress_linear(from_hex("408f40000000000020a10700801a0600830e3940"), kNoLimit),
              ElementsAre(500, 400, 300, 500));
  // 400, 500, 300: residual -300000 = 0xFFFB6C20, three leading half bytes of ones (head 11).
  EXPECT_THAT(*decode_numpress_linear(from_hex("408f400000000000801a060020a10700b02c6b"), kNoLimit),
              ElementsAre(400, 500, 300));
}

TEST(Numpress, ShortArrays_EveryLengthOfOneAndZeroValues) {
  EXPECT_TRUE(decode_numpress_linear({}, kNoLimit)->empty());
  EXPECT_TRUE(decode_numpress_pic({}, kNoLimit)->empty());
  EXPECT_TRUE(decode_numpress_slof({}, kNoLimit)->empty());
  EXPECT_TRUE(decode_numpress_linear(from_hex("408f400000000000"), kNoLimit)->empty());
  EXPECT_THAT(*decode_numpress_linear(from_hex("408f400000000000a0860100"), kNoLimit), ElementsAre(100));
  EXPECT_THAT(*decode_numpress_pic(from_hex("80"), kNoLimit), ElementsAre(0));
  EXPECT_THAT(*decode_numpress_pic(from_hex("88"), kNoLimit), ElementsAre(0, 0));
}

// Cut data either decode to a beginning of the whole or are refused; what is outside is never read (run under ASan).
template <typename Decoder>
void check_every_cut(std::string_view hex, Decoder decode) {
  const std::vector<std::uint8_t> whole = from_hex(hex);
  const std::vector<double> expected = *decode(whole, kNoLimit);
  std::size_t refused = 0;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const auto values = decode(cut, kNoLimit);
    refused += !values;
    if (!values) continue;
    ASSERT_LE(values->size(), expected.size()) << length;
    for (std::size_t i = 0; i < values->size(); ++i) EXPECT_EQ((*values)[i], expected[i]) << length;
  }
  EXPECT_GT(refused, 0u);
}

TEST(Numpress, Truncated_RefusedOrABeginning) {
  check_every_cut(kLinear, decode_numpress_linear);
  check_every_cut(kPic, decode_numpress_pic);
  check_every_cut(kSlof, decode_numpress_slof);
}

TEST(Numpress, MoreValuesThanAllowed_Refused) {
  EXPECT_FALSE(decode_numpress_linear(from_hex(kLinear), 6));
  EXPECT_FALSE(decode_numpress_linear(from_hex(kLinear), 1));
  EXPECT_FALSE(decode_numpress_pic(from_hex(kPic), 6));
  EXPECT_FALSE(decode_numpress_slof(from_hex(kSlof), 6));
  EXPECT_TRUE(decode_numpress_pic(from_hex(kPic), 7));
}

TEST(Numpress, ResidualsThatRunAway_NoOverflow) {
  std::vector<std::uint8_t> data = from_hex("408f4000000000000000000000000000");
  for (int i = 0; i < 5000; ++i) {  // +0x7FFFFFFF each time: the predicted value grows with the square
    for (const std::uint8_t byte : from_hex("0fffffff70fffffff7")) data.push_back(byte);
  }
  EXPECT_TRUE(decode_numpress_linear(data, 1'000'000));
}

}  // namespace
}  // namespace molbridge::spectra
