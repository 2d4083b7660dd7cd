#include "molbridge/service/calibration_report.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <numeric>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/service/analysis.hpp"
#include "molbridge/service/evaluation_report.hpp"

namespace molbridge::service {
namespace {

QueryResultRow row(std::uint64_t compound, double probability, std::uint64_t rank, bool close) {
  QueryResultRow out;
  out.outcome.compound = compound;
  out.outcome.rank = rank;
  out.probability = probability;
  out.probability_close = probability;
  out.top_close = close;
  return out;
}

QueryResultRow skipped(std::uint64_t compound) {
  QueryResultRow out;
  out.outcome.compound = compound;
  return out;
}

/// Four of five at 0.9 are right, one of two at 0.4.
std::vector<QueryResultRow> rows() {
  return {row(0, 0.9, 1, true), row(1, 0.9, 1, true), row(2, 0.9, 1, true),  row(3, 0.9, 1, true),
          row(4, 0.9, 3, true), row(5, 0.4, 1, true), row(6, 0.4, 9, false), skipped(7)};
}

TEST(CalibrationReport, HandCounted) {
  const auto report = report_calibration(rows(), {.resamples = 100});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->queries, 7U);
  EXPECT_EQ(report->without, 1U);
  EXPECT_NEAR(report->correct.by_spectrum.ece.mean, (5 * 0.1 + 2 * 0.1) / 7, 1e-12);
  EXPECT_NEAR(report->close.by_spectrum.observed, 6.0 / 7, 1e-12);
  // The running mean of 1 - P is 0.1 for the five, (0.5 + 1.2) / 7 = 0.243 for all.
  ASSERT_EQ(report->q_values.size(), 4U);
  EXPECT_EQ(report->q_values[0].accepted, 0U);
  EXPECT_EQ(report->q_values[2].accepted, 5U);
  EXPECT_NEAR(report->q_values[2].wrong.mean, 0.2, 1e-12);
  EXPECT_EQ(report->q_values[3].accepted, 7U);
  EXPECT_NEAR(report->q_values[3].wrong.mean, 2.0 / 7, 1e-12);
}

TEST(CalibrationReport, OneStage_HasNone) {
  EXPECT_FALSE(report_calibration(std::vector<QueryResultRow>{skipped(0)}, {}));
  EXPECT_FALSE(report_calibration(std::vector<QueryResultRow>{}, {}));
}

TEST(CalibrationReport, JsonAndText_SayTheSame) {
  const auto report = report_calibration(rows(), {.resamples = 100});
  const Json json = Json::parse(calibration_json(*report));
  EXPECT_EQ(json["without_probability"], 1);
  EXPECT_NEAR(json["probability"]["by_spectrum"]["ece"]["value"].get<double>(), 0.1, 1e-9);
  EXPECT_EQ(json["probability"]["reliability"]["equal_width"].size(), 2U);
  EXPECT_TRUE(json["q_values"][0]["wrong"].is_null());
  EXPECT_EQ(json["q_values"][2]["accepted"], 5);
  const auto lines = calibration_text(*report);
  const std::string text = std::accumulate(lines.begin(), lines.end(), std::string());
  EXPECT_NE(text.find("0.100"), std::string::npos);
  EXPECT_NE(text.find("q <= 0.2"), std::string::npos);
}

class CalibrationAnalysis : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + "calibration_" + name;
    std::ofstream(path) << text;
    return path;
  }
  const std::string header_ = "query_id\tinchikey14\tprobability\tprobability_close\ttop_correct\ttop_close\n";
};

TEST_F(CalibrationAnalysis, TablesAndFigureOfTwoFiles) {
  const std::string a = write("a.tsv", header_ + "q1\tA\t0.9\t0.95\t1\t1\nq2\tA\t0.8\t0.9\t0\t1\nq3\tB\t\t\t\t\n");
  const std::string b = write("b.tsv", header_ + "q1\tA\t0.1\t0.2\t1\t1\n");
  const Analysis out = analyze_calibration({{a, b}, {"one", "two"}, {.resamples = 50}});
  const Table& figures = out.tables[0].second;
  ASSERT_EQ(figures.rows.size(), 8U);  // two files, correct and close, by compound and by spectrum
  EXPECT_EQ(std::get<std::string>(figures.rows[0][0]), "one");
  EXPECT_EQ(std::get<std::uint64_t>(figures.rows[0][3]), 2U);
  EXPECT_EQ(std::get<std::uint64_t>(figures.rows[0][4]), 1U);
  EXPECT_DOUBLE_EQ(std::get<double>(figures.rows[0][6]), 0.5);
  EXPECT_EQ(out.figure.panels.size(), 2U);
  EXPECT_EQ(out.figure.panels[0].series.size(), 3U);  // the diagonal and two files
  EXPECT_FALSE(plot::render(out.figure, plot::Format::kSvg).empty());
}

TEST_F(CalibrationAnalysis, BadFiles_AreNamed) {
  const auto message = [](const std::string& path) -> std::string {
    try {
      analyze_calibration({{path}, {}, {}});
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_NE(message(write("none.tsv", header_ + "q1\tA\t\t\t\t\n")).find("no query has a probability"),
            std::string::npos);
  EXPECT_NE(message(write("old.tsv", "query_id\tinchikey14\trank\n")).find("\"probability\""), std::string::npos);
  EXPECT_NE(message(write("bad.tsv", header_ + "q1\tA\t1.2\t0.2\t1\t1\n")).find(":2:"), std::string::npos);
  EXPECT_NE(message(write("short.tsv", header_ + "q1\tA\n")).find("2 cells"), std::string::npos);
  EXPECT_NE(message(write("empty.tsv", "")).find("empty"), std::string::npos);
  EXPECT_THROW(analyze_calibration({{write("a.tsv", header_)}, {"x", "y"}, {}}), Error);
}

}  // namespace
}  // namespace molbridge::service
