#include <gtest/gtest.h>

#include "molbridge/spectra/test_support.hpp"

namespace molbridge::spectra {
namespace {

Spectrum one(std::string_view text) {
  const ReadResult result = read_as(Format::kMgf, text);
  EXPECT_EQ(result.num_records, 1u);
  EXPECT_TRUE(result.skipped.empty()) << result.skipped.front().reason;
  return result.spectra.empty() ? Spectrum{} : result.spectra.front();
}

std::string reason_of(std::string_view text) {
  const ReadResult result = read_as(Format::kMgf, text);
  EXPECT_EQ(result.skipped.size(), 1u);
  return result.skipped.empty() ? "" : result.skipped.front().reason;
}

TEST(MgfReader, OrdinaryRecord_GivesFieldsAndPeaks) {
  const Spectrum s =
      one("BEGIN IONS\r\nTITLE=a\r\nPEPMASS=315.2319\r\nCHARGE=1+\r\nRTINSECONDS=60.5\r\nSMILES=CC(=O)C=C\r\n"
          "100.5 20\r\n50.25\t10.5\r\nEND IONS\r\n");
  EXPECT_EQ(s.id, "a");
  EXPECT_EQ(s.line, 1u);
  EXPECT_EQ(s.source, "memory");
  EXPECT_EQ(s.precursor_mz, 315.2319);
  EXPECT_EQ(s.charge, 1);
  EXPECT_EQ(s.rt_seconds, 60.5);
  EXPECT_EQ(s.field("smiles"), "CC(=O)C=C") << "a value may hold '='";
  EXPECT_EQ(s.peaks, (std::vector<Peak>{{50.25, 10.5}, {100.5, 20}})) << "sorted";
  EXPECT_TRUE(s.peak_annotations.empty());
}

TEST(MgfReader, PepmassWithIntensityAndCharge_IsSplit) {
  const Spectrum s = one("BEGIN IONS\nPEPMASS=500.5 1e6 2+\n1 1\nEND IONS\n");
  EXPECT_EQ(s.precursor_mz, 500.5);
  EXPECT_EQ(s.precursor_intensity, 1e6);
  EXPECT_EQ(s.charge, 2);
  EXPECT_EQ(s.field("precursor_mz"), "500.5");
}

TEST(MgfReader, KeysInAnyCaseAndCommentsAndBlankLines_AreRead) {
  const Spectrum s =
      one("# comment\n; comment\n! comment\n/ comment\n\n  begin ions  \n# inside\nPepMass = 100.5\nCollision "
          "energy=30\nUSI=x\n\n"
          "10 1\n  \n20 2\nend ions\n");
  EXPECT_EQ(s.precursor_mz, 100.5);
  EXPECT_EQ(s.field("collision_energy"), "30");
  EXPECT_EQ(s.fields[0].written_key, "PepMass");
  EXPECT_EQ(s.field("usi"), "x");
  EXPECT_EQ(s.peaks.size(), 2u);
}

TEST(MgfReader, DefaultsAboveTheFirstRecord_HoldForAllThatDoNotSayOtherwise) {
  const ReadResult result =
      read_as(Format::kMgf, "CHARGE=1-\nCOM=my run\nBEGIN IONS\n1 1\nEND IONS\nBEGIN IONS\nCHARGE=2-\n1 1\nEND IONS\n");
  ASSERT_EQ(result.spectra.size(), 2u);
  EXPECT_EQ(result.spectra[0].charge, -1);
  EXPECT_EQ(result.spectra[0].field("com"), "my run");
  EXPECT_EQ(result.spectra[1].charge, -2);
}

TEST(MgfReader, ThirdColumn_IsTheAnnotation) {
  const Spectrum s = one("BEGIN IONS\n200 5\n100 7 C6H6+ -0.3 ppm\nEND IONS\n");
  EXPECT_EQ(s.peak_annotations, (std::vector<std::string>{"C6H6+ -0.3 ppm", ""}));
}

TEST(MgfReader, Ms1Records_ArePassedOverAndCounted) {
  const ReadResult result =
      read_as(Format::kMgf, "BEGIN IONS\nMSLEVEL=1\n1 1\nEND IONS\nBEGIN IONS\nMSLEVEL=2\n1 1\nEND IONS\n");
  EXPECT_EQ(result.counts.ms1, 1u);
  ASSERT_EQ(result.spectra.size(), 1u);
  EXPECT_EQ(result.spectra[0].index, 1u) << "MS1 scans count in the index";
  EXPECT_EQ(result.spectra[0].id, "index=1");
}

TEST(MgfReader, EndIonsMissingBeforeTheNextRecord_SkipsOnlyThatRecord) {
  const ReadResult result = read_as(Format::kMgf, "BEGIN IONS\nTITLE=a\n1 1\nBEGIN IONS\nTITLE=b\n2 2\nEND IONS\n");
  ASSERT_EQ(result.skipped.size(), 1u);
  EXPECT_EQ(result.skipped[0].id, "a");
  EXPECT_EQ(result.skipped[0].reason, "END IONS is missing: a new BEGIN IONS follows on line 4");
  EXPECT_FALSE(result.skipped[0].damaged_input);
  ASSERT_EQ(result.spectra.size(), 1u);
  EXPECT_EQ(result.spectra[0].id, "b");
}

TEST(MgfReader, EndIonsMissingAtTheEnd_IsDamage) {
  const ReadResult result = read_as(Format::kMgf, "BEGIN IONS\nTITLE=a\n1 1\n");
  ASSERT_EQ(result.skipped.size(), 1u);
  EXPECT_TRUE(result.skipped[0].damaged_input);
  EXPECT_EQ(result.skipped[0].reason, "the file ends inside this record, after line 3: END IONS is missing");
}

TEST(MgfReader, PeaksOutsideOfRecords_AreOneSkippedRecord) {
  const ReadResult result = read_as(Format::kMgf, "BEGIN IONS\n1 1\nEND IONS\n5 5\n6 6\nBEGIN IONS\n1 1\nEND IONS\n");
  EXPECT_EQ(result.spectra.size(), 2u);
  ASSERT_EQ(result.skipped.size(), 1u);
  EXPECT_EQ(result.skipped[0].line, 4u);
  EXPECT_EQ(result.skipped[0].reason, "2 line(s) outside of BEGIN IONS ... END IONS, the first is '5 5'");
}

TEST(MgfReader, BadLines_AreNamedWithTheirNumber) {
  EXPECT_EQ(reason_of("BEGIN IONS\n133,0648 226,98\nEND IONS\n"),
            "line 2: '133,0648 226,98' has a decimal comma; write numbers with a point");
  EXPECT_EQ(reason_of("BEGIN IONS\nPEPMASS=315,23\n1 1\nEND IONS\n"),
            "PEPMASS '315,23' has a decimal comma; write numbers with a point");
  EXPECT_EQ(reason_of("BEGIN IONS\n133.5\nEND IONS\n"), "line 2: '133.5' is an m/z without intensity");
  EXPECT_EQ(reason_of("BEGIN IONS\nhello\nEND IONS\n"), "line 2: 'hello' is neither a peak nor a field");
}

TEST(MgfReader, BadNumbers_AreSkippedForWhatTheyAre) {
  EXPECT_EQ(reason_of("BEGIN IONS\nnan 5\nEND IONS\n"), "peak 1: m/z is not a number");
  EXPECT_EQ(reason_of("BEGIN IONS\n100 inf\nEND IONS\n"), "peak 1: intensity is infinite");
  EXPECT_EQ(reason_of("BEGIN IONS\n100 1e999\nEND IONS\n"), "peak 1: intensity is infinite");
  EXPECT_EQ(reason_of("BEGIN IONS\n100 -5\nEND IONS\n"), "peak 1: intensity is negative (-5)");
  EXPECT_EQ(reason_of("BEGIN IONS\n0 5\nEND IONS\n"), "peak 1: m/z is 0");
  EXPECT_EQ(reason_of("BEGIN IONS\nTITLE=x\nEND IONS\n"), "no peaks");
}

TEST(MgfReader, ManyPeaks_AreReadUpToTheLimit) {
  std::string text = "BEGIN IONS\n";
  for (int i = 0; i < 1'000'000; ++i) text += std::to_string(50 + i * 0.001 * (1 + i % 7)) + " 1\n";
  text += "END IONS\n";
  EXPECT_EQ(one(text).peaks.size(), 1'000'000u);
  ReadOptions options;
  options.format = Format::kMgf;
  options.max_peaks = 1000;
  const ReadResult limited = read_bytes(text, options);
  ASSERT_EQ(limited.skipped.size(), 1u);
  EXPECT_NE(limited.skipped[0].reason.find("1,000 peaks"), std::string::npos) << limited.skipped[0].reason;
}

TEST(MgfReader, NumbersOfAllLengths_AreTheNearestDoubles) {
  for (const char* number : {"133.06480", "0.1", "123456789.123456789", "1e2", "1.5E-3", "00012.50", "12.",
                             "999999999999999", "0.000000000000001", "315.231999999999971"}) {
    const Spectrum s = one("BEGIN IONS\n10 " + std::string(number) + "\nEND IONS\n");
    ASSERT_EQ(s.peaks.size(), 1u);
    EXPECT_EQ(s.peaks[0].intensity, std::stod(number)) << number;
  }
}

}  // namespace
}  // namespace molbridge::spectra
