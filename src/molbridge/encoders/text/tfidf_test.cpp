#include "molbridge/encoders/text/tfidf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::encoders {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using Texts = std::vector<std::string>;

std::vector<std::string> names(const TfidfEncoder& encoder) {
  std::vector<std::string> out;
  for (const TfidfTerm& term : encoder.terms()) out.push_back(term.term);
  return out;
}

TEST(TfidfGolden, TermsCountsAndRows_AreThoseOfScikitLearn) {
  const Json golden = read_json_file(MOLBRIDGE_SOURCE_DIR "/tests/golden/tfidf/expected.json");
  const auto fit = golden["fit"].get<Texts>(), queries = golden["queries"].get<Texts>();
  for (const auto& [name, expected] : golden["cases"].items()) {
    const TfidfEncoder encoder = fit_tfidf(fit, {.max_words = expected["max_words"].get<int>()});
    ASSERT_EQ(names(encoder), expected["terms"].get<Texts>()) << name;
    for (std::size_t i = 0; i < encoder.width(); ++i)
      EXPECT_EQ(encoder.terms()[i].documents, expected["documents"][i].get<std::uint64_t>()) << encoder.terms()[i].term;
    std::vector<float> rows(queries.size() * encoder.width());
    const auto states = encoder.encode(queries, 2, rows);
    for (std::size_t q = 0; q < queries.size(); ++q) {
      std::vector<float> wanted(encoder.width(), 0.0F);
      for (const Json& entry : expected["rows"][q]) wanted[entry[0].get<std::size_t>()] = entry[1].get<float>();
      EXPECT_EQ(states[q].ok(), !expected["rows"][q].empty()) << queries[q];
      for (std::size_t i = 0; i < wanted.size(); ++i)
        ASSERT_NEAR(rows[q * encoder.width() + i], wanted[i], 1e-6F) << queries[q] << " / " << encoder.terms()[i].term;
    }
  }
}

TEST(TfidfFit, Limit_KeepsTermsOfMostTexts_ThenThoseFirstInTheAlphabet) {
  const Texts texts = {"bb cc", "bb dd", "cc aa", "zz zz zz zz"};
  EXPECT_THAT(names(fit_tfidf(texts, {.max_terms = 3, .max_words = 1})), ElementsAre("aa", "bb", "cc"));
  EXPECT_THAT(names(fit_tfidf(texts, {.max_terms = 1, .max_words = 1})), ElementsAre("bb"));
  EXPECT_THAT(names(fit_tfidf(texts, {.min_documents = 2, .max_words = 2})), ElementsAre("bb", "cc"));
}

TEST(TfidfFit, NoTerm_IsAnInputError) {
  try {
    fit_tfidf(Texts{"a b", "-"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
  }
}

TEST(TfidfEncode, TextWithoutAKnownWord_HasAReasonAndZeros) {
  const TfidfEncoder encoder = fit_tfidf(Texts{"kinase inhibitor", "opioid agonist"});
  std::vector<float> rows(3 * encoder.width(), 7.0F);
  const auto states = encoder.encode(Texts{"", "nothing", "a kinase\xff"}, 1, rows);
  EXPECT_EQ(states[0].reason, "an empty text");
  EXPECT_EQ(states[1].reason, "no word of the text is in the vocabulary");
  EXPECT_TRUE(states[2].ok());
  EXPECT_THAT(std::vector<float>(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(2 * encoder.width())),
              testing::Each(0.0F));
}

class TfidfFile : public testing::Test {
 protected:
  TfidfFile() : path_((fs::temp_directory_path() / ("molbridge_tfidf_" + std::to_string(::getpid()))).string()) {}
  ~TfidfFile() override { fs::remove(path_); }
  void put(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string refusal() const {
    try {
      TfidfEncoder::read(path_);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kModel) << error.what();
      return error.what();
    }
    return "";
  }
  std::string path_;
};

TEST_F(TfidfFile, WrittenAndRead_IsTheSameEncoder) {
  const TfidfEncoder made = fit_tfidf(Texts{"the α kinase", "the kinase inhibitor", "ünlü"});
  made.write(path_);
  const auto read = make_item_encoder(Modality::kText, "tfidf:" + path_);
  EXPECT_EQ(read->digest(), made.digest());
  EXPECT_EQ(read->name(), "tfidf:" + fs::weakly_canonical(path_).string());
  std::vector<float> a(made.width()), b(made.width());
  made.encode(Texts{"an α kinase inhibitor"}, 1, a);
  read->encode(Texts{"an α kinase inhibitor"}, 1, b);
  EXPECT_EQ(a, b);
  EXPECT_NE(fit_tfidf(Texts{"the α kinase", "the kinase"}).digest(), made.digest());
}

TEST_F(TfidfFile, CutAtAnyByteOrWithAFlippedOne_IsRefused) {
  fit_tfidf(Texts{"the α kinase", "the kinase inhibitor"}).write(path_);
  const std::string whole = read_text_file(path_);
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {  // the last byte is the end of the last line
    put(whole.substr(0, size));
    ASSERT_NE(refusal(), "") << size;
  }
  for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    put(flipped);
    ASSERT_NE(refusal(), "") << i;
  }
}

TEST_F(TfidfFile, WhatCannotBe_IsToldWithItsLine) {
  const auto file = [](const std::string& body) { return body + "sha256\t" + sha256(body) + "\n"; };
  const std::string head = "molbridge tfidf 1\ndocuments\t3\nwords\t2\nterms\t2\n";
  put(file(head + "aa\t1\nbb\t3\n"));
  EXPECT_EQ(refusal(), "");
  put(file(head + "bb\t1\naa\t3\n"));
  EXPECT_THAT(refusal(), testing::HasSubstr(":6: the terms are not in order"));
  put(file(head + "aa\t1\naa\t3\n"));
  EXPECT_THAT(refusal(), testing::HasSubstr("not in order"));
  put(file(head + "aa\t1\nbb\t4\n"));
  EXPECT_THAT(refusal(), testing::HasSubstr("between 1 and 3"));
  put(file("molbridge tfidf 1\ndocuments\t3\nwords\t2\nterms\t9999999999\naa\t1\n"));
  EXPECT_THAT(refusal(), testing::HasSubstr("between 1 and"));
  put("molbridge tfidf 2\n");
  EXPECT_THAT(refusal(), testing::HasSubstr("version 1"));
  fs::remove(path_);
  EXPECT_THAT(refusal(), testing::HasSubstr("no such file"));
}

}  // namespace
}  // namespace molbridge::encoders
