// Real libraries, where they are at hand: every record comes out, and the totals are known.

#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>

#include "molbridge/spectra/test_support.hpp"

namespace molbridge::spectra {
namespace {

struct Totals {
  const char* path;
  std::uint64_t spectra, profile, ms1, peaks, no_precursor, no_adduct;
};

void PrintTo(const Totals& totals, std::ostream* out) { *out << totals.path; }  // else test names hold addresses

class RealData : public testing::TestWithParam<Totals> {};

TEST_P(RealData, Totals_AreAsKnown) {
  const Totals& expected = GetParam();
  const std::string path = std::string(MOLBRIDGE_SOURCE_DIR "/../shared/data/") + expected.path;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  auto reader = open_spectra(path);
  std::uint64_t profile = 0, peaks = 0, no_precursor = 0, no_adduct = 0;
  while (const auto record = reader->next()) {
    if (const auto* spectrum = std::get_if<Spectrum>(&*record)) {
      peaks += spectrum->peaks.size();
      no_precursor += !spectrum->precursor_mz;
      no_adduct += spectrum->adduct.empty();
    } else {
      const auto& skipped = std::get<SkippedSpectrum>(*record);
      EXPECT_TRUE(skipped.reason.starts_with("profile data")) << skipped.id << ": " << skipped.reason;
      ++profile;
    }
  }
  EXPECT_EQ(reader->counts().spectra, expected.spectra);
  EXPECT_EQ(profile, expected.profile);
  EXPECT_EQ(reader->counts().skipped, expected.profile);
  EXPECT_EQ(reader->counts().ms1, expected.ms1);
  EXPECT_EQ(peaks, expected.peaks);
  EXPECT_EQ(no_precursor, expected.no_precursor);
  EXPECT_EQ(no_adduct, expected.no_adduct);
}

// Counted independently with grep: 48,289 and 5,074 BEGIN IONS; 134 MS2 and 46 MS records; 100 rows. The profile spectra are
// of RIKEN_NPDepo and RIKEN_IMS only (see profile.cpp).
INSTANTIATE_TEST_SUITE_P(Data, RealData,
                         testing::Values(Totals{"massbank/massbank_train.mgf.gz", 48'289 - 1'527, 1'527, 0, 1'023'511,
                                                874, 786},
                                         Totals{"massbank/massbank_val.mgf.gz", 5'074 - 184, 184, 0, 101'296, 91, 67},
                                         Totals{"massbank-records", 134 - 5, 5, 46, 2'872, 10, 5},
                                         Totals{"massspecgym-sample", 100, 0, 0, 4'034, 0, 100}));

}  // namespace
}  // namespace molbridge::spectra
