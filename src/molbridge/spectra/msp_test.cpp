#include <gtest/gtest.h>

#include "molbridge/spectra/msp_comment.hpp"
#include "molbridge/spectra/test_support.hpp"

namespace molbridge::spectra {
namespace {

Spectrum one(std::string_view text) {
  const ReadResult result = read_as(Format::kMsp, text);
  EXPECT_EQ(result.num_records, 1u);
  EXPECT_TRUE(result.skipped.empty()) << result.skipped.front().reason;
  return result.spectra.empty() ? Spectrum{} : result.spectra.front();
}

const std::vector<Peak> kThree = {{41, 20}, {42, 30.5}, {43.25, 999}};

TEST(MspReader, NistDialect_IsRead) {
  const Spectrum s =
      one("Name: Caffeine\nSynon: Theine\nDB#: 17\nInChIKey: RYYVLZVUVIJVGH-UHFFFAOYSA-N\nPrecursor_type: [M+H]+\n"
          "Spectrum_type: MS2\nPrecursorMZ: 195.0877\nInstrument_type: HCD\nIon_mode: P\nCollision_energy: "
          "30\nFormula: C8H10N4O2\n"
          "CAS#: 58-08-2;  NIST#: 1234\nNum Peaks: 3\n41 20; 42 30.5; 43.25 999;\n\n");
  EXPECT_EQ(s.id, "17");
  EXPECT_EQ(s.precursor_mz, 195.0877);
  EXPECT_EQ(s.adduct, "[M+H]+");
  EXPECT_EQ(s.ion_mode, mass::IonMode::kPositive);
  EXPECT_EQ(s.field("compound_name"), "Caffeine");
  EXPECT_EQ(s.fields[1].key, "compound_name");
  EXPECT_EQ(s.fields[1].value, "Theine");
  EXPECT_EQ(s.field("cas"), "58-08-2");
  EXPECT_EQ(s.field("nist#"), "1234");
  EXPECT_EQ(s.peaks, kThree);
}

TEST(MspReader, RikenDialect_IsRead) {
  const Spectrum s =
      one("NAME: Unknown\nPRECURSORMZ: 195.0877\nPRECURSORTYPE: [M+H]+\nIONMODE: Positive\nRETENTIONTIME: 5.2\n"
          "ONTOLOGY: Xanthines\nINSTRUMENTTYPE: LC-ESI-QTOF\nCOLLISIONENERGY: 10\nNum Peaks: "
          "3\n41\t20\n42\t30.5\n43.25\t999\n");
  EXPECT_EQ(s.precursor_mz, 195.0877);
  EXPECT_EQ(s.adduct, "[M+H]+");
  EXPECT_DOUBLE_EQ(*s.rt_seconds, 312);
  EXPECT_EQ(s.field("ontology"), "Xanthines");
  EXPECT_EQ(s.field("collision_energy"), "10");
  EXPECT_EQ(s.peaks, kThree);
}

TEST(MspReader, MonaDialect_TakesTheCommentsApart) {
  const Spectrum s =
      one("Name: Caffeine\nIon_mode: P\nComments: \"SMILES=CN1C=NC2=C1C(=O)N(C)C(=O)N2C\" \"accession=X00001\" "
          "\"precursor m/z=195.0877\" \"adduct=[M+H]+\" \"author=A B\" free text\nNum Peaks: 3\n41 20\n42 30.5\n43.25 "
          "999\n\n");
  EXPECT_EQ(s.field("smiles"), "CN1C=NC2=C1C(=O)N(C)C(=O)N2C");
  EXPECT_EQ(s.id, "X00001");
  EXPECT_EQ(s.precursor_mz, 195.0877);
  EXPECT_EQ(s.adduct, "[M+H]+");
  EXPECT_NE(s.field("comment").find("free text"), std::string_view::npos) << "the comment stays whole";
}

TEST(MspReader, LinesCountBeforeTheComment) {
  const Spectrum s = one("Name: a\nComment: Parent=500.1 Charge=2\nPrecursorMZ: 400.5\nNum Peaks: 1\n41 20\n");
  EXPECT_EQ(s.precursor_mz, 400.5);
  EXPECT_EQ(s.charge, 2);
}

TEST(CommentPairs, FormsOfComments) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(comment_pairs("\"a=1\" \"b c=d=e\" \"free\""), (Pairs{{"a", "1"}, {"b c", "d=e"}}));
  EXPECT_EQ(comment_pairs("Spec=Consensus Protein=\"sp|P1 x\" ok"),
            (Pairs{{"Spec", "Consensus"}, {"Protein", "sp|P1 x"}}));
  EXPECT_EQ(comment_pairs("registered at RIKEN; see page 5"), Pairs{});
  EXPECT_EQ(comment_pairs("C=CC(=O)O"), Pairs{}) << "a SMILES is no field";
  EXPECT_EQ(comment_pairs("\"unclosed=1"), (Pairs{{"unclosed", "1"}}));
  EXPECT_EQ(comment_pairs("ab=\"unclosed"), Pairs{});
}

TEST(MspReader, PeakLayouts_AreAllRead) {
  for (const char* peaks :
       {"41 20\n42 30.5\n43.25 999\n", "41\t20\t42\t30.5\t43.25\t999\n", "41:20 42:30.5 43.25:999\n",
        "(41,20) (42,30.5) (43.25,999)\n", "41 20;42 30.5;\n43.25 999;\n", "41,20;42,30.5;43.25,999\n"}) {
    EXPECT_EQ(one("Name: a\nNum Peaks: 3\n" + std::string(peaks) + "\n").peaks, kThree) << peaks;
    EXPECT_EQ(one("Name: a\nNum peaks:3\n\n" + std::string(peaks)).peaks, kThree) << peaks;
  }
}

TEST(MspReader, Annotations_AreKept) {
  const Spectrum s =
      one("Name: a\nNum Peaks: 5\n41 20 \"y1; 0 ppm\"\n42 30\n43 9 bare words\n44 1 \"p\"; 45 2 \"q\"\n");
  EXPECT_EQ(s.peak_annotations, (std::vector<std::string>{"y1; 0 ppm", "", "bare words", "p", "q"}));
}

TEST(MspReader, BlankLineMissingBetweenRecords_NameBeginsTheNext) {
  const ReadResult result = read_as(Format::kMsp, "Name: a\nNum Peaks: 1\n41 20\nName: b\nNum Peaks: 1\n42 30\n");
  ASSERT_EQ(result.spectra.size(), 2u);
  EXPECT_EQ(result.spectra[1].id, "b");
  EXPECT_EQ(result.spectra[1].line, 4u);
}

TEST(MspReader, NoNumPeaks_TakesThePeaksAsTheyStand) {
  EXPECT_EQ(one("Name: a\n41 20\n42 30.5\n43.25 999\n\n").peaks, kThree);
}

TEST(MspReader, CountMismatch_SkipsThatRecordOnly) {
  const ReadResult result =
      read_as(Format::kMsp,
              "Name: a\nNum Peaks: 3\n41 20\n\nName: b\nNum Peaks: 1\n41 20\n42 3\n\nName: c\nNum Peaks: 1\n1 1\n");
  ASSERT_EQ(result.skipped.size(), 2u);
  EXPECT_EQ(result.skipped[0].reason.substr(0, 44), "Num Peaks says 3, the record has 1 peaks; co");
  EXPECT_EQ(result.skipped[1].reason.substr(0, 40), "Num Peaks says 1, the record has 2 peaks");
  EXPECT_FALSE(result.skipped[0].damaged_input);
  ASSERT_EQ(result.spectra.size(), 1u);
  EXPECT_EQ(result.spectra[0].id, "c");
}

TEST(MspReader, EmptySpectrumAndBadLines_AreSkippedWithReason) {
  const auto reason = [](std::string_view text) {
    const ReadResult result = read_as(Format::kMsp, text);
    return result.skipped.size() == 1 ? result.skipped[0].reason : "";
  };
  EXPECT_EQ(reason("Name: a\nNum Peaks: 0\n\n"), "no peaks");
  EXPECT_EQ(reason("Name: a\nNum Peaks: x\n1 1\n\n"), "line 2: Num Peaks 'x' is no count");
  EXPECT_EQ(reason("Name: a\nhello\nNum Peaks: 1\n1 1\n\n"), "line 2: 'hello' is neither a peak nor a field");
  EXPECT_EQ(reason("Name: a\nNum Peaks: 1\nnan 1\n\n"), "peak 1: m/z is not a number");
}

TEST(MspReader, Ms1_IsPassedOver) {
  const ReadResult result = read_as(Format::kMsp, "Name: a\nSpectrum_type: MS1\nNum Peaks: 1\n41 20\n\n");
  EXPECT_EQ(result.counts.ms1, 1u);
  EXPECT_EQ(result.num_records, 0u);
}

TEST(MspReader, ColonsInValuesAndMassBankTags_AreSplitInTheRightPlace) {
  const Spectrum s = one("Name: PC(16:0/18:1)\nComment:see: page 5\nCH$LINK:PUBCHEM: CID:5994\nNum Peaks: 1\n1 1\n");
  EXPECT_EQ(s.field("compound_name"), "PC(16:0/18:1)");
  EXPECT_EQ(s.field("comment"), "see: page 5");
  EXPECT_EQ(s.field("pubchem"), "CID:5994");
}

}  // namespace
}  // namespace molbridge::spectra
