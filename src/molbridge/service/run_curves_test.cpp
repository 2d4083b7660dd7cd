#include "molbridge/service/run_curves.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "molbridge/core/error.hpp"
#include "molbridge/service/result_table.hpp"

namespace molbridge::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RunFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/run_curves_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
  }
  std::string message_of(const std::string& file) {
    try {
      read_curve_table(folder_ + "/" + file);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  std::string folder_;
};

TEST_F(RunFolder, RowCutOff_IsLeftOut) {
  write("metrics.tsv", "step\tepoch\tloss\n50\t0.1\t2.5\n100\t0.2\t2.25\n150\t0.3\t2.");
  const CurveTable table = read_curve_table(folder_ + "/metrics.tsv");
  EXPECT_THAT(*table.find("step"), ElementsAre(50, 100));
  EXPECT_THAT(*table.find("loss"), ElementsAre(2.5, 2.25));
}

TEST_F(RunFolder, HeaderCutOff_IsAnEmptyTable) {
  write("metrics.tsv", "step\tepo");
  EXPECT_TRUE(read_curve_table(folder_ + "/metrics.tsv").columns.empty());
  write("empty.tsv", "");
  EXPECT_TRUE(read_curve_table(folder_ + "/empty.tsv").columns.empty());
}

TEST_F(RunFolder, EmptyCellAndNan_AreNan) {
  write("metrics.tsv", "step\tloss\tnorm\r\n1\t\tnan\r\n");
  const CurveTable table = read_curve_table(folder_ + "/metrics.tsv");
  EXPECT_TRUE(std::isnan(table.find("loss")->front()));
  EXPECT_TRUE(std::isnan(table.find("norm")->front()));
}

TEST_F(RunFolder, DamageInTheMiddle_IsNamedWithItsLine) {
  write("cells.tsv", "step\tloss\n1\t2\n2\n3\t4\n");
  EXPECT_THAT(message_of("cells.tsv"), HasSubstr("cells.tsv:3:"));
  write("text.tsv", "step\tloss\n1\tx\n");
  EXPECT_THAT(message_of("text.tsv"), HasSubstr("\"x\" is no number"));
  write("other.tsv", "a\tb\n1\t2\n");
  EXPECT_THAT(message_of("other.tsv"), HasSubstr("no column \"step\""));
}

TEST_F(RunFolder, Metric_IsFoundInTrainingThenInValidation) {
  write("metrics.tsv", "step\tepoch\tloss\n10\t1\t3\n");
  write("validation.tsv", "step\tepoch\tloss\tmrr\n20\t2\t4\t0.5\n");
  const RunCurves run = read_runs({folder_}, {}).front();
  EXPECT_THAT(run.metrics(), ElementsAre("loss", "validation.loss", "validation.mrr"));
  EXPECT_THAT(run.curve("loss", "step")->y, ElementsAre(3));
  EXPECT_THAT(run.curve("validation.loss", "epoch")->x, ElementsAre(2));
  EXPECT_THAT(run.curve("mrr", "step")->y, ElementsAre(0.5));
  EXPECT_FALSE(run.curve("recall", "step"));
  EXPECT_FALSE(run.curve("validation.recall", "step"));
  EXPECT_FALSE(run.curve("epoch", "step"));
  EXPECT_THROW(run.curve("loss", "seconds"), Error);
}

TEST_F(RunFolder, NoRun_IsAnError) { EXPECT_THROW(read_runs({folder_}, {}), Error); }

TEST_F(RunFolder, Labels_AreTheShortestDistinctEnds) {
  for (const char* name : {"a/seed1", "b/seed1"}) {
    std::filesystem::create_directories(folder_ + "/" + name);
    write(std::string(name) + "/metrics.tsv", "step\tloss\n");
  }
  const auto runs = read_runs({folder_ + "/a/seed1/", folder_ + "/b/seed1"}, {});
  EXPECT_EQ(runs[0].label, "a/seed1");
  EXPECT_EQ(runs[1].label, "b/seed1");
  EXPECT_EQ(read_runs({folder_ + "/a/seed1"}, {}).front().label, "seed1");
  EXPECT_THROW(read_runs({folder_ + "/a/seed1"}, {"one", "two"}), Error);
}

TEST(ResultTable, Cells_AreRoundedAndMissingOnesEmpty) {
  const Table table{{"a", "b", "c", "d"},
                    {{std::string("x\ty"), 1.0 / 3, std::uint64_t{7}, Cell{}}, {Cell{}, std::nan(""), 2e-9, 1e12}}};
  EXPECT_EQ(to_tsv(table), "a\tb\tc\td\nx y\t0.333333\t7\t\n\t\t2e-09\t1e+12\n");
}

TEST(ResultTable, Json_HasFactsThenTables) {
  Analysis analysis;
  analysis.kind = "test";
  analysis.facts = {{"seed", std::uint64_t{3}}};
  analysis.tables = {{"rows", Table{{"a", "b"}, {{0.5, std::nan("")}}}}};
  const std::string json = to_json(analysis);
  EXPECT_THAT(json, HasSubstr("\"seed\": 3"));
  EXPECT_THAT(json, HasSubstr("\"a\": 0.5"));
  EXPECT_THAT(json, HasSubstr("\"b\": null"));
}

}  // namespace
}  // namespace molbridge::service
