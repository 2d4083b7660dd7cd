#include "molbridge/train/pretraining_spectra.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge::train {
namespace {

namespace fs = std::filesystem;

std::string ions(const std::string& keys, int number = 0) {
  const std::string digit = std::to_string(number);
  return "BEGIN IONS\nTITLE=x\nPEPMASS=200." + digit + "\n" + keys + "50.1 1\n60." + digit +
         " 2\n70.1 4\n80.1 8\nEND IONS\n\n";
}

class PretrainingSpectraFiles : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) const {
    write_file_atomically(folder_ + "/" + name, text);
    return folder_ + "/" + name;
  }
  static PretrainingSpectra load(const PretrainingOptions& options) {
    auto spectra = load_pretraining_spectra(options, no_progress());
    std::uint64_t sum = spectra.training.size() + spectra.validation.size();
    for (const auto& [reason, count] : spectra.skipped) sum += count;
    EXPECT_EQ(sum, spectra.read);
    return spectra;
  }
  std::string folder_ = testing::TempDir() + "pretraining_spectra_" + std::to_string(::getpid());
};

TEST_F(PretrainingSpectraFiles, Spectrum_BecomesPrecursorAndStrongestPeaks) {
  const auto file = write("a.mgf", ions("RTINSECONDS=12.5\n"));
  const auto spectra = load({.files = {file}, .max_peaks = 3, .validation_share = 0});
  ASSERT_EQ(spectra.training.size(), 1U);
  const auto& peaks = spectra.training[0].tokens.peaks;
  ASSERT_EQ(peaks.size(), 4U);
  EXPECT_FLOAT_EQ(peaks[0].mz, 200.0F);
  EXPECT_FLOAT_EQ(peaks[0].intensity, 1.1F);
  EXPECT_FLOAT_EQ(peaks[1].mz, 60.0F);
  EXPECT_FLOAT_EQ(peaks[1].intensity, 0.25F);
  EXPECT_FLOAT_EQ(peaks[3].intensity, 1.0F);
  EXPECT_EQ(spectra.training[0].tokens.pads, 0);
  EXPECT_FLOAT_EQ(spectra.training[0].rt_seconds, 12.5F);
}

TEST_F(PretrainingSpectraFiles, UnusableSpectra_AreCountedByReason) {
  std::string poor = ions("");
  poor.erase(poor.find("PEPMASS"), 14);
  const auto file = write("a.mgf", ions("") + poor + "BEGIN IONS\nTITLE=y\nPEPMASS=100\n50 1\n60 0\n70 1\nEND IONS\n");
  const auto spectra = load({.files = {file}, .validation_share = 0});
  EXPECT_EQ(spectra.training.size(), 1U);
  EXPECT_EQ(spectra.skipped.at("no precursor m/z"), 1U);
  EXPECT_EQ(spectra.skipped.at("fewer than 3 peaks"), 1U);
  EXPECT_THROW(load({.files = {write("b.mgf", poor)}}), Error);
}

TEST_F(PretrainingSpectraFiles, HeldOutCompounds_StayOutHoweverTheyAreNamed) {
  const auto held_out = write("held_out.mgf", ions("SMILES=CCO\n") + ions("SMILES=c1ccccc1\n"));
  const auto file = write("a.mgf", ions("SMILES=OCC\n") +                                // the same
                                       ions("INCHIKEY=LFQSCWFLJHTTHZ-UHFFFAOYSA-N\n") +  // the same, by its key alone
                                       ions("FORMULA=C2H6O\n") + ions("SMILES=COC\n") +  // an isomer
                                       ions("SMILES=CCCO\n") + ions("SMILES=CCN\nFORMULA=C6H6\n") + ions(""));
  const auto by_formula = load({.files = {file}, .exclude = {held_out}, .keep_unknown = false, .validation_share = 0});
  EXPECT_EQ(by_formula.training.size(), 1U);
  EXPECT_EQ(by_formula.skipped.at("formula is held out"), 4U);
  EXPECT_EQ(by_formula.skipped.at("unknown compound, which may be a held-out one"), 2U);  // a key says no formula
  const auto by_key =
      load({.files = {file}, .exclude = {held_out}, .exclude_by = Exclusion::kInchikey, .validation_share = 0});
  EXPECT_EQ(by_key.skipped.at("inchikey is held out"), 2U);
  EXPECT_EQ(by_key.training.size(), 5U);
}

TEST_F(PretrainingSpectraFiles, FilesToExclude_MustNameTheirCompounds) {
  const auto file = write("a.mgf", ions("SMILES=CCO\n")), silent = write("silent.mgf", ions(""));
  EXPECT_THROW(load({.files = {file}, .exclude = {silent}}), Error);
}

TEST_F(PretrainingSpectraFiles, ValidationShare_DividesByFormulaOrBySpectrum) {
  std::string text;
  for (int i = 1; i <= 40; ++i) {
    const std::string smiles = "SMILES=" + std::string(static_cast<std::size_t>(i), 'C') + "O\n";
    text += ions(smiles, 1) + ions(smiles, 2);
  }
  const auto file = write("a.mgf", text);
  const auto spectra = load({.files = {file}, .validation_share = 0.3});
  std::set<std::int64_t> training, validation;
  for (const auto& one : spectra.training) training.insert(one.compound);
  for (const auto& one : spectra.validation) validation.insert(one.compound);
  EXPECT_EQ(training.size() + validation.size(), 40U);
  EXPECT_GT(validation.size(), 4U);
  EXPECT_LT(validation.size(), 21U);
  EXPECT_EQ(spectra.compounds, 40U);
  std::string unknown;
  for (int i = 0; i < 10; ++i) unknown += ions("", i) + ions("", i);  // each twice
  const auto unlabelled = load({.files = {write("b.mgf", unknown)}, .validation_share = 0.5});
  EXPECT_EQ(unlabelled.training.size() % 2, 0U);
  EXPECT_FALSE(unlabelled.validation.empty());
  EXPECT_EQ(unlabelled.compounds, 0U);
}

}  // namespace
}  // namespace molbridge::train
