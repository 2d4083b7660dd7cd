#include "molbridge/core/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge {
namespace {

using testing::HasSubstr;

std::string put(const std::string& text) {
  const std::string path = testing::TempDir() + "molbridge_json_test_" + std::to_string(::getpid()) + ".json";
  write_file_atomically(path, text);
  return path;
}

std::string message_of(const std::string& text) {
  try {
    read_json_file(put(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
    return error.what();
  }
  ADD_FAILURE() << "no error for " << text;
  return "";
}

TEST(JsonTest, Object_WrittenAndRead_KeepsOrderAndValues) {
  const std::string path = put("");
  Json value;
  value["z"] = 1;
  value["a"] = {1.5, "é\t", nullptr};
  write_json_file(path, value);
  EXPECT_EQ(read_json_file(path), value);
  EXPECT_LT(read_text_file(path).find("\"z\""), read_text_file(path).find("\"a\""));
}

TEST(JsonTest, InvalidUtf8_InAValue_IsReplacedWhenWritten) {
  const std::string path = put("");
  write_json_file(path, Json{{"name", "caf\xe9"}});
  EXPECT_EQ(read_json_file(path)["name"], "caf\xef\xbf\xbd");
}

TEST(JsonTest, BrokenFiles_AreInputErrorsWithFileAndByte) {
  EXPECT_THAT(message_of("{\"a\": 1"), HasSubstr(".json at byte 8"));
  message_of("");
  message_of("{\"a\": 1} x");
  message_of("\"\xff\"");
  message_of("[1e999]");
}

TEST(JsonTest, DeepNesting_IsReadOrRefusedWithoutACrash) {
  const std::string deep(200'000, '[');
  message_of(deep);
  EXPECT_NO_THROW(read_json_file(put(deep + std::string(200'000, ']'))));
}

}  // namespace
}  // namespace molbridge
