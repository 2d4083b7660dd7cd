// Damaged text files: cut at every byte, and with bytes changed. Nothing may crash, whole records must come out, totals must add up.

#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/spectra/test_support.hpp"

namespace molbridge::spectra {
namespace {

struct Sample {
  const char* name;
  Format format;
  std::string head;
  std::vector<std::string> records;
  std::string text() const {
    std::string all = head;
    for (const std::string& record : records) all += record;
    return all;
  }
};

std::vector<Sample> samples() {
  return {
      {"mgf",
       Format::kMgf,
       "# head\nCOM=x\n",
       {"BEGIN IONS\nTITLE=a\nPEPMASS=100.5 7\nCHARGE=1+\n10.5 1 y\n20.25 2\nEND IONS\n\n",
        "BEGIN IONS\nMOLBRIDGE_FIELD=[\"k\",\"K\",\"v\"]\n1 1\nEND IONS\n", "BEGIN IONS\nTITLE=c\n30 1e3\nEND IONS\n"}},
      {"msp",
       Format::kMsp,
       "",
       {"Name: a\nComments: \"SMILES=CCO\"\nPrecursorMZ: 100.5\nNum Peaks: 2\n10.5 1 \"y\"\n20.25 2\n\n",
        "NAME: b\nPRECURSORTYPE: [M+H]+\nNum Peaks: 3\n1 1; 2 2; 3 3;\n\n", "Name: c\nNum Peaks: 1\n(5,6)\n\n"}},
      {"massbank",
       Format::kMassBank,
       "",
       {"ACCESSION: a\nCH$NAME: x\nPK$ANNOTATION: m/z f\n  10.5 y\nPK$NUM_PEAK: 2\nPK$PEAK: m/z int. rel.int.\n  10.5 "
        "1 1\n  20 2 2\n//\n",
        "ACCESSION: b\nMS$FOCUSED_ION: PRECURSOR_M/Z 100.5\nPK$NUM_PEAK: 1\nPK$PEAK: m/z int. rel.int.\n  3 4 "
        "999\n//\n"}},
      {"massspecgym",
       Format::kMassSpecGym,
       "identifier\tmzs\tintensities\tadduct\n",
       {"a\t10.5,20\t1,2\t[M+H]+\n", "b\t1\t1\t[M+Na]+\n"}},
      {"json",
       Format::kJson,
       "[",
       {"{\"id\": \"a\", \"peaks\": [[10.5, 1], [20, 2]]}",
        ",\n{\"id\": \"b\", \"fields\": [], \"peaks\": [[1, 1]], \"annotations\": [\"y\"]}"}},
  };
}

class Damage : public testing::TestWithParam<Sample> {};

TEST_P(Damage, WholeFile_HasNoSkippedRecord) {
  const ReadResult result =
      read_as(GetParam().format, GetParam().text() + (GetParam().format == Format::kJson ? "]" : ""));
  EXPECT_EQ(result.spectra.size(), GetParam().records.size());
  EXPECT_TRUE(result.skipped.empty()) << result.skipped.front().reason;
}

/// `num_whole` records end before the cut; `rest` is what is left of the next one.
void check_cut(const Sample& sample, const ReadResult& result, std::size_t num_whole, std::string_view rest) {
  ASSERT_GE(result.spectra.size(), num_whole);
  ASSERT_LE(result.spectra.size(), num_whole + 1);
  const bool complete = result.spectra.size() == num_whole + 1;  // nothing shows that its last line was longer
  const bool in_array = sample.format == Format::kJson;
  if (complete && !in_array) return;
  if (trim(rest).empty() && !in_array) {
    EXPECT_TRUE(result.skipped.empty());
    return;
  }
  ASSERT_EQ(result.skipped.size(), 1u);
  EXPECT_TRUE(result.skipped[0].damaged_input) << result.skipped[0].reason;
  EXPECT_FALSE(result.skipped[0].reason.empty());
}

TEST_P(Damage, CutAtEveryByte_GivesWholeRecordsAndSaysWhere) {
  const Sample& sample = GetParam();
  const std::string text = sample.text();
  std::size_t record_end = sample.head.size();
  std::size_t num_whole = 0;
  for (std::size_t cut = sample.head.size(); cut < text.size(); ++cut) {
    while (num_whole < sample.records.size() && cut >= record_end + sample.records[num_whole].size()) {
      record_end += sample.records[num_whole++].size();
    }
    SCOPED_TRACE(text.substr(0, cut));
    check_cut(sample, read_as(sample.format, text.substr(0, cut)), num_whole,
              text.substr(record_end, cut - record_end));
  }
}

TEST_P(Damage, GzipCutAtEveryByte_NeverCrashesAndEndsWithADamagedRecord) {
  const std::string packed = gzip(GetParam().text());
  for (std::size_t cut = 20; cut < packed.size(); ++cut) {
    ReadResult result;
    const std::string error = error_of([&] { result = read_as(GetParam().format, packed.substr(0, cut)); });
    if (!error.empty()) continue;
    ASSERT_FALSE(result.skipped.empty()) << cut;
    EXPECT_TRUE(result.skipped.back().damaged_input);
  }
}

bool is_valid(const Spectrum& spectrum) {
  for (const Peak& peak : spectrum.peaks) {
    if (!(peak.mz > 0 && std::isfinite(peak.mz) && peak.intensity >= 0 && std::isfinite(peak.intensity))) return false;
  }
  return !spectrum.peaks.empty() &&
         (spectrum.peak_annotations.empty() || spectrum.peak_annotations.size() == spectrum.peaks.size());
}

TEST_P(Damage, ChangedBytes_NeverCrashAndTotalsAddUp) {
  const std::string text = GetParam().text();
  Rng rng(11);
  const std::string_view favourites = "\n\r\t \"=:;,.-+/#{}[]0eN\\";
  for (int round = 0; round < 4000; ++round) {
    std::string changed = text;
    for (std::uint64_t k = rng.below(6) + 1; k > 0; --k) {
      const auto byte =
          rng.below(2) == 0 ? static_cast<char>(rng.below(256)) : favourites[rng.below(favourites.size())];
      changed[rng.below(changed.size())] = byte;
    }
    error_of([&] {  // a damaged head may be refused as a whole
      const ReadResult result = rng.below(2) == 0 ? read_as(GetParam().format, changed) : read_bytes(changed);
      EXPECT_EQ(result.counts.spectra, result.spectra.size());
      EXPECT_EQ(result.counts.skipped, result.skipped.size());
      for (const Spectrum& spectrum : result.spectra) ASSERT_TRUE(is_valid(spectrum)) << changed;
      for (const SkippedSpectrum& skipped : result.skipped) ASSERT_FALSE(skipped.reason.empty());
    });
  }
}

TEST_P(Damage, ReadAsEveryOtherFormat_NeverCrashes) {
  for (const Sample& other : samples()) {
    error_of([&] { read_as(other.format, GetParam().text()); });
  }
  SUCCEED();
}

INSTANTIATE_TEST_SUITE_P(Formats, Damage, testing::ValuesIn(samples()),
                         [](const auto& param_info) { return std::string(param_info.param.name); });

}  // namespace
}  // namespace molbridge::spectra
