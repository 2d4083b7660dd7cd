#include "molbridge/mass/formula.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/core/rng.hpp"

namespace molbridge::mass {
namespace {

Formula formula(std::string_view text) { return Formula::parse(text).value(); }

TEST(NuclideTest, Mass_OfBareSymbols_IsThatOfTheMostAbundantIsotope) {
  struct Case {
    std::string_view symbol;
    double mass;
  };
  for (const auto& [symbol, mass] : std::initializer_list<Case>{{"H", 1.00782503},
                                                                {"B", 11.00930517},
                                                                {"C", 12.0},
                                                                {"N", 14.00307400},
                                                                {"O", 15.99491462},
                                                                {"Si", 27.97692653},
                                                                {"P", 30.97376200},
                                                                {"S", 31.97207117},
                                                                {"Cl", 34.96885269},
                                                                {"Fe", 55.93493554},
                                                                {"Se", 79.9165218},
                                                                {"Br", 78.9183376},
                                                                {"Sn", 119.9022020},
                                                                {"I", 126.904472},
                                                                {"Pt", 194.964795},
                                                                {"Hg", 201.970644},
                                                                {"U", 238.050787}}) {
    EXPECT_NEAR(*nuclide_mass({*atomic_number(symbol), 0}), mass, 2e-6) << symbol;
  }
}

TEST(NuclideTest, Mass_OfEveryElement_IsNearItsMassNumber) {
  for (int z = 1; z <= 118; ++z) {
    const auto mass = nuclide_mass({z, 0});
    ASSERT_TRUE(mass.has_value()) << z;
    EXPECT_NEAR(*mass, std::round(*mass), 0.3) << element_symbol(z);
    EXPECT_EQ(atomic_number(element_symbol(z)), z);
  }
  EXPECT_FALSE(nuclide_mass({119, 0}));
  EXPECT_FALSE(nuclide_mass({0, 0}));
  EXPECT_FALSE(nuclide_mass({6, 19}));
  EXPECT_FALSE(atomic_number("Xx"));
  EXPECT_FALSE(atomic_number(""));
  EXPECT_FALSE(atomic_number("c"));
}

TEST(NuclideTest, Mass_OfTheUsualTracers_IsTabulated) {
  struct Case {
    Nuclide nuclide;
    double mass;
  };
  for (const auto& [nuclide, mass] : std::initializer_list<Case>{
           {{1, 2}, 2.01410178},    {{1, 3}, 3.01604928},    {{3, 6}, 6.01512289},    {{5, 10}, 10.01293686},
           {{6, 13}, 13.00335484},  {{6, 14}, 14.00324199},  {{7, 15}, 15.00010890},  {{8, 17}, 16.99913176},
           {{8, 18}, 17.99915961},  {{9, 18}, 18.00093733},  {{14, 29}, 28.97649467}, {{14, 30}, 29.97377014},
           {{15, 32}, 31.97390764}, {{15, 33}, 32.9717257},  {{16, 33}, 32.97145891}, {{16, 34}, 33.96786701},
           {{16, 36}, 35.96708070}, {{17, 37}, 36.96590257}, {{35, 81}, 80.91628972}, {{53, 123}, 122.905589},
           {{53, 125}, 124.904630}, {{53, 129}, 128.904984}, {{53, 131}, 130.906126}}) {
    ASSERT_TRUE(nuclide_mass(nuclide)) << nuclide.mass_number;
    EXPECT_NEAR(*nuclide_mass(nuclide), mass, 2e-6) << nuclide.atomic_number << "/" << nuclide.mass_number;
  }
}

TEST(FormulaTest, Parse_Notations_GiveTheSameAtoms) {
  EXPECT_EQ(formula("(CH3)2CO"), formula("C3H6O"));
  EXPECT_EQ(formula("OCH4"), formula("CH3OH"));
  EXPECT_EQ(formula("CuSO4.5H2O"), formula("CuH10O9S"));
  EXPECT_EQ(formula("C6 H12 O6"), formula("C6H12O6"));
  EXPECT_EQ(formula("CD3OD"), formula("C[2H]4O"));
  EXPECT_EQ(formula("C0H4"), formula("H4"));
  EXPECT_EQ(formula("K4[Fe(CN)6]"), formula("C6FeK4N6"));
  EXPECT_NE(formula("Co"), formula("CO"));
}

TEST(FormulaTest, Parse_Charges_AreKeptApart) {
  EXPECT_EQ(formula("C5H14NO+").charge(), 1);
  EXPECT_EQ(formula("C6H5O-").charge(), -1);
  EXPECT_EQ(formula("[C6H5]+").charge(), 1);
  EXPECT_EQ(formula("Ca+2").charge(), 2);
  EXPECT_EQ(formula("Ca++").charge(), 2);
  EXPECT_EQ(formula("SO4-2").charge(), -2);
  EXPECT_EQ(formula("SO4-2").count("O"), 4);
  EXPECT_EQ(formula("[Fe(CN)6]4-").charge(), -4);
  EXPECT_EQ(formula("[13C]H3+").charge(), 1);
  EXPECT_EQ(formula("[13C]+").count(Nuclide{6, 13}), 1);
  EXPECT_EQ(formula("[13C]2").count(Nuclide{6, 13}), 2);
  EXPECT_EQ(formula("C6H6").charge(), 0);
}

TEST(FormulaTest, Parse_BadText_IsRefusedWithThePart) {
  struct Case {
    std::string text, part;
  };
  for (const auto& [text, part] : std::initializer_list<Case>{{"", "empty"},
                                                              {"   ", "empty"},
                                                              {"Xx2", "'Xx'"},
                                                              {"C6H12O6)", "')'"},
                                                              {"(C6H12", "')'"},
                                                              {"[13C", "']'"},
                                                              {"[13]H", "element"},
                                                              {"13C6", "digit"},
                                                              {"[99C]", "[99C]"},
                                                              {"C1000001", "1,000,000"},
                                                              {"(C1000)10000", "1,000,000"},
                                                              {"c6h6", "'c'"},
                                                              {"C6H6?", "'?'"},
                                                              {"()", "bracket"},
                                                              {"+", "empty"},
                                                              {"C-+", "charge"},
                                                              {"C+9999", "charge"},
                                                              {"C+0", "charge"},
                                                              {"C..H", "part"},
                                                              {"C99999999999999999999", "1,000,000"},
                                                              {"[[13C]", "']'"},
                                                              {"[13[13C]]", "element"},
                                                              {"[2D]", "isotope"}}) {
    const auto result = Formula::parse(text);
    ASSERT_FALSE(result) << text;
    EXPECT_NE(result.reason().find(part), std::string::npos) << text << ": " << result.reason();
  }
}

TEST(FormulaTest, Parse_HostileText_IsRefusedAtOnce) {
  EXPECT_FALSE(Formula::parse(std::string(100'000, '(')));
  EXPECT_FALSE(Formula::parse(std::string(4000, '(')));
  EXPECT_FALSE(Formula::parse(std::string(4000, '[')));
  EXPECT_FALSE(Formula::parse(std::string(4000, '+')));
  EXPECT_FALSE(Formula::parse(std::string(100'000, 'C')));
  std::string bomb = "C";
  for (int i = 0; i < 12; ++i) bomb = "(" + bomb + ")999999";
  EXPECT_FALSE(Formula::parse(bomb));
}

TEST(FormulaTest, MonoisotopicMass_OfKnownMolecules_IsRight) {
  EXPECT_NEAR(formula("C8H10N4O2").monoisotopic_mass(), 194.080376, 1e-6);  // caffeine
  EXPECT_NEAR(formula("C6H12O6").monoisotopic_mass(), 180.063388, 1e-6);    // glucose
  EXPECT_NEAR(formula("C5H14NO+").monoisotopic_mass(), 104.106990, 1e-6);   // choline
  EXPECT_NEAR(formula("C5H14NO+").atom_mass(), 104.107539, 1e-6);
  EXPECT_NEAR(formula("[13C]6H12O6").monoisotopic_mass() - formula("C6H12O6").monoisotopic_mass(), 6 * kC13Shift, 1e-9);
  EXPECT_NEAR(formula("D2O").monoisotopic_mass(), 20.023118, 1e-6);
}

TEST(FormulaTest, Hill_OrdersCarbonHydrogenThenTheAlphabet) {
  EXPECT_EQ(formula("O6H12C6").hill(), "C6H12O6");
  EXPECT_EQ(formula("NaCl").hill(), "ClNa");
  EXPECT_EQ(formula("H3N").hill(), "H3N");
  EXPECT_EQ(formula("CH3Br").hill(), "CH3Br");
  EXPECT_EQ(formula("CD3OH").hill(), "CH[2H]3O");
  EXPECT_EQ(formula("[13C]C5H6").hill(), "C5[13C]H6");
  EXPECT_EQ(formula("C5H14NO+").hill(), "C5H14NO+");
  EXPECT_EQ(formula("Ca+2").hill(), "Ca+2");
  EXPECT_EQ(Formula().hill(), "");
}

TEST(FormulaTest, Hill_OfRandomFormulas_ReadsBack) {
  Rng rng(11);
  for (int i = 0; i < 2000; ++i) {
    Formula original;
    const auto kinds = 1 + rng.below(6);
    for (std::uint64_t k = 0; k < kinds; ++k)
      original.add({static_cast<int>(1 + rng.below(118)), 0}, static_cast<int>(1 + rng.below(40)));
    if (rng.below(4) == 0) original.add({6, 13}, 3);
    original.set_charge(static_cast<int>(rng.below(7)) - 3);
    const auto again = Formula::parse(original.hill());
    ASSERT_TRUE(again) << again.reason();
    EXPECT_EQ(*again, original) << original.hill();
  }
}

TEST(FormulaTest, Arithmetic_KeepsBalances) {
  const Formula glucose = formula("C6H12O6");
  const Formula water = formula("H2O");
  EXPECT_EQ((glucose - water).hill(), "C6H10O5");
  EXPECT_EQ(glucose - glucose, Formula());
  EXPECT_EQ((water * 3).hill(), "H6O3");
  EXPECT_TRUE(glucose.contains(water));
  EXPECT_FALSE(water.contains(glucose));
  EXPECT_TRUE((water - glucose).has_negative_count());
  Formula twice = water;
  twice += twice;
  EXPECT_EQ(twice, water * 2);
  twice -= twice;
  EXPECT_TRUE(twice.empty());
}

}  // namespace
}  // namespace molbridge::mass
