#include "molbridge/core/bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace molbridge {
namespace {

constexpr std::array<std::byte, 7> kBytes = {std::byte{0x01}, std::byte{0x02}, std::byte{0x03}, std::byte{0x04},
                                             std::byte{0xff}, std::byte{0xff}, std::byte{0x7f}};

TEST(ByteReaderTest, Number_IsLittleEndianAndUnaligned) {
  ByteReader reader(kBytes, "x.bin");
  EXPECT_EQ(reader.number<std::uint8_t>("kind"), 0x01);
  EXPECT_EQ(reader.number<std::uint32_t>("count"), 0xff040302u);
  EXPECT_EQ(reader.offset(), 5u);
  EXPECT_EQ(reader.left(), 2u);
  EXPECT_EQ(reader.number<std::int16_t>("delta"), 0x7fff);
}

TEST(ByteReaderTest, Take_MoreThanLeft_SaysWhatWhereAndHowMuch) {
  ByteReader reader(kBytes, "x.bin");
  reader.take(5, "header");
  try {
    reader.number<std::uint64_t>("row count");
    FAIL() << "did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
    EXPECT_STREQ(error.what(), "x.bin at byte 5: truncated: row count needs 8 bytes, 2 are left");
  }
  EXPECT_EQ(reader.offset(), 5u) << "a failed read takes nothing";
}

TEST(ByteReaderTest, Take_HugeCount_DoesNotWrapAround) {
  ByteReader reader(kBytes, "x.bin");
  reader.take(1, "header");
  EXPECT_THROW(reader.take(std::numeric_limits<std::uint64_t>::max(), "rows"), Error);
}

TEST(ByteReaderTest, Take_NothingAtTheEnd_IsAllowed) {
  ByteReader reader(kBytes, "x.bin");
  EXPECT_EQ(reader.take(7, "all").size(), 7u);
  EXPECT_TRUE(reader.take(0, "nothing").empty());
}

}  // namespace
}  // namespace molbridge
