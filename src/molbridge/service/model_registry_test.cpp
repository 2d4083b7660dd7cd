#include "molbridge/service/model_registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge::service {
namespace {

using ::testing::HasSubstr;

const std::string kGood = R"(format = 1
[small-model]
kind = "bert"
licence = "MIT"
import = "molbridge model import {folder} -o {folder}/model"

[[small-model.files]]
name = "config.json"
url = "https://example.org/config.json"

[[small-model.files]]
name = "1_Pooling/weights.bin"
url = "https://example.org/w?download=1"
size = 12
sha256 = "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"
)";

std::string replaced(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string reason_of(const std::string& text) {
  try {
    ModelRegistry::parse(text, "r.toml");
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kModel);
    return e.what();
  }
  return "no error";
}

TEST(ModelRegistry, Entry_IsReadWhole) {
  const ModelRegistry registry = ModelRegistry::parse(kGood, "r.toml");
  const RegistryEntry& entry = registry.find("small-model");
  ASSERT_EQ(entry.files.size(), 2u);
  EXPECT_FALSE(entry.files[0].size);
  EXPECT_FALSE(entry.files[0].sha256);
  EXPECT_EQ(entry.files[1].size, 12u);
  EXPECT_EQ(entry.files[1].sha256->substr(0, 16), "0123456789abcdef");
  EXPECT_FALSE(entry.is_size_known());
  EXPECT_EQ(entry.known_size(), 12u);
  EXPECT_EQ(entry.import_command("/m"), "molbridge model import /m -o /m/model");
}

TEST(ModelRegistry, NamesThatLeaveTheFolder_AreRefused) {
  for (const char* name : {"../x", "/etc/passwd", "a/../b", "a//b", ".hidden", "a/.lock", "pulled.toml", "x.part",
                           "x.part.toml", "", "a\\\\b", "a b", "C:x"}) {
    EXPECT_THAT(reason_of(replaced("config.json", name)), HasSubstr("no allowed name")) << name;
  }
}

TEST(ModelRegistry, FieldsThatAreWrong_AreNamed) {
  EXPECT_THAT(reason_of(replaced("format = 1", "format = 2")), HasSubstr("format 2"));
  EXPECT_THAT(reason_of(replaced("https://example.org/config.json", "file:///etc/passwd")),
              HasSubstr("no http or https"));
  EXPECT_THAT(reason_of(replaced("https://example.org/config.json", "https://u:p@example.org/")),
              HasSubstr("user name"));
  EXPECT_THAT(reason_of(replaced("size = 12", "size = -12")), HasSubstr("-12 bytes"));
  EXPECT_THAT(reason_of(replaced("0123456789ABCDEF", "01234")), HasSubstr("64 hexadecimal"));
  EXPECT_THAT(reason_of(replaced("1_Pooling/weights.bin", "config.json")), HasSubstr("two files named"));
  EXPECT_THAT(reason_of(replaced("sha256 =", "sha265 =")), HasSubstr("did you mean small-model.files[1].sha256"));
  EXPECT_THAT(reason_of(replaced("licence", "license")), HasSubstr("small-model.licence"));
  EXPECT_THAT(reason_of("format = 1\n[x]\nkind = 'bert'\n"), HasSubstr("has no [[x.files]]"));
  EXPECT_THAT(reason_of("format = 1\n['a.b']\nkind = 'bert'\n"), HasSubstr("a.kind"));
  EXPECT_THAT(reason_of("format = 1\n[Upper]\nkind = 'bert'\n"), HasSubstr("small letters"));
}

TEST(ModelRegistry, EveryCut_ReadsOrThrowsOurError) {
  for (std::size_t length = 0; length < kGood.size(); ++length) {
    try {
      ModelRegistry::parse(kGood.substr(0, length), "r.toml");
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel) << length;
    }
  }
}

TEST(ModelRegistry, UnknownName_GetsTheNearest) {
  const ModelRegistry registry = ModelRegistry::parse(kGood, "r.toml");
  for (const char* name : {"smal-model", "model", "SMALL"}) {
    try {
      registry.find(name);
      FAIL() << name;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel);
      EXPECT_THAT(e.what(), HasSubstr("did you mean small-model?")) << name;
    }
  }
}

TEST(ModelRegistry, ShippedOne_HoldsThePublishedModels) {
  const std::string path = std::string(MOLBRIDGE_SOURCE_DIR) + "/" + kShippedRegistry;
  const ModelRegistry registry = ModelRegistry::parse(read_text_file(path), path);
  std::set<std::string> kinds;
  for (const RegistryEntry& entry : registry.entries()) {
    kinds.insert(entry.kind);
    EXPECT_FALSE(entry.description.empty()) << entry.name;
    EXPECT_THAT(entry.import, HasSubstr("molbridge model import {folder}")) << entry.name;
    for (const RegistryFile& file : entry.files) EXPECT_TRUE(file.url.starts_with("https://")) << file.url;
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"bert", "dreams", "esm", "roberta", "specbridge"}));
  EXPECT_EQ(registry.find("dreams-embedding").known_size(), 1241290418u);
}

}  // namespace
}  // namespace molbridge::service
