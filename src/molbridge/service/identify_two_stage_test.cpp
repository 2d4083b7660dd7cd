#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>

#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/retrieve/test_bank.hpp"
#include "molbridge/service/identify.hpp"
#include "molbridge/service/test_reranker.hpp"

namespace molbridge::service {
namespace {

using retrieve::FixedModel;
using testing::HasSubstr;

using Row = std::map<std::string, std::string>;

/// Three isomers that the first stage likes in this order and the second in the other; glucose is alone.
class TwoStageIdentifyTest : public testing::Test {
 protected:
  retrieve::TestBank bank_{{{"C8H10N4O2", "FIRSTAAAAAAAAA", {1, 0}, "first"},
                            {"C8H10N4O2", "SECONDAAAAAAAA", {0.8F, 0.6F}, "second"},
                            {"C8H10N4O2", "THIRDAAAAAAAAA", {0, 1}, "third"},
                            {"C6H12O6", "GLUCOSEAAAAAAA", {0, 1}, "glucose"}}};
  Engine engine_{std::make_shared<FixedModel>(std::vector<float>{1, 0}), bank_.shared(),
                 std::make_shared<TurningReranker>()};
  IdentifyOptions options_;

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = bank_.root() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  static std::string ions(const std::string& title, const std::string& mz) {
    return "BEGIN IONS\nTITLE=" + title + "\nPEPMASS=" + mz + "\nADDUCT=[M+H]+\n100.0 10\n110.0 5\nEND IONS\n";
  }
  static std::string isomers(const std::string& title) { return ions(title, "195.0877"); }

  IdentifyReport run(const std::string& spectra, const std::string& output = "out.tsv") {
    options_.inputs = {write("in.mgf", spectra)};
    options_.output = bank_.root() + "/" + output;
    return identify(engine_, options_, no_progress());
  }

  std::vector<Row> rows(const std::string& name = "out.tsv") const {
    std::vector<Row> table;
    std::vector<std::string> header;
    const std::string text = read_text_file(bank_.root() + "/" + name);
    for (const auto line : split(trim(text), '\n')) {
      const auto cells = split(line, '\t');
      if (header.empty()) {
        header.assign(cells.begin(), cells.end());
        continue;
      }
      table.emplace_back();
      for (std::size_t i = 0; i < cells.size(); ++i) table.back()[header.at(i)] = std::string(cells[i]);
    }
    return table;
  }
};

TEST_F(TwoStageIdentifyTest, FinalScore_DecidesAndTheFirstStagesStandsBeside) {
  run(isomers("one"));
  const auto table = rows();
  ASSERT_EQ(table.size(), 3U);
  EXPECT_EQ(table[0].at("name"), "third");
  EXPECT_EQ(table[0].at("rank"), "1");
  EXPECT_EQ(table[2].at("name"), "first");
  EXPECT_EQ(table[2].at("score"), "-1.000000");
  EXPECT_EQ(table[2].at("bridge_score"), "1.000000");
  EXPECT_EQ(table[0].at("fragments_explained"), "0.5000");
  const double sum = 1 + std::exp(-0.8) + std::exp(-1);
  EXPECT_NEAR(*parse_double(table[0].at("probability")), 1 / sum, 1e-6);
  EXPECT_NEAR(*parse_double(table[0].at("probability_close")), 1.5 / sum, 1e-6);
}

TEST_F(TwoStageIdentifyTest, BeyondTheShortlist_CandidatesFollowWithoutProbabilities) {
  options_.shortlist = 2;
  run(isomers("one"));
  const auto table = rows();
  ASSERT_EQ(table.size(), 3U);
  EXPECT_EQ(table[0].at("name"), "second");
  EXPECT_EQ(table[1].at("name"), "first");
  EXPECT_EQ(table[2].at("name"), "third");
  EXPECT_EQ(table[2].at("rank"), "3");
  for (const char* column : {"probability", "probability_close", "fragments_explained", "intensity_explained"}) {
    EXPECT_EQ(table[2].at(column), "") << column;
  }
  EXPECT_NE(table[1].at("probability"), "");
}

TEST_F(TwoStageIdentifyTest, QValue_IsTheMeanErrorOfAllAtLeastAsSure) {
  const IdentifyReport report = run(isomers("unsure") + ions("nobody", "900.1") + ions("sure", "181.0707"));
  std::map<std::string, Row> best;
  for (const Row& row : rows()) {
    if (row.at("rank") == "1") best[row.at("query_id")] = row;
    if (row.at("rank") != "1") EXPECT_EQ(row.at("q_value"), "");
  }
  const double unsure = *parse_double(best.at("unsure").at("probability"));
  EXPECT_EQ(best.at("sure").at("probability"), "1.000000");
  EXPECT_EQ(best.at("sure").at("q_value"), "0.000000");
  EXPECT_NEAR(*parse_double(best.at("unsure").at("q_value")), (1 - unsure) / 2, 1e-6);
  ASSERT_EQ(report.first.size(), 3U);
  EXPECT_NEAR(report.first[0].q_value.value(), (1 - unsure) / 2, 1e-6);
  EXPECT_FALSE(report.first[1].q_value.has_value());
}

TEST_F(TwoStageIdentifyTest, Results_DoNotDependOnThreads) {
  std::string many;
  for (int i = 0; i < 600; ++i)
    many += i % 3 == 0 ? ions("g" + std::to_string(i), "181.0707") : isomers(std::to_string(i));
  options_.explain_top = 2;
  for (const char* format : {"tsv", "json"}) {
    options_.format = parse_result_format(format);
    options_.threads = 1;
    run(many, "one");
    options_.threads = 4;
    run(many, "four");
    EXPECT_EQ(read_text_file(bank_.root() + "/one"), read_text_file(bank_.root() + "/four"));
  }
}

TEST_F(TwoStageIdentifyTest, Explain_WritesThePeaksThatAFragmentExplains) {
  options_.explain = bank_.root() + "/peaks.tsv";
  options_.explain_top = 2;
  run(ions("nobody", "900.1") + isomers("one"));
  const auto peaks = rows("peaks.tsv");
  ASSERT_EQ(peaks.size(), 2U);  // a hit each; the second peak is explained by nothing
  EXPECT_EQ(peaks[0].at("query_index"), "1");
  EXPECT_EQ(peaks[0].at("query_id"), "one");
  EXPECT_EQ(peaks[0].at("rank"), "1");
  EXPECT_EQ(peaks[0].at("inchikey14"), "THIRDAAAAAAAAA");
  EXPECT_EQ(peaks[0].at("mz"), "100");
  EXPECT_EQ(peaks[0].at("formula"), "C7H16+");
  EXPECT_EQ(peaks[0].at("smiles"), "C");
  EXPECT_EQ(peaks[0].at("ppm_error"), "-1.23");
  EXPECT_EQ(peaks[0].at("hydrogen_shift"), "-2");
  EXPECT_EQ(peaks[0].at("bonds_cut"), "1");
  EXPECT_EQ(peaks[0].at("weight"), "0.2500");
  EXPECT_EQ(peaks[1].at("inchikey14"), "SECONDAAAAAAAA");
}

TEST_F(TwoStageIdentifyTest, Json_HoldsPeaksProbabilitiesAndBothStages) {
  options_.format = ResultFormat::kJson;
  options_.explain = bank_.root() + "/peaks.tsv";
  run(isomers("one"), "out.json");
  const Json json = read_json_file(bank_.root() + "/out.json");
  const Json& hits = json["queries"][0]["candidates"];
  EXPECT_EQ(hits[0]["peaks"][0]["formula"], "C7H16+");
  EXPECT_EQ(hits[0]["peaks"].size(), 1U);
  EXPECT_FALSE(hits[1].contains("peaks"));
  EXPECT_TRUE(hits[0]["q_value"].is_number());
  EXPECT_TRUE(hits[1]["q_value"].is_null());
  EXPECT_EQ(json["second_stage"]["digest"], engine_.reranker->digest());
  EXPECT_EQ(json["options"]["stages"], "2");
  EXPECT_EQ(json["options"]["shortlist"], "100");
}

TEST_F(TwoStageIdentifyTest, Prior_ShiftsTheScoreAndIsNamed) {
  options_.prior_file = write("prior.tsv", "inchikey14\tpapers\nFIRSTAAAAAAAAA\t20\n");
  options_.prior_column = "papers";
  options_.prior_weight = 2;
  const IdentifyReport report = run(isomers("one"));
  const auto table = rows();
  EXPECT_EQ(table[0].at("name"), "first");
  EXPECT_NEAR(*parse_double(table[0].at("score")), -1 + 2 * std::log(21), 1e-6);
  EXPECT_EQ(table[0].at("prior"), "20");
  EXPECT_EQ(table[1].at("prior"), "");
  EXPECT_EQ(report.prior_molecules, 1U);
  const Json record = read_json_file(bank_.root() + "/out.tsv.run.json");
  EXPECT_EQ(record["prior"]["column"], "papers");
  EXPECT_EQ(record["prior"]["weight"], 2);
}

TEST_F(TwoStageIdentifyTest, Prior_WorksWithOneStageToo) {
  engine_.reranker = nullptr;
  options_.prior_file = write("prior.tsv", "inchikey14\tpapers\nTHIRDAAAAAAAAA\t9\n");
  options_.prior_column = "papers";
  run(isomers("one"));
  const auto table = rows();
  EXPECT_EQ(table[0].at("name"), "third");
  EXPECT_NEAR(*parse_double(table[0].at("score")), std::log(10), 1e-6);
  EXPECT_EQ(table[0].at("probability"), "");
  EXPECT_EQ(table[0].at("q_value"), "");
}

TEST_F(TwoStageIdentifyTest, OptionsOfTheSecondStage_WithoutOne_AreUsageErrors) {
  engine_.reranker = nullptr;
  const auto expect_usage = [&](auto change) {
    options_ = {};
    change(options_);
    try {
      run(isomers("one"));
      FAIL() << "accepted";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kUsage) << e.what();
    }
  };
  expect_usage([](auto& o) { o.explain = "peaks.tsv"; });
  expect_usage([](auto& o) { o.explain_top = 1; });
  expect_usage([](auto& o) { o.shortlist = 5; });
  expect_usage([](auto& o) { o.prior_column = "papers"; });
  expect_usage([](auto& o) { o.prior_file = "prior.tsv"; });
}

}  // namespace
}  // namespace molbridge::service
