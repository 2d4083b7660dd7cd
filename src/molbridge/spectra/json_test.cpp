#include <gtest/gtest.h>

#include "molbridge/spectra/test_support.hpp"

namespace molbridge::spectra {
namespace {

TEST(JsonReader, FlatObjectsOfMatchms_AreRead) {
  const ReadResult result = read_bytes(
      R"([{"compound_name": "a {b}", "precursor_mz": 195.0877, "charge": 1, "ionmode": "positive", "x": null,
           "peaks_json": [[100.5, 1.0], [50.25, 2]]}, {"spectrum_id": "G1", "Precursor_MZ": "300.1", "peaks_json": "[[60.5, 3.0]]"}])");
  ASSERT_EQ(result.spectra.size(), 2u);
  EXPECT_EQ(result.spectra[0].field("compound_name"), "a {b}");
  EXPECT_EQ(result.spectra[0].precursor_mz, 195.0877);
  EXPECT_EQ(result.spectra[0].charge, 1);
  EXPECT_EQ(result.spectra[0].peaks, (std::vector<Peak>{{50.25, 2}, {100.5, 1}}));
  EXPECT_EQ(result.spectra[1].id, "G1");
  EXPECT_EQ(result.spectra[1].line, 2u);
  EXPECT_EQ(result.spectra[1].peaks, (std::vector<Peak>{{60.5, 3}}));
}

TEST(JsonReader, JsonLinesAndPeakObjects_AreRead) {
  const ReadResult result =
      read_bytes("{\"id\": \"a\", \"peaks\": [{\"mz\": 1.5, \"intensity\": 2}]}\n{\"id\": 7, \"peaks\": [[1, 2]]}\n");
  ASSERT_EQ(result.spectra.size(), 2u);
  EXPECT_EQ(result.spectra[0].id, "a");
  EXPECT_EQ(result.spectra[1].id, "7");
}

TEST(JsonReader, BadObjects_AreSkippedAndTheNextOnesRead) {
  const ReadResult result = read_as(
      Format::kJson,
      R"([{"peaks": 5}, {"peaks": [[1]]}, {bad}, {"peaks": [[1, 2]], "fields": [7]}, stray {"peaks": [[1, 2]]}])");
  ASSERT_EQ(result.skipped.size(), 5u);
  EXPECT_EQ(result.skipped[0].reason, "the peaks are no array");
  EXPECT_EQ(result.skipped[1].reason, "a peak is not [m/z, intensity]: '[1]'");
  EXPECT_EQ(result.skipped[2].reason, "line 1: no valid JSON object, or one nested too deep");
  EXPECT_EQ(result.skipped[3].reason, "an entry of 'fields' is no object");
  EXPECT_EQ(result.skipped[4].reason, "text between the objects: 'stray '");
  EXPECT_EQ(result.spectra.size(), 1u);
}

TEST(JsonReader, MembersThatCannotBe_AreFieldsInstead) {
  const ReadResult result = read_as(
      Format::kJson,
      R"({"fields": [], "peaks": [[1, 2]], "precursor_mz": -5, "charge": 0, "ms_level": 99, "rt_seconds": -1})");
  ASSERT_EQ(result.spectra.size(), 1u);
  EXPECT_FALSE(result.spectra[0].precursor_mz);
  EXPECT_FALSE(result.spectra[0].rt_seconds);
  EXPECT_EQ(result.spectra[0].ms_level, 2);
  EXPECT_EQ(result.spectra[0].field("precursor_mz"), "-5");
}

TEST(JsonReader, AnnotationsOfOtherLength_AreRefused) {
  const ReadResult result = read_as(Format::kJson, R"({"fields": [], "peaks": [[1, 2]], "annotations": ["a", "b"]})");
  ASSERT_EQ(result.skipped.size(), 1u);
}

TEST(JsonReader, DeepNesting_DoesNotOverflow) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_EQ(read_as(Format::kJson, "[{\"peaks\": " + deep + "}]").skipped.size(), 1u);
  EXPECT_EQ(read_as(Format::kJson, "[{\"peaks_json\": \"[" + deep + "]\"}]").skipped.size(), 1u);
  EXPECT_EQ(read_as(Format::kMgf, "BEGIN IONS\nMOLBRIDGE_FIELD=" + deep + "\n1 1\nEND IONS\n").num_records, 1u);
}

}  // namespace
}  // namespace molbridge::spectra
