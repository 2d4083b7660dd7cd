#include "molbridge/service/query_items.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "molbridge/core/error.hpp"

namespace molbridge::service {
namespace {

using testing::HasSubstr;

class QueryItemsTest : public testing::Test {
 protected:
  QueryItemsTest() : path_(testing::TempDir() + "/query_items.txt") {}
  ~QueryItemsTest() override { std::filesystem::remove(path_); }

  std::vector<QueryItem> read(const std::string& text, const std::string& column = "") {
    std::ofstream(path_, std::ios::binary) << text;
    return read_text_items(path_, column);
  }

  std::string path_;
};

TEST_F(QueryItemsTest, Lines_AreTextsOrIdsWithTexts) {
  const auto items = read("EGFR inhibitor\n\nq7\tan opioid, strong\n");
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0].content, "EGFR inhibitor");
  EXPECT_EQ(items[0].id, "1");
  EXPECT_EQ(items[1].content, "") << "an empty line is a query that can be skipped with its reason";
  EXPECT_EQ(items[2].id, "q7");
  EXPECT_EQ(items[2].content, "an opioid, strong");
}

TEST_F(QueryItemsTest, Tables_GiveTheirTextColumn) {
  const auto items = read("id\tsmiles\tquery_text\nr1\tCCO\tan alcohol\nr2\tC\n");
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].id, "r1");
  EXPECT_EQ(items[0].content, "an alcohol");
  EXPECT_EQ(items[0].line, 2U);
  EXPECT_THAT(items[1].failure, HasSubstr("no text column"));
  EXPECT_EQ(read("id\tsmiles\tquery_text\nr1\tCCO\tan alcohol\n", "smiles").at(0).content, "CCO");
}

TEST_F(QueryItemsTest, AColumnThatIsNotThere_IsAnErrorWithThoseThatAre) {
  try {
    read("id\ttext\n1\ta\n", "caption");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
    EXPECT_THAT(error.what(), HasSubstr("id, text"));
  }
}

}  // namespace
}  // namespace molbridge::service
