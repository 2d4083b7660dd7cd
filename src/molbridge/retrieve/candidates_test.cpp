#include "molbridge/retrieve/candidates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "molbridge/core/rng.hpp"
#include "molbridge/retrieve/test_bank.hpp"

namespace molbridge::retrieve {
namespace {

using mass::Adduct;
using mass::Tolerance;
using testing::ElementsAre;
using testing::IsEmpty;

Adduct adduct(std::string_view text) { return Adduct::parse(text).value(); }

std::vector<std::string> formulas(const bank::Bank& bank, const std::vector<std::uint64_t>& rows) {
  std::vector<std::string> out;
  for (const auto row : rows) out.push_back(bank.record(row).formula);
  return out;
}

TEST(CandidatesTest, RowsInWindow_AreThoseWhoseIonLiesWithinTheTolerance) {
  const TestBank bank({{"C8H10N4O2", "CAFFEINEAAAAAA", {1, 0}},
                       {"C10H14N2O2", "OTHERAAAAAAAAA", {0, 1}},  // 194.1055, 130 ppm away
                       {"C6H12O6", "GLUCOSEAAAAAAA", {1, 1}}});
  EXPECT_THAT(formulas(*bank, rows_in_window(*bank, adduct("[M+H]+"), 195.0877, Tolerance::ppm(10))),
              ElementsAre("C8H10N4O2"));
  EXPECT_THAT(formulas(*bank, rows_in_window(*bank, adduct("[M+H]+"), 195.0877, Tolerance::ppm(200))),
              ElementsAre("C8H10N4O2", "C10H14N2O2"));
  EXPECT_THAT(formulas(*bank, rows_in_window(*bank, adduct("[2M+Na]+"), 383.1160, Tolerance::dalton(0.001))),
              ElementsAre("C6H12O6"));
  EXPECT_THAT(rows_in_window(*bank, adduct("[M+H]+"), 500, Tolerance::ppm(10)), IsEmpty());
}

TEST(CandidatesTest, RowsInWindow_CountTheElectronsOfPermanentIons) {
  const TestBank bank({{"C5H14NO+", "CHOLINEAAAAAAA", {1, 0}},
                       {"C12H14N2+2", "PARAQUATAAAAAA", {1, 0}},
                       {"C6H12O6", "GLUCOSEAAAAAAA", {1, 1}}});
  const double choline = mass::Formula::parse("C5H14NO+")->monoisotopic_mass();
  EXPECT_THAT(formulas(*bank, rows_in_window(*bank, adduct("[M]+"), choline, Tolerance::ppm(0.1))),
              ElementsAre("C5H14NO+"));
  const double paraquat = mass::Formula::parse("C12H14N2+2")->monoisotopic_mass() / 2;
  EXPECT_THAT(formulas(*bank, rows_in_window(*bank, adduct("[M]2+"), paraquat, Tolerance::ppm(0.1))),
              ElementsAre("C12H14N2+2"));
  const double glucose_ion = adduct("[M]+").ion_mz(*mass::Formula::parse("C6H12O6"));
  EXPECT_THAT(formulas(*bank, rows_in_window(*bank, adduct("[M]+"), glucose_ion, Tolerance::ppm(0.1))),
              ElementsAre("C6H12O6"));
}

TEST(CandidatesTest, RowsInWindow_OfRandomBanks_AreWhatALinearScanGives) {
  Rng rng(5);
  std::vector<TestMolecule> molecules;
  for (int i = 0; i < 400; ++i) {
    std::string key = "AAAAAAAAAAAAAA";
    for (int digit = 0, n = i; digit < 3; ++digit, n /= 26)
      key[static_cast<std::size_t>(digit)] = static_cast<char>('A' + n % 26);
    const std::string charge = std::vector<std::string>{"", "", "", "+", "-", "+2"}[rng.below(6)];
    molecules.push_back({"C" + std::to_string(10 + rng.below(3)) + "H" + std::to_string(10 + rng.below(12)) + "N" +
                             std::to_string(1 + rng.below(3)) + "O" + std::to_string(1 + rng.below(4)) + charge,
                         key,
                         {1, 0}});
  }
  const TestBank bank(molecules);
  for (const char* text : {"[M+H]+", "[M]+", "[M-H]-", "[2M+Na]+", "[M+2H]2+"}) {
    const Adduct ion = adduct(text);
    for (const Tolerance tolerance :
         {Tolerance::ppm(0.5), Tolerance::ppm(10), Tolerance::ppm(3000), Tolerance::dalton(1e-4)}) {
      for (int i = 0; i < 20; ++i) {
        const auto probe = (*bank).record(rng.below((*bank).size()));
        const double mz = ion.mz(probe.mass) * (1 + 2e-6 * (rng.uniform() - 0.5));
        std::vector<std::uint64_t> expected;
        for (std::uint64_t row = 0; row < (*bank).size(); ++row) {
          const auto formula = mass::Formula::parse((*bank).record(row).formula).value();
          if (mass_window(ion, mz, tolerance).contains(formula.atom_mass())) expected.push_back(row);
        }
        EXPECT_EQ(rows_in_window(*bank, ion, mz, tolerance), expected) << text << " " << tolerance.str();
      }
    }
  }
}

TEST(CandidatesTest, CandidateRows_WithAFormula_AreExactlyItsMolecules) {
  const TestBank bank({{"C8H10N4O2", "CAFFEINEAAAAAA", {1, 0}}, {"C10H14N2O2", "OTHERAAAAAAAAA", {0, 1}}});
  Query query;
  query.precursor_mz = 999;
  query.hypotheses = {{adduct("[M+H]+"), 998}, {adduct("[M+Na]+"), 976}};
  const QueryOptions options{.formula = *mass::Formula::parse("C10H14N2O2")};
  const auto rows = candidate_rows(*bank, query, options);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_THAT(formulas(*bank, rows[0]), ElementsAre("C10H14N2O2"));
  EXPECT_EQ(rows[0], rows[1]);
}

}  // namespace
}  // namespace molbridge::retrieve
