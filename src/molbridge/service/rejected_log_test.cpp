#include "molbridge/service/rejected_log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "molbridge/core/files.hpp"

namespace molbridge::service {
namespace {

class RejectedLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "rejected_log_" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(bank());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string bank() const { return folder_ + "/bank"; }
  std::string working_file() const { return bank() + ".rejected.tsv"; }
  static chem::MoleculeRow row(std::uint64_t line, const std::string& smiles) {
    chem::MoleculeRow made;
    made.line = line;
    made.smiles = smiles;
    return made;
  }

  std::string folder_;
};

TEST_F(RejectedLogTest, MoveIntoBank_Empty_LeavesNothing) {
  RejectedLog log(bank());
  ASSERT_TRUE(log.open(0));
  EXPECT_EQ(log.move_into_bank(), "");
  EXPECT_FALSE(file_exists(working_file()));
  EXPECT_FALSE(file_exists(bank() + "/rejected.tsv"));
}

TEST_F(RejectedLogTest, MoveIntoBank_WritesOneLinePerRow) {
  RejectedLog log(bank());
  ASSERT_TRUE(log.open(0));
  log.add("a.tsv", row(3, "C1\tCC\n"), "unclosed ring");
  EXPECT_EQ(log.move_into_bank(), bank() + "/rejected.tsv");
  EXPECT_EQ(read_text_file(bank() + "/rejected.tsv"), "file\tline\treason\ttext\na.tsv\t3\tunclosed ring\tC1 CC \n");
}

TEST_F(RejectedLogTest, Open_DropsRowsAfterTheCheckpoint) {
  {
    RejectedLog log(bank());
    ASSERT_TRUE(log.open(0));
    log.add("a", row(1, "x"), "first");
    log.add("a", row(2, "y"), "second");
    log.sync();
  }
  std::ofstream(working_file(), std::ios::app) << "a\t3\tcut off in the mid";
  RejectedLog log(bank());
  ASSERT_TRUE(log.open(1));
  log.add("a", row(9, "z"), "later");
  log.move_into_bank();
  EXPECT_EQ(read_text_file(bank() + "/rejected.tsv"), "file\tline\treason\ttext\na\t1\tfirst\tx\na\t9\tlater\tz\n");
}

TEST_F(RejectedLogTest, Open_FewerRowsThanTheCheckpointCounts_IsRefused) {
  EXPECT_FALSE(RejectedLog(bank()).open(1)) << "no file";
  std::ofstream(working_file()) << "file\tline\treason\ttext\na\t1\twhole\tx\na\t2\tno end";
  EXPECT_TRUE(RejectedLog(bank()).open(1));
  std::ofstream(working_file()) << "file\tline\treason\ttext\na\t1\twhole\tx\na\t2\tno end";
  EXPECT_FALSE(RejectedLog(bank()).open(2));
  std::ofstream(working_file()) << "something\telse\na\t1\twhole\tx\n";
  EXPECT_FALSE(RejectedLog(bank()).open(1));
}

}  // namespace
}  // namespace molbridge::service
