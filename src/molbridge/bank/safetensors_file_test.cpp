#include "molbridge/bank/safetensors_file.hpp"

#include <gtest/gtest.h>

#include <string>

#include "molbridge/bank/test_bank.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::bank {
namespace {

using testing::error_of;
using testing::TempFolder;
using testing::write_file;

TensorInfo masses_of_three() { return {"masses", "F64", {3}, 24}; }

std::string with_header(std::string json, const std::string& data) {
  while (json.size() % 8 != 0) json += ' ';
  const std::uint64_t length = json.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + json + data;
}

TensorLocation parse(const std::string& bytes) {
  return parse_safetensors(std::as_bytes(std::span(bytes)), "t.safetensors");
}

void expect_refused(const std::string& bytes, const std::string& reason) {
  const Error error = error_of([&] { parse(bytes); });
  EXPECT_EQ(error.code(), ErrorCode::kModel) << error.what();
  EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("t.safetensors"), std::string::npos) << error.what();
}

TEST(SafetensorsFile, Header_OfAnyLength_AlignsTheDataTo64) {
  for (std::uint64_t count = 1; count < 1'000'000'000; count *= 7) {
    const TensorInfo tensor{"embeddings", "F32", {count, 3}, count * 12};
    EXPECT_EQ(safetensors_header(tensor).size() % 64, 0U);
  }
}

TEST(SafetensorsFile, Parse_WhatWeWrite_ComesBack) {
  const TensorLocation location = parse(safetensors_header(masses_of_three()) + std::string(24, 'x'));
  EXPECT_EQ(location.info, masses_of_three());
  EXPECT_EQ(location.data_offset % 64, 0U);
}

TEST(SafetensorsFile, Parse_NoRows_IsFine) {
  EXPECT_EQ(parse(safetensors_header({"embeddings", "U8", {0, 512}, 0})).info.bytes, 0U);
}

TEST(SafetensorsFile, Parse_HeaderLongerThanTheFile_IsRefused) {
  expect_refused(std::string("\x00\x01\x00\x00\x00\x00\x00\x00{}", 10), "truncated");
}

TEST(SafetensorsFile, Parse_HeaderLengthHuge_IsRefusedBeforeAllocating) {
  expect_refused(std::string(8, '\xff') + "{}", "header of");
}

TEST(SafetensorsFile, Parse_ShapeThatOverflows_IsRefused) {
  expect_refused(with_header(R"({"m":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", ""),
                 "too large");
}

TEST(SafetensorsFile, Parse_OffsetsThatDoNotFit_AreRefused) {
  const std::string data(24, 'x');
  for (const char* offsets :
       {"[0,16]", "[8,24]", "[0,32]", "[24,0]", "[0]", "[0,8,24]", "[-8,24]", "[0,24.0]", "\"0,24\""}) {
    const std::string json = R"({"m":{"dtype":"F64","shape":[3],"data_offsets":)" + std::string(offsets) + "}}";
    expect_refused(with_header(json, data), "");
  }
}

TEST(SafetensorsFile, Parse_TwoTensors_AreRefused) {
  expect_refused(
      with_header(
          R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})",
          std::string(8, 'x')),
      "2 tensors");
}

TEST(SafetensorsFile, Parse_NoTensor_IsRefused) {
  expect_refused(with_header(R"({"__metadata__":{}})", ""), "0 tensors");
}

TEST(SafetensorsFile, Parse_UnknownDtype_IsRefused) {
  expect_refused(with_header(R"({"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", std::string(8, 'x')), "I64");
}

TEST(SafetensorsFile, Parse_HeaderThatIsNoObject_IsRefused) {
  for (const char* json : {"[]", "null", "3", "", "{", R"({"a":3})", R"({"a":{"dtype":3}})", "{\"a\":1e999}"}) {
    expect_refused(with_header(json, ""), "");
  }
}

TEST(SafetensorsFile, Parse_DeepNesting_IsRefused) { expect_refused(with_header(std::string(60000, '['), ""), "JSON"); }

TEST(SafetensorsFile, Parse_DataAtAnOddOffset_IsRefused) {
  const std::string json = R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})";
  const std::uint64_t length = json.size();
  ASSERT_NE(length % 8, 0U);
  expect_refused(std::string(reinterpret_cast<const char*>(&length), 8) + json + "12345678", "multiple of 8");
}

TEST(SafetensorsFile, Parse_CutAnywhere_IsRefused) {
  const std::string whole = safetensors_header(masses_of_three()) + std::string(24, 'x');
  for (std::size_t size = 0; size < whole.size(); ++size) expect_refused(whole.substr(0, size), "");
  expect_refused(whole + "x", "cover the data");
}

TEST(SafetensorsFile, Parse_AnyByteOfTheHeaderChanged_IsReadOrRefusedButNeverCrashes) {
  const std::string whole = safetensors_header(masses_of_three()) + std::string(24, 'x');
  Rng rng(3);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size() - 24; ++i) {
    for (int k = 0; k < 8; ++k) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ static_cast<char>(1 + rng.below(255)));
      try {
        EXPECT_LE(parse(changed).data_offset + 24, whole.size());
      } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::kModel) << e.what();
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, whole.size());
}

TEST(MappedTensor, Open_OtherShapeThanExpected_SaysBoth) {
  const TempFolder folder;
  write_file(folder / "m", safetensors_header(masses_of_three()) + std::string(24, 'x'));
  const Error error = error_of([&] { MappedTensor(folder / "m", {"masses", "F64", {4}, 32}); });
  EXPECT_EQ(error.code(), ErrorCode::kModel);
  EXPECT_NE(error.message().find("masses F64 [3]"), std::string::npos) << error.what();
  EXPECT_NE(error.message().find("masses F64 [4]"), std::string::npos) << error.what();
}

}  // namespace
}  // namespace molbridge::bank
