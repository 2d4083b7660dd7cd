#include "molbridge/service/result_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {
namespace {

using testing::HasSubstr;

QueryResult ranked() {
  QueryResult result;
  result.query_index = 3;
  result.query_id = "scan 12";
  result.source = "run.mgf";
  result.line = 40;
  result.precursor_mz = 195.0877;
  result.status = QueryStatus::kRanked;
  result.num_candidates = 7;
  result.reason = "adduct assumed";
  result.candidates = {
      {1,
       0.5,
       "[M+H]+",
       {"CN1C=NC2=C1C(=O)N(C)C(=O)N2C", "RYYVLZVUVIJVGH", "C8H10N4O2", 194.08, "caffeine", "x:1"},
       0.246,
       0.5},
      {2, 0.25, "[M+Na]+", {"C", "AAAAAAAAAAAAAA", "CH4", 16.03, "=cmd\ttab", ""}, std::nullopt, 0.25}};
  return result;
}

QueryResult skipped() {
  QueryResult result;
  result.query_index = 4;
  result.query_id = "bad";
  result.reason = "no precursor m/z";
  return result;
}

Provenance provenance() {
  return {"model", "modeldigest", "some/bank", "bankdigest", 500, {"run.mgf"}, {{"top_k", "10"}}};
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  for (const auto cell : split(trim(line), '\t')) out.emplace_back(cell);
  return out;
}

TEST(TsvResultTest, Rows_HaveOneCellPerColumn) {
  const auto writer = make_result_writer(ResultFormat::kTsv, identify_layout(), provenance());
  const std::string header = writer->header();
  EXPECT_EQ(cells(header).size(), 21U);
  const std::string rows = writer->query(answer_of(ranked())) + writer->query(answer_of(skipped()));
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 3);
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\t'), 3 * 20);
  EXPECT_THAT(
      rows,
      HasSubstr("3\tscan 12\t195.0877\t[M+H]+\tranked\t1\t0.500000\tCN1C=NC2=C1C(=O)N(C)C(=O)N2C\tRYYVLZVUVIJVGH\t"
                "C8H10N4O2\tcaffeine\tx:1\t0.25\t0.500000\t\t\t\t\t\t7\tadduct assumed\n"));
  EXPECT_THAT(
      rows, HasSubstr("[M+Na]+\tranked\t2\t0.250000\tC\tAAAAAAAAAAAAAA\tCH4\t'=cmd tab\t\t\t0.250000\t\t\t\t\t\t7\t"));
  EXPECT_THAT(rows, HasSubstr("4\tbad\t\t\tskipped\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\tno precursor m/z\n"));
  EXPECT_EQ(writer->footer({}), "");
}

TEST(JsonResultTest, Document_IsOneObjectWithEverything) {
  const auto writer = make_result_writer(ResultFormat::kJson, identify_layout(), provenance());
  std::string text = writer->header();
  text += writer->query(answer_of(ranked()));
  text += writer->query(answer_of(skipped()));
  text += writer->footer({2, 1, 0, 1, 9});
  const Json json = Json::parse(text);
  EXPECT_EQ(json["model"]["digest"], "modeldigest");
  EXPECT_EQ(json["bank"]["count"], 500);
  EXPECT_EQ(json["options"]["top_k"], "10");
  ASSERT_EQ(json["queries"].size(), 2U);
  EXPECT_EQ(json["queries"][0]["candidates"][0]["name"], "caffeine");
  EXPECT_EQ(json["queries"][0]["candidates"][0]["mass_error_ppm"], 0.25);
  EXPECT_TRUE(json["queries"][0]["candidates"][1]["mass_error_ppm"].is_null());
  EXPECT_EQ(json["queries"][1]["status"], "skipped");
  EXPECT_TRUE(json["queries"][1]["precursor_mz"].is_null());
  EXPECT_EQ(json["totals"]["ms1_passed_over"], 9);
}

TEST(JsonResultTest, Document_WithoutQueriesOrWithBadUtf8_IsStillJson) {
  const auto empty = make_result_writer(ResultFormat::kJson, identify_layout(), provenance());
  const std::string text = empty->header() + empty->footer({});
  EXPECT_EQ(Json::parse(text)["queries"].size(), 0U);
  QueryResult result = ranked();
  result.candidates[0].molecule.name = "caf\xe9";
  const auto writer = make_result_writer(ResultFormat::kJson, identify_layout(), provenance());
  const std::string odd = writer->header() + writer->query(answer_of(result)) + writer->footer({});
  EXPECT_EQ(Json::parse(odd)["queries"].size(), 1U);
}

TEST(ResultFormatTest, Parse_UnknownName_IsAUsageError) {
  EXPECT_EQ(parse_result_format("json"), ResultFormat::kJson);
  EXPECT_THROW(parse_result_format("xlsx"), Error);
}

}  // namespace
}  // namespace molbridge::service
