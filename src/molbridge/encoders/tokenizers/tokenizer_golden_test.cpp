// All ids against those of the original packages (tools/goldens/make_tokenizer_goldens.py).
#include <gtest/gtest.h>

#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/tokenizers/test_folder.hpp"
#include "molbridge/encoders/tokenizers/tokenizer.hpp"

namespace molbridge::encoders {
namespace {

const std::string kGoldens = std::string(MOLBRIDGE_SOURCE_DIR) + "/tests/golden/tokenizers";
const std::string kShared = std::string(MOLBRIDGE_SOURCE_DIR) + "/../shared/data";

std::string hashes(const Tokenizer& tokenizer, const std::vector<std::string>& texts, std::size_t group) {
  std::string out;
  for (std::size_t begin = 0; begin < texts.size(); begin += group) {
    std::uint32_t hash = 0x811C9DC5;
    const auto add = [&hash](std::int32_t id) {
      for (int shift = 0; shift < 32; shift += 8)
        hash = (hash ^ ((static_cast<std::uint32_t>(id) >> shift) & 0xFF)) * 0x01000193;
    };
    for (std::size_t i = begin; i < std::min(texts.size(), begin + group); ++i) {
      for (const auto id : tokenizer.encode(texts[i]).ids) add(id);
      add(-1);
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    for (int shift = 28; shift >= 0; shift -= 4) out += kHex[(hash >> shift) & 15];
  }
  return out;
}

// The first group of texts whose ids differ; empty: none.
std::string first_difference(const Tokenizer& tokenizer, const std::vector<std::string>& texts,
                             const std::string& expected, std::size_t group) {
  const auto got = hashes(tokenizer, texts, group);
  if (got.size() != expected.size()) return "the golden is of another set of texts";
  for (std::size_t at = 0; at < got.size(); at += 8) {
    if (got.compare(at, 8, expected, at, 8) == 0) continue;
    std::string message = "texts from " + std::to_string(at / 8 * group) + ":";
    for (std::size_t i = at / 8 * group; i < std::min(texts.size(), (at / 8 + 1) * group); ++i)
      message += "\n  " + Json(texts[i]).dump();
    return message;
  }
  return "";
}

TEST(TokenizerGolden, SmallTokenizers_OwnTexts_IdsOfTheOriginal) {
  const auto golden = read_json_file(kGoldens + "/goldens.json");
  const auto texts = golden["texts"].get<std::vector<std::string>>();
  ASSERT_GT(texts.size(), 400U);
  for (const auto& [name, entry] : golden["small"].items()) {
    const auto tokenizer = Tokenizer::open(kGoldens + "/" + name);
    for (std::size_t i = 0; i < entry["first"].size(); ++i) {
      EXPECT_EQ(tokenizer->encode(texts[i]).ids, entry["first"][i].get<std::vector<std::int32_t>>())
          << name << " on " << texts[i];
    }
    EXPECT_EQ(first_difference(*tokenizer, texts, entry["hashes"], 1), "") << name;
  }
}

TEST(TokenizerGolden, PartsOfThePipeline_OwnTexts_IdsOfTheOriginal) {
  const auto golden = read_json_file(kGoldens + "/goldens.json");
  const auto texts = golden["texts"].get<std::vector<std::string>>();
  const TestFolder folder;
  for (const auto& [name, entry] : golden["parts"].items()) {
    auto root = golden["part_base"];
    root["normalizer"] = entry["normalizer"];
    root["pre_tokenizer"] = entry["pre_tokenizer"];
    folder.write("tokenizer.json", root.dump());
    EXPECT_EQ(first_difference(*Tokenizer::open(folder.path()), texts, entry["hashes"], 4), "") << name;
  }
}

std::vector<std::string> shared_texts(const Json& lines) {
  std::vector<std::string> texts;
  for (const auto& rule : lines) {
    const auto source = LineSource::open(kShared + "/" + rule[0].get<std::string>());
    const auto column = rule[1].get<std::size_t>();
    const auto step = rule[3].get<std::size_t>();
    std::string line;
    source->next_line(line);  // the header
    const std::size_t end = step * rule[4].get<std::size_t>();
    for (std::size_t number = 0; number < end && source->next_line(line); ++number) {
      if (number % step == 0) texts.emplace_back(split(line, '\t').at(column));
    }
  }
  return texts;
}

TEST(TokenizerGolden, RealFiles_MoreThanTenThousandTexts_IdsOfTheOriginal) {
  if (!folder_exists(kShared)) GTEST_SKIP() << "no " << kShared;
  auto texts = read_json_file(kGoldens + "/goldens.json")["texts"].get<std::vector<std::string>>();
  const auto golden = read_json_file(kGoldens + "/real.json");
  for (auto& text : shared_texts(golden["lines"])) texts.push_back(std::move(text));
  ASSERT_EQ(texts.size(), golden["texts"].get<std::size_t>());
  for (const auto& [name, entry] : golden["tokenizers"].items()) {
    TokenizerOptions options;
    options.behaviour = entry["behaviour"];
    const auto tokenizer = Tokenizer::open(kShared + "/" + entry["folder"].get<std::string>(), options);
    EXPECT_EQ(first_difference(*tokenizer, texts, entry["hashes"], golden["group"].get<std::size_t>()), "") << name;
  }
}

}  // namespace
}  // namespace molbridge::encoders
