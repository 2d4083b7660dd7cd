#include <gtest/gtest.h>

#include "molbridge/spectra/test_support.hpp"

namespace molbridge::spectra {
namespace {

TEST(MassSpecGymReader, ColumnsInAnyOrder_AreRead) {
  const ReadResult result = read_bytes(
      "identifier\tintensities\tmzs\tsmiles\tprecursor_mz\tadduct\tcollision_energy\tfold\r\n"
      "ID1\t0.5,1.0\t200.5,100.25\tCCO\t315.2\t[M+H]+\t30.0\ttrain\r\n"
      "ID2\t[1.0]\t\"[50.5]\"\tCC\t100.1\t[M+Na]+\t\ttest\r\n");
  ASSERT_EQ(result.spectra.size(), 2u);
  const Spectrum& s = result.spectra[0];
  EXPECT_EQ(s.id, "ID1");
  EXPECT_EQ(s.line, 2u);
  EXPECT_EQ(s.precursor_mz, 315.2);
  EXPECT_EQ(s.adduct, "[M+H]+");
  EXPECT_EQ(s.field("smiles"), "CCO");
  EXPECT_EQ(s.field("fold"), "train");
  EXPECT_EQ(s.peaks, (std::vector<Peak>{{100.25, 1.0}, {200.5, 0.5}}));
  EXPECT_EQ(result.spectra[1].field("collision_energy"), "");
  EXPECT_EQ(result.spectra[1].fields.size(), 5u) << "an empty cell says nothing";
}

TEST(MassSpecGymReader, BadRows_AreSkippedWithReason) {
  const ReadResult result = read_bytes("identifier\tmzs\tintensities\nA\t1,2\t1\nB\t1,x\t1,2\nC\t1\nD\t1\t1\n");
  ASSERT_EQ(result.skipped.size(), 3u);
  EXPECT_EQ(result.skipped[0].reason, "2 m/z but 1 intensities");
  EXPECT_EQ(result.skipped[0].id, "A");
  EXPECT_EQ(result.skipped[1].reason, "'x' is no number");
  EXPECT_EQ(result.skipped[2].reason, "line 4 has 2 cells, the header 3");
  EXPECT_FALSE(result.skipped[2].damaged_input);
  EXPECT_EQ(result.spectra.size(), 1u);
}

TEST(MassSpecGymReader, LastRowCut_IsDamage) {
  const ReadResult result = read_bytes("identifier\tmzs\tintensities\nA\t1\t1\nB\t1");
  ASSERT_EQ(result.skipped.size(), 1u);
  EXPECT_TRUE(result.skipped[0].damaged_input);
}

TEST(MassSpecGymReader, PeakColumnsMissing_NamesWhatIsThere) {
  const std::string message = error_of([] { read_as(Format::kMassSpecGym, "identifier\tmz\nA\t1\n"); });
  EXPECT_NE(message.find("no column 'mzs'; found: identifier, mz"), std::string::npos) << message;
}

}  // namespace
}  // namespace molbridge::spectra
