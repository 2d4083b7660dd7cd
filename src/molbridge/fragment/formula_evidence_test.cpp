#include "molbridge/fragment/formula_evidence.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "molbridge/core/error.hpp"

namespace molbridge::fragment {
namespace {

double mz_of(const char* text) { return mass::Formula::parse(text).value().monoisotopic_mass(); }
SubformulaIndex index_of(const char* text) { return SubformulaIndex(mass::Formula::parse(text).value()); }

TEST(FormulaEvidence, HandCounted) {
  const SubformulaIndex index = index_of("C8H11N4O2+");
  // A loss of water above the half, a fragment below it, one peak that is nothing, and the precursor.
  const std::vector<double> mz{mz_of("C3H4N+"), 90.2, mz_of("C8H9N4O+"), index.ion_mz()};
  const std::vector<double> intensity{16, 4, 9, 1000};
  const FormulaEvidence of = formula_evidence(index, mz, intensity, index.ion_mz());
  EXPECT_TRUE(of.searched);
  EXPECT_DOUBLE_EQ(of.peaks, 2.0 / 3);
  EXPECT_DOUBLE_EQ(of.intensity, 7.0 / 9);
  EXPECT_DOUBLE_EQ(of.high_peaks, 1);
  EXPECT_DOUBLE_EQ(of.high_intensity, 1);
  EXPECT_NEAR(of.error, 0, 1e-6);
  EXPECT_DOUBLE_EQ(of.loss_intensity, 3.0 / 9);
  EXPECT_DOUBLE_EQ(of.even_electrons, 1);
  EXPECT_GT(of.by_chance, 0);
  EXPECT_LT(of.by_chance, 0.2);
  EXPECT_GT(of.surprise, 7.0 / 9);
}

TEST(FormulaEvidence, ErrorIsInUnitsOfTheTolerance) {
  const SubformulaIndex index = index_of("C8H11N4O2+");
  const double mz = mz_of("C8H9N4O+");
  const FormulaEvidence of =
      formula_evidence(index, std::vector{mz + 5e-4}, std::vector{1.0}, index.ion_mz(), {.ppm = 0, .at_least = 1e-3});
  EXPECT_NEAR(of.error, 0.5, 1e-6);
}

TEST(FormulaEvidence, TrueFormulaIsAboveOneOfTheSameNominalMass) {
  const char* fragments[] = {"C9H9O+", "C8H7O2+", "C10H9O2+", "C6H5O+", "C7H7+", "C11H11O3+"};
  std::vector<double> mz;
  for (const char* text : fragments) mz.push_back(mz_of(text));
  std::sort(mz.begin(), mz.end());
  const std::vector<double> intensity(mz.size(), 1.0);
  const SubformulaIndex truth = index_of("C12H15O4+"), other = index_of("C7H19O7+");
  const FormulaEvidence right = formula_evidence(truth, mz, intensity, truth.ion_mz());
  const FormulaEvidence wrong = formula_evidence(other, mz, intensity, truth.ion_mz());
  EXPECT_DOUBLE_EQ(right.peaks, 1);
  EXPECT_LT(wrong.peaks, 0.5);
  EXPECT_GT(right.surprise, wrong.surprise);
}

TEST(FormulaEvidence, DenseFormulasMatchMoreByChance) {
  const std::vector<double> mz{151.31, 187.27, 203.4, 240.11}, intensity(4, 1.0);
  const FormulaEvidence plain = formula_evidence(index_of("C20H25O3+"), mz, intensity, 313.18);
  const FormulaEvidence rich = formula_evidence(index_of("C12H15N5O3S2ClF2+"), mz, intensity, 410.03);
  EXPECT_LT(plain.by_chance, rich.by_chance);
}

TEST(FormulaEvidence, NothingToSee_IsAllZero) {
  const SubformulaIndex index = index_of("C8H11N4O2+");
  const std::vector<double> only_precursor{index.ion_mz()}, one{1.0};
  for (const double value : formula_evidence(index, only_precursor, one, index.ion_mz()).values()) EXPECT_EQ(value, 0);
  for (const double value : formula_evidence(index_of("C100000H3+"), std::vector{90.0}, one, 195.0).values())
    EXPECT_EQ(value, 0);
  EXPECT_THROW(formula_evidence(index, only_precursor, {}, 195.0), Error);
}

}  // namespace
}  // namespace molbridge::fragment
