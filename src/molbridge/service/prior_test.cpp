#include "molbridge/service/prior.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "molbridge/core/error.hpp"
#include "molbridge/retrieve/test_bank.hpp"

namespace molbridge::service {
namespace {

class PriorTest : public testing::Test {
 protected:
  retrieve::TestBank bank_{{{"C8H10N4O2", "CAFFEINEAAAAAA", {1, 0}}, {"C6H12O6", "GLUCOSEAAAAAAA", {0, 1}}}};

  std::string write(const std::string& text) const {
    const std::string path = bank_.root() + "/prior.tsv";
    std::ofstream(path) << text;
    return path;
  }
};

TEST_F(PriorTest, Values_StandByRowOfTheBankAndTheLargestCounts) {
  const auto file = write("papers\tinchikey14\n7\tCAFFEINEAAAAAA\n3\tCAFFEINEAAAAAA\n5\tUNKNOWNAAAAAAA\n");
  const Prior prior = read_prior(file, "papers", 0.5, *bank_);
  const std::uint64_t caffeine = (*bank_).rows_of_inchikey14("CAFFEINEAAAAAA").at(0);
  const std::uint64_t glucose = (*bank_).rows_of_inchikey14("GLUCOSEAAAAAAA").at(0);
  EXPECT_EQ(prior.value(caffeine), 7);
  EXPECT_DOUBLE_EQ(prior.bonus(caffeine), 0.5 * std::log(8));
  EXPECT_FALSE(prior.value(glucose).has_value());
  EXPECT_EQ(prior.bonus(glucose), 0);
  EXPECT_EQ(prior.molecules, 3U);
  EXPECT_EQ(prior.of_row.size(), 1U);
}

TEST_F(PriorTest, Table_ThatCannotBeTrusted_IsRefusedWithTheLine) {
  for (const char* value : {"-1", "many", "nan", ""}) {
    try {
      read_prior(write("inchikey14\tpapers\nCAFFEINEAAAAAA\t" + std::string(value) + "\n"), "papers", 1, *bank_);
      FAIL() << value;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      EXPECT_THAT(e.what(), testing::HasSubstr("prior.tsv:2"));
    }
  }
  EXPECT_THROW(read_prior(write("inchikey14\tpapers\nA\t1\t2\n"), "papers", 1, *bank_), Error);
  EXPECT_THROW(read_prior(write("inchikey14\tother\nA\t1\n"), "papers", 1, *bank_), Error);
  EXPECT_THROW(read_prior(write("inchikey14\tpapers\n"), "papers", INFINITY, *bank_), Error);
}

}  // namespace
}  // namespace molbridge::service
