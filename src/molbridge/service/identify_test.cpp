#include "molbridge/service/identify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/retrieve/test_bank.hpp"

namespace molbridge::service {
namespace {

using retrieve::FixedModel;
using retrieve::TestBank;
using testing::ElementsAre;
using testing::HasSubstr;

/// Caffeine and an isomer at 194.0804, glucose at 180.0634, choline as a cation.
class IdentifyTest : public testing::Test {
 protected:
  TestBank bank_{{{"C8H10N4O2", "CAFFEINEAAAAAA", {1, 0}, "caffeine"},
                  {"C8H10N4O2", "ISOMERAAAAAAAA", {0.5F, 1}, "isomer"},
                  {"C6H12O6", "GLUCOSEAAAAAAA", {0, 1}, "glucose"},
                  {"C5H14NO+", "CHOLINEAAAAAAA", {1, 1}, "choline"}}};
  Engine engine_{std::make_shared<FixedModel>(std::vector<float>{1, 0}), bank_.shared()};
  IdentifyOptions options_;

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = bank_.root() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  static std::string ions(const std::string& title, const std::string& keys) {
    return "BEGIN IONS\nTITLE=" + title + "\n" + keys + "100.0 10\n110.0 5\n120.0 3\nEND IONS\n";
  }

  IdentifyReport run(const std::vector<std::string>& inputs, const std::string& output = "out.tsv") {
    options_.inputs = inputs;
    options_.output = bank_.root() + "/" + output;
    return identify(engine_, options_, no_progress());
  }

  std::vector<std::vector<std::string>> rows(const std::string& name = "out.tsv") const {
    std::vector<std::vector<std::string>> table;
    const std::string text = read_text_file(bank_.root() + "/" + name);
    for (const auto line : split(trim(text), '\n')) {
      table.emplace_back();
      for (const auto cell : split(line, '\t')) table.back().emplace_back(cell);
    }
    table.erase(table.begin());
    return table;
  }
};

constexpr std::size_t kAdduct = 3, kStatus = 4, kRank = 5, kKey = 8, kError = 12, kNumCandidates = 19, kReason = 20;

TEST_F(IdentifyTest, Spectra_OfEveryFate_HaveTheirRowsInOrder) {
  const auto input = write("in.mgf", ions("caffeine", "PEPMASS=195.0877\nADDUCT=[M+H]+\n") +
                                         ions("far", "PEPMASS=777.7\nADDUCT=[M+H]+\n") + ions("none", "") +
                                         ions("huge", "PEPMASS=1e7\nADDUCT=[M+H]+\n"));
  const IdentifyReport report = run({input});
  EXPECT_EQ(report.read, 4U);
  EXPECT_EQ(report.ranked, 1U);
  EXPECT_EQ(report.no_candidates, 1U);
  EXPECT_EQ(report.skipped, 2U);
  EXPECT_FALSE(report.complete());
  const auto table = rows();
  ASSERT_EQ(table.size(), 5U);
  for (const auto& row : table) ASSERT_EQ(row.size(), 21U);
  EXPECT_EQ(table[0][kKey], "CAFFEINEAAAAAA");
  EXPECT_EQ(table[0][kRank], "1");
  EXPECT_EQ(table[0][kError], "0.25");
  EXPECT_EQ(table[1][kKey], "ISOMERAAAAAAAA");
  EXPECT_EQ(table[1][kNumCandidates], "2");
  EXPECT_EQ(table[2][kStatus], "no_candidates");
  EXPECT_EQ(table[2][kNumCandidates], "0");
  EXPECT_THAT(table[2][kReason], HasSubstr("within 10 ppm as [M+H]+"));
  EXPECT_EQ(table[3][kStatus], "skipped");
  EXPECT_THAT(table[3][kReason], HasSubstr("no precursor m/z"));
  EXPECT_EQ(table[4][kStatus], "skipped");
  EXPECT_EQ(report.skip_reasons.size(), 2U);
}

TEST_F(IdentifyTest, MissingAdduct_GivesOneListThatNamesTheAdducts) {
  const auto input = write("in.mgf", ions("caffeine or glucose", "PEPMASS=197.0\nIONMODE=positive\n"));
  options_.ppm = 1e4;  // wide enough for caffeine as [M+H]+ and glucose as [M+NH4]+
  run({input});
  const auto table = rows();
  ASSERT_GE(table.size(), 3U);
  EXPECT_THAT(table[0][kReason], HasSubstr("adduct assumed"));
  std::set<std::string> adducts;
  for (const auto& row : table) adducts.insert(row[kAdduct]);
  EXPECT_THAT(adducts, testing::ElementsAre("[M+H]+", "[M+NH4]+"));
  EXPECT_EQ(table[0][kNumCandidates], "3");
}

TEST_F(IdentifyTest, PermanentIon_HasNoMassError) {
  const auto input = write("in.mgf", ions("choline", "PEPMASS=104.106990\nADDUCT=[M]+\n"));
  options_.ppm = 1;
  run({input});
  const auto table = rows();
  ASSERT_EQ(table.size(), 1U);
  EXPECT_EQ(table[0][kKey], "CHOLINEAAAAAAA");
  EXPECT_NEAR(*parse_double(table[0][kError]), 0.0, 0.02);
}

TEST_F(IdentifyTest, Formula_TakesExactlyItsMolecules) {
  const auto input =
      write("in.mgf", ions("no precursor", "ADDUCT=[M+H]+\n") + ions("other mass", "PEPMASS=300\nADDUCT=[M+H]+\n"));
  options_.formula = "C6H12O6";
  const IdentifyReport report = run({input});
  EXPECT_EQ(report.ranked, 2U);
  const auto table = rows();
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(table[0][kKey], "GLUCOSEAAAAAAA");
  EXPECT_EQ(table[0][kError], "");
  EXPECT_THAT(table[0][kReason], HasSubstr("derived"));
  EXPECT_THAT(table[1][kReason], HasSubstr("ppm off"));
  EXPECT_EQ(report.notes.size(), 2U);
}

TEST_F(IdentifyTest, TopK_CutsTheRowsNotTheCount) {
  const auto input = write("in.mgf", ions("caffeine", "PEPMASS=195.0877\nADDUCT=[M+H]+\n"));
  options_.top_k = 1;
  run({input});
  const auto table = rows();
  ASSERT_EQ(table.size(), 1U);
  EXPECT_EQ(table[0][kNumCandidates], "2");
}

TEST_F(IdentifyTest, Results_DoNotDependOnThreadsOrBatches) {
  std::string many;
  for (int i = 0; i < 700; ++i) {
    many += ions("s" + std::to_string(i), i % 7 == 0 ? "" : "PEPMASS=" + std::to_string(100 + i % 150) + ".0877\n");
  }
  const auto input = write("many.mgf", many);
  options_.ppm = 5000;
  run({input}, "one.tsv");
  options_.threads = 4;
  const IdentifyReport report = run({input}, "four.tsv");
  EXPECT_EQ(read_text_file(bank_.root() + "/one.tsv"), read_text_file(bank_.root() + "/four.tsv"));
  EXPECT_EQ(report.read, 700U);
  EXPECT_EQ(report.read, report.ranked + report.no_candidates + report.skipped);
  EXPECT_EQ(report.first.size(), IdentifyReport::kMaxFirst);
}

TEST_F(IdentifyTest, RunRecord_StandsBesideTheTable) {
  const auto input = write("in.mgf", ions("caffeine", "PEPMASS=195.0877\nADDUCT=[M+H]+\n"));
  run({input});
  const Json record = read_json_file(bank_.root() + "/out.tsv.run.json");
  EXPECT_EQ(record["model"]["digest"], engine_.model->digest());
  EXPECT_EQ(record["bank"]["digest"], bank_.shared()->manifest().digest);
  EXPECT_EQ(record["options"]["tolerance"], "10 ppm");
  EXPECT_EQ(record["totals"]["ranked"], 1);
}

TEST_F(IdentifyTest, Json_HoldsTheSameAndNeedsNoRecordBesideIt) {
  const auto input = write("in.mgf", ions("caffeine", "PEPMASS=195.0877\nADDUCT=[M+H]+\n"));
  options_.format = ResultFormat::kJson;
  run({input}, "out.json");
  const Json json = read_json_file(bank_.root() + "/out.json");
  EXPECT_EQ(json["queries"][0]["candidates"][0]["inchikey14"], "CAFFEINEAAAAAA");
  EXPECT_EQ(json["totals"]["read"], 1);
  EXPECT_FALSE(file_exists(bank_.root() + "/out.json.run.json"));
}

TEST_F(IdentifyTest, MissingInput_AmongOthersIsListedAndAloneThrows) {
  const auto input = write("in.mgf", ions("caffeine", "PEPMASS=195.0877\nADDUCT=[M+H]+\n"));
  const IdentifyReport report = run({bank_.root() + "/absent.mgf", input});
  EXPECT_EQ(report.failed_inputs.size(), 1U);
  EXPECT_EQ(report.ranked, 1U);
  EXPECT_FALSE(report.complete());
  std::filesystem::remove(bank_.root() + "/out.tsv");
  try {
    run({bank_.root() + "/absent.mgf"});
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
  }
  EXPECT_FALSE(file_exists(bank_.root() + "/out.tsv"));
}

TEST_F(IdentifyTest, TruncatedInput_KeepsWhatCameBeforeAndIsNotComplete) {
  std::string text =
      ions("caffeine", "PEPMASS=195.0877\nADDUCT=[M+H]+\n") + ions("cut", "PEPMASS=195.0877\nADDUCT=[M+H]+\n");
  text.resize(text.size() - 12);
  const IdentifyReport report = run({write("cut.mgf", text)});
  EXPECT_EQ(report.read, 2U);
  EXPECT_GE(report.ranked, 1U);
  EXPECT_FALSE(report.complete());
}

TEST_F(IdentifyTest, BadOptions_AreUsageErrors) {
  const auto input = write("in.mgf", ions("caffeine", "PEPMASS=195.0877\nADDUCT=[M+H]+\n"));
  const auto expect_usage = [&](auto change) {
    options_ = {};
    change(options_);
    try {
      run({input});
      FAIL() << "accepted";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kUsage) << e.what();
    }
  };
  expect_usage([](auto& o) { o.formula = "Xx2"; });
  expect_usage([](auto& o) { o.adduct = "[M+Quux]+"; });
  expect_usage([](auto& o) { o.ion_mode = "sideways"; });
  expect_usage([](auto& o) { o.ppm = -1; });
  expect_usage([](auto& o) { o.top_k = 0; });
  expect_usage([](auto& o) { o.from = "word"; });
}

TEST_F(IdentifyTest, Output_InAFolderThatCannotBeWritten_IsAnOutputError) {
  options_.inputs = {write("in.mgf", ions("caffeine", "PEPMASS=195.0877\nADDUCT=[M+H]+\n"))};
  options_.output = "/proc/nowhere/out.tsv";
  try {
    identify(engine_, options_, no_progress());
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kOutput) << e.what();
  }
}

}  // namespace
}  // namespace molbridge::service
