// Real files, where they are at hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/core/files.hpp"
#include "molbridge/spectra/mzml_testing.hpp"

namespace molbridge::spectra {
namespace {

using ::testing::HasSubstr;

struct Expected {
  const char* file;
  std::uint64_t spectra, skipped, ms1;
  const char* reason;  ///< part of the reason of the last skipped record
};

constexpr Expected kExpected[] = {
    {"gnps_sulfamethizine_positive.mzXML", 64, 0, 38, ""},
    {"mzdata_small.mzML", 34, 0, 14, ""},
    {"mzmine_171103_PMA_TK_QC_04.mzML", 381, 0, 126, ""},
    {"mzmine_DOM_b.mzXML", 434, 0, 87, ""},
    {"openms_FileConverter_24_output.mzML", 6, 0, 4, ""},
    {"openms_FileConverter_25_output.mzML", 6, 0, 4, ""},
    {"openms_FileConverter_29_output.mzML", 49, 1, 50, "all intensities are 0"},
    {"openms_FileFilter_37_output.mzML", 6, 0, 4, ""},
    {"openms_FileFilter_38_output.mzML", 6, 0, 4, ""},
    {"openms_FileFilter_49_output.mzML", 49, 1, 50, "all intensities are 0"},
    {"openms_corrupt.mzML", 0, 1, 1, "declares 10 spectra and has 1"},
    {"psi_1min.mzML", 26, 0, 13, ""},
    {"psi_tiny.pwiz.1.1.mzML", 0, 1, 3, "profile data (10 points)"},
    {"recetox_mbr_truncated.mzml", 5, 1, 0, "declares 583 spectra and has 5"},
    {"recetox_small_pwiz_1.1.1_truncated.mzML", 4, 0, 2, ""},
};

class MzmlData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!folder_exists(folder_)) GTEST_SKIP() << "no real files at " << folder_;
  }
  testing::Output read(const std::string& file, const ReadOptions& options = {}) const {
    const auto reader = open_mzml(folder_ + "/" + file, options);
    return testing::read_all(*reader);
  }

 private:
  std::string folder_ = MOLBRIDGE_SOURCE_DIR "/../shared/data/mzml";
};

TEST_F(MzmlData, EveryFile_Counts) {
  for (const Expected& expected : kExpected) {
    SCOPED_TRACE(expected.file);
    const testing::Output out = read(expected.file);
    EXPECT_EQ(out.counts.spectra, expected.spectra);
    EXPECT_EQ(out.counts.skipped, expected.skipped);
    EXPECT_EQ(out.counts.ms1, expected.ms1);
    for (const Record& record : out.records) {
      if (const auto* skipped = std::get_if<SkippedSpectrum>(&record)) {
        EXPECT_THAT(skipped->reason, HasSubstr(expected.reason));
      }
    }
  }
}

double total(const Spectrum& spectrum, double Peak::*member) {
  double sum = 0;
  for (const Peak& peak : spectrum.peaks) sum += peak.*member;
  return sum;
}

// Sums of m/z and of intensity were made with lxml, zlib and pynumpress.
TEST_F(MzmlData, PeaksAndMetadata_AsDecodedIndependently) {
  const testing::Output thermo = read("mzmine_171103_PMA_TK_QC_04.mzML");
  const Spectrum& first = thermo.spectrum(0);
  EXPECT_EQ(first.id, "controllerType=0 controllerNumber=1 scan=2122");
  EXPECT_EQ(first.precursor_mz, 167.013366699219);
  EXPECT_EQ(first.charge, 1);
  EXPECT_EQ(first.ion_mode, mass::IonMode::kPositive);
  EXPECT_EQ(first.field("collision_energy"), "30");
  EXPECT_EQ(first.field("instrument"), "Q Exactive");
  EXPECT_EQ(first.peaks.size(), 15u);
  EXPECT_NEAR(total(first, &Peak::mz), 1586.717064, 1e-6);
  EXPECT_NEAR(total(first, &Peak::intensity), 5.0687e6, 50);

  const testing::Output numpress = read("openms_FileConverter_25_output.mzML");
  EXPECT_EQ(numpress.spectrum(0).id, "spectrum=3");
  EXPECT_NEAR(total(numpress.spectrum(0), &Peak::mz), 1696.023987, 1e-6);
  EXPECT_NEAR(total(numpress.spectrum(0), &Peak::intensity), 560.983, 1e-3);

  const testing::Output old = read("psi_1min.mzML");  // mzML 0.99
  EXPECT_EQ(old.spectrum(0).precursor_mz, 371.21);
  EXPECT_NEAR(old.spectrum(0).peaks.front().mz, 128.875, 1e-3);
  EXPECT_NEAR(total(old.spectrum(0), &Peak::intensity), 2.39412e6, 5);
}

TEST_F(MzmlData, ProfileAllowed_Read) {
  const testing::Output out = read("psi_tiny.pwiz.1.1.mzML", {.refuse_profile = false});
  ASSERT_EQ(out.counts.skipped, 1u);  // its m/z values start at 0
  EXPECT_THAT(out.skipped(0).reason, HasSubstr("m/z is 0"));
}

}  // namespace
}  // namespace molbridge::spectra
