// Masses of the adducts of the field, as tables of several tools agree on them (CODATA and NIST masses).
#include <gtest/gtest.h>

#include "molbridge/mass/adduct.hpp"

namespace molbridge::mass {
namespace {

struct Row {
  const char* adduct;
  const char* canonical;
  int molecules;
  int charge;
  double gained_mass;  ///< u, electrons included
  double mz_shift;     ///< the same per charge
};

// clang-format off
constexpr Row kRows[] = {
    {"[M+H]+", "[M+H]+", 1, 1, 1.007276, 1.007276},
    {"[M]+", "[M]+", 1, 1, -0.000549, -0.000549},
    {"[M+Na]+", "[M+Na]+", 1, 1, 22.989221, 22.989221},
    {"[M+K]+", "[M+K]+", 1, 1, 38.963158, 38.963158},
    {"[M+NH4]+", "[M+NH4]+", 1, 1, 18.033826, 18.033826},
    {"[M+Li]+", "[M+Li]+", 1, 1, 7.015455, 7.015455},
    {"[M-H2O+H]+", "[M-H2O+H]+", 1, 1, -17.003288, -17.003288},
    {"[M-2H2O+H]+", "[M-2H2O+H]+", 1, 1, -35.013853, -35.013853},
    {"[M-3H2O+H]+", "[M-3H2O+H]+", 1, 1, -53.024418, -53.024418},
    {"[M-NH3+H]+", "[M-NH3+H]+", 1, 1, -16.019273, -16.019273},
    {"[M-CH2O2+H]+", "[M-CH2O2+H]+", 1, 1, -44.998203, -44.998203},
    {"[M+H2O+H]+", "[M+H2O+H]+", 1, 1, 19.017841, 19.017841},
    {"[M+CH3OH+H]+", "[M+CH4O+H]+", 1, 1, 33.033491, 33.033491},
    {"[M+ACN+H]+", "[M+C2H3N+H]+", 1, 1, 42.033826, 42.033826},
    {"[M+2ACN+H]+", "[M+2C2H3N+H]+", 1, 1, 83.060375, 83.060375},
    {"[M+ACN+Na]+", "[M+C2H3N+Na]+", 1, 1, 64.015770, 64.015770},
    {"[M+IPA+H]+", "[M+C3H8O+H]+", 1, 1, 61.064791, 61.064791},
    {"[M+DMSO+H]+", "[M+C2H6OS+H]+", 1, 1, 79.021212, 79.021212},
    {"[M-H+2Na]+", "[M-H+2Na]+", 1, 1, 44.971165, 44.971165},
    {"[M-H+2K]+", "[M-H+2K]+", 1, 1, 76.919039, 76.919039},
    {"[M+2H]2+", "[M+2H]2+", 1, 2, 2.014553, 1.007276},
    {"[M+3H]3+", "[M+3H]3+", 1, 3, 3.021829, 1.007276},
    {"[M+H+Na]2+", "[M+H+Na]2+", 1, 2, 23.996497, 11.998249},
    {"[M+H+K]2+", "[M+H+K]2+", 1, 2, 39.970434, 19.985217},
    {"[M+H+NH4]2+", "[M+H+NH4]2+", 1, 2, 19.041102, 9.520551},
    {"[M+2Na]2+", "[M+2Na]2+", 1, 2, 45.978441, 22.989221},
    {"[M+Ca]2+", "[M+Ca]2+", 1, 2, 39.961494, 19.980747},
    {"[M-H+Ca]+", "[M-H+Ca]+", 1, 1, 38.954217, 38.954217},
    {"[M+Mg]2+", "[M+Mg]2+", 1, 2, 23.983945, 11.991972},
    {"[M-H+Fe]+", "[M-H+Fe]+", 1, 1, 54.926563, 54.926563},
    {"[2M+H]+", "[2M+H]+", 2, 1, 1.007276, 1.007276},
    {"[2M+Na]+", "[2M+Na]+", 2, 1, 22.989221, 22.989221},
    {"[2M+K]+", "[2M+K]+", 2, 1, 38.963158, 38.963158},
    {"[2M+NH4]+", "[2M+NH4]+", 2, 1, 18.033826, 18.033826},
    {"[3M+H]+", "[3M+H]+", 3, 1, 1.007276, 1.007276},
    {"[3M+Na]+", "[3M+Na]+", 3, 1, 22.989221, 22.989221},
    {"[M-H]-", "[M-H]-", 1, -1, -1.007276, -1.007276},
    {"[M]-", "[M]-", 1, -1, 0.000549, 0.000549},
    {"[M-2H]2-", "[M-2H]2-", 1, -2, -2.014553, -1.007276},
    {"[M-3H]3-", "[M-3H]3-", 1, -3, -3.021829, -1.007276},
    {"[M-H2O-H]-", "[M-H2O-H]-", 1, -1, -19.017841, -19.017841},
    {"[M-CO2-H]-", "[M-CO2-H]-", 1, -1, -44.997106, -44.997106},
    {"[M-CH3]-", "[M-CH3]-", 1, -1, -15.022927, -15.022927},
    {"[M+Cl]-", "[M+Cl]-", 1, -1, 34.969401, 34.969401},
    {"[M+Br]-", "[M+Br]-", 1, -1, 78.918886, 78.918886},
    {"[M+F]-", "[M+F]-", 1, -1, 18.998952, 18.998952},
    {"[M+I]-", "[M+I]-", 1, -1, 126.905020, 126.905020},
    {"[M+CH2O2-H]-", "[M+CH2O2-H]-", 1, -1, 44.998203, 44.998203},
    {"[M+C2H4O2-H]-", "[M+C2H4O2-H]-", 1, -1, 59.013853, 59.013853},
    {"[M+TFA-H]-", "[M+C2HF3O2-H]-", 1, -1, 112.985587, 112.985587},
    {"[M-2H+Na]-", "[M-2H+Na]-", 1, -1, 20.974668, 20.974668},
    {"[M-2H+K]-", "[M-2H+K]-", 1, -1, 36.948605, 36.948605},
    {"[2M-H]-", "[2M-H]-", 2, -1, -1.007276, -1.007276},
    {"[2M+Cl]-", "[2M+Cl]-", 2, -1, 34.969401, 34.969401},
    {"[2M+CH2O2-H]-", "[2M+CH2O2-H]-", 2, -1, 44.998203, 44.998203},
    {"[2M+C2H4O2-H]-", "[2M+C2H4O2-H]-", 2, -1, 59.013853, 59.013853},
    {"[2M-2H+Na]-", "[2M-2H+Na]-", 2, -1, 20.974668, 20.974668},
    {"[3M-H]-", "[3M-H]-", 3, -1, -1.007276, -1.007276},
};
// clang-format on

class AdductTableTest : public testing::TestWithParam<Row> {};

TEST_P(AdductTableTest, Mz_OfTheTable_IsReproduced) {
  const auto& [text, canonical, molecules, charge, gained_mass, mz_shift] = GetParam();
  const auto adduct = Adduct::parse(text);
  ASSERT_TRUE(adduct) << adduct.reason();
  EXPECT_EQ(adduct->multiplicity(), molecules);
  EXPECT_EQ(adduct->charge(), charge);
  EXPECT_NEAR(adduct->mz(0) * std::abs(charge), gained_mass, 1e-5);
  EXPECT_NEAR(adduct->mz(0), mz_shift, 1e-5);
  EXPECT_NEAR(adduct->mz(300) - mz_shift, 300.0 * molecules / std::abs(charge), 1e-5);
}

TEST_P(AdductTableTest, Str_OfTheTable_IsTheUsualSpelling) {
  EXPECT_EQ(Adduct::parse(GetParam().adduct)->str(), GetParam().canonical);
  EXPECT_EQ(Adduct::parse(GetParam().canonical)->str(), GetParam().canonical);
}

INSTANTIATE_TEST_SUITE_P(AllRows, AdductTableTest, testing::ValuesIn(kRows));

}  // namespace
}  // namespace molbridge::mass
