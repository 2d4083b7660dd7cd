#include "molbridge/spectra/mzml_binary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "molbridge/spectra/mzml_testing.hpp"

namespace molbridge::spectra {

std::string testing::zlib_pack(std::string_view bytes) {
  std::string out(compressBound(static_cast<uLong>(bytes.size())), '\0');
  auto size = static_cast<uLongf>(out.size());
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
           static_cast<uLong>(bytes.size()));
  out.resize(size);
  return out;
}

namespace {

using testing::base64;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::raw;
using testing::zlib_pack;

constexpr std::size_t kNoLimit = 1000;
const std::vector<double> kValues = {100, 250.5, 1e-3, 0};

ArrayEncoding plain(NumberType type) { return {.type = type}; }

TEST(Base64, RfcVectors_Decode) {
  EXPECT_THAT(*decode_base64(""), ElementsAre());
  EXPECT_THAT(*decode_base64("Zg=="), ElementsAre('f'));
  EXPECT_THAT(*decode_base64("Zm8="), ElementsAre('f', 'o'));
  EXPECT_THAT(*decode_base64("Zm9vYmFy"), ElementsAre('f', 'o', 'o', 'b', 'a', 'r'));
  EXPECT_THAT(*decode_base64("+/+/"), ElementsAre(0xFB, 0xFF, 0xBF));
  EXPECT_THAT(*decode_base64("\n Zm 8\t=\r\n"), ElementsAre('f', 'o'));
}

TEST(Base64, Malformed_Refused) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zg==Zg==", "Zm9v*", "Zm9\xC3\xA4", "Z-_v"}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

TEST(DecodeArray, EveryNumberType_SameValues) {
  EXPECT_EQ(*decode_array(base64(raw<double>(kValues)), plain(NumberType::kFloat64), kNoLimit), kValues);
  EXPECT_THAT(*decode_array(base64(raw<float>(kValues)), plain(NumberType::kFloat32), kNoLimit),
              ElementsAre(100, 250.5, 1e-3f, 0));
  EXPECT_THAT(*decode_array(base64(raw<std::int32_t>({-7, 2e9})), plain(NumberType::kInt32), kNoLimit),
              ElementsAre(-7, 2e9));
  EXPECT_THAT(*decode_array(base64(raw<std::int64_t>({-7, 3e12})), plain(NumberType::kInt64), kNoLimit),
              ElementsAre(-7, 3e12));
}

TEST(DecodeArray, BigEndianAndZlib_SameValues) {
  ArrayEncoding encoding = plain(NumberType::kFloat64);
  encoding.zlib = true;
  EXPECT_EQ(*decode_array(base64(zlib_pack(raw<double>(kValues))), encoding, kNoLimit), kValues);
  encoding.big_endian = true;
  EXPECT_EQ(*decode_array(base64(zlib_pack(raw<double>(kValues, true))), encoding, kNoLimit), kValues);
}

TEST(DecodeArray, NumpressInZlib_Unpacked) {
  ArrayEncoding encoding = plain(NumberType::kFloat64);
  encoding.numpress = Numpress::kPic;
  encoding.zlib = true;
  EXPECT_THAT(*decode_array(base64(zlib_pack("\x71\x87\x60")), encoding, kNoLimit), ElementsAre(1, 0, 6));
}

TEST(DecodeArray, Malformed_RefusedWithReason) {
  const auto reason = [](std::string_view text, const ArrayEncoding& encoding, std::size_t limit = kNoLimit) {
    return decode_array(text, encoding, limit).reason();
  };
  ArrayEncoding packed = plain(NumberType::kFloat64);
  packed.zlib = true;
  ArrayEncoding unknown = plain(NumberType::kFloat64);
  unknown.unsupported = "zstd compression";
  EXPECT_THAT(reason(base64("12345"), plain(NumberType::kFloat64)), HasSubstr("no whole number of values"));
  EXPECT_THAT(reason(base64("12345678"), plain(NumberType::kUnknown)), HasSubstr("32 or 64 bits"));
  EXPECT_THAT(reason(base64("12345678"), packed), HasSubstr("zlib"));
  EXPECT_THAT(reason(base64(zlib_pack(raw<double>(kValues)).substr(0, 12)), packed), HasSubstr("break off"));
  EXPECT_THAT(reason(base64("12345678"), unknown), HasSubstr("zstd compression"));
  EXPECT_THAT(reason(base64(raw<double>(kValues)), plain(NumberType::kFloat64), 3), HasSubstr("more than 3 values"));
}

TEST(DecodeArray, ZlibBomb_StopsAtTheLimit) {
  ArrayEncoding packed = plain(NumberType::kFloat64);
  packed.zlib = true;
  const std::string bomb = base64(zlib_pack(std::string(std::size_t{1} << 25, '\0')));
  EXPECT_THAT(decode_array(bomb, packed, 100).reason(), HasSubstr("unpacks to more than"));
}

TEST(DecodeArray, Empty_NoValues) {
  ArrayEncoding packed = plain(NumberType::kUnknown);
  packed.zlib = true;
  EXPECT_TRUE(decode_array(" \n", packed, kNoLimit)->empty());
}

}  // namespace
}  // namespace molbridge::spectra
