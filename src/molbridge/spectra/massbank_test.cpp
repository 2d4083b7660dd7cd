#include <gtest/gtest.h>

#include "molbridge/spectra/test_support.hpp"

namespace molbridge::spectra {
namespace {

constexpr std::string_view kRecord =
    "ACCESSION: MSBNK-Test-T1\nRECORD_TITLE: Caffeine; LC-ESI-QFT; MS2\nDATE: 2020.01.01\nCOMMENT: CONFIDENCE "
    "standard\n"
    "CH$NAME: Caffeine\nCH$NAME: Theine\nCH$FORMULA: C8H10N4O2\nCH$LINK: INCHIKEY RYYVLZVUVIJVGH-UHFFFAOYSA-N\n"
    "CH$LINK: PUBCHEM CID:2519\nAC$MASS_SPECTROMETRY: MS_TYPE MS2\nAC$MASS_SPECTROMETRY: ION_MODE POSITIVE\n"
    "AC$MASS_SPECTROMETRY: COLLISION_ENERGY 30 eV\nAC$CHROMATOGRAPHY: RETENTION_TIME 5.2 min\n"
    "AC$CHROMATOGRAPHY: FLOW_GRADIENT 90/10 at 0 min,\n  50/50 at 4 min\n"
    "MS$FOCUSED_ION: PRECURSOR_M/Z 195.0877\nMS$FOCUSED_ION: PRECURSOR_TYPE [M+H]+\n"
    "PK$ANNOTATION: m/z tentative_formula error(ppm)\n  110.0713 C5H8N3+ 0.1\n  138.0661 C6H8N3O+ -0.4\n  138.0661 "
    "second\n"
    "  42.0 none\nPK$NUM_PEAK: 2\nPK$PEAK: m/z int. rel.int.\n  110.0713 1000.5 50\n  138.0661 20000 999\n//\n";

std::string without_end(std::string_view text) { return std::string(text.substr(0, text.size() - 3)); }

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  out.replace(out.find(from), from.size(), to);
  return out;
}

TEST(MassBankReader, Record_GivesFieldsPeaksAndAnnotations) {
  const ReadResult result = read_bytes(kRecord);
  ASSERT_EQ(result.spectra.size(), 1u);
  const Spectrum& s = result.spectra[0];
  EXPECT_EQ(s.id, "MSBNK-Test-T1");
  EXPECT_EQ(s.precursor_mz, 195.0877);
  EXPECT_EQ(s.adduct, "[M+H]+");
  EXPECT_EQ(s.ion_mode, mass::IonMode::kPositive);
  EXPECT_DOUBLE_EQ(*s.rt_seconds, 312);
  EXPECT_EQ(s.ms_level, 2);
  EXPECT_EQ(s.field("inchikey"), "RYYVLZVUVIJVGH-UHFFFAOYSA-N");
  EXPECT_EQ(s.field("pubchem"), "CID:2519");
  EXPECT_EQ(s.field("comment"), "CONFIDENCE standard");
  EXPECT_EQ(s.field("gradient"), "90/10 at 0 min, 50/50 at 4 min") << "continued on a second line";
  EXPECT_EQ(s.peaks, (std::vector<Peak>{{110.0713, 1000.5}, {138.0661, 20000}}));
  EXPECT_EQ(s.peak_annotations, (std::vector<std::string>{"C5H8N3+ 0.1", "C6H8N3O+ -0.4"}));
  EXPECT_EQ(s.field("annotation_columns"), "m/z tentative_formula error(ppm)");
  EXPECT_EQ(s.fields[s.fields.size() - 2].value, "138.0661 second") << "rows that no peak takes are fields";
  EXPECT_EQ(s.fields.back().value, "42.0 none");
}

TEST(MassBankReader, ManyRecordsInAFile_AreSeparated) {
  const std::string no_end = without_end(kRecord) + std::string(kRecord) + std::string(kRecord);
  EXPECT_EQ(read_bytes(no_end).spectra.size(), 3u) << "the first one ends at the next ACCESSION";
}

TEST(MassBankReader, EndMissing_IsFineWhereTheCountFits) {
  const std::string text = without_end(kRecord);
  EXPECT_EQ(read_bytes(text).spectra.size(), 1u);
  const ReadResult cut = read_bytes(text.substr(0, text.size() - 10));
  ASSERT_EQ(cut.skipped.size(), 1u);
  EXPECT_TRUE(cut.skipped[0].damaged_input);
}

TEST(MassBankReader, MsTypes_AreTold) {
  const auto with_type = [](std::string_view type) {
    return read_bytes(replaced(kRecord, "MS_TYPE MS2", "MS_TYPE " + std::string(type)));
  };
  EXPECT_EQ(with_type("MS").counts.ms1, 1u);
  EXPECT_EQ(with_type("MS1").counts.ms1, 1u);
  ASSERT_EQ(with_type("MS3").spectra.size(), 1u);
  EXPECT_EQ(with_type("MS3").spectra[0].ms_level, 3);
}

TEST(MassBankReader, PrecursorNotKnown_StaysUnknown) {
  const ReadResult result = read_bytes(replaced(kRecord, "PRECURSOR_M/Z 195.0877", "PRECURSOR_M/Z NA"));
  ASSERT_EQ(result.spectra.size(), 1u);
  EXPECT_FALSE(result.spectra[0].precursor_mz);
}

TEST(MassBankReader, DamagedRecords_AreSkippedWithReason) {
  const auto reason = [](const std::string& text) {
    const ReadResult result = read_as(Format::kMassBank, text);
    return result.skipped.size() == 1 ? result.skipped[0].reason : "";
  };
  EXPECT_EQ(reason(replaced(kRecord, "PK$NUM_PEAK: 2", "PK$NUM_PEAK: 3")),
            "PK$NUM_PEAK says 3, the record has 2 peaks");
  EXPECT_EQ(reason(replaced(kRecord, "110.0713 1000.5", "110,0713 1000,5")),
            "line 25: '110,0713 1000,5 50' has a decimal comma; write numbers with a point");
  EXPECT_EQ(reason("hello: x\n//\n"), "no MassBank record: ACCESSION is missing");
}

}  // namespace
}  // namespace molbridge::spectra
