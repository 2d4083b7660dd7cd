#include "molbridge/retrieve/query.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "molbridge/core/text.hpp"

namespace molbridge::retrieve {
namespace {

using mass::Adduct;
using mass::IonMode;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kCaffeine = 194.0803755;

spectra::Spectrum spectrum(std::optional<double> precursor_mz, std::string adduct = "") {
  spectra::Spectrum s;
  s.id = "s";
  s.precursor_mz = precursor_mz;
  s.adduct = std::move(adduct);
  s.peaks = {{100, 1}};
  return s;
}

Query resolved(const spectra::Spectrum& s, const QueryOptions& options = {}) {
  return resolve_query(s, options).value();
}

std::vector<std::string> adducts(const Query& query) {
  std::vector<std::string> names;
  for (const auto& hypothesis : query.hypotheses) names.push_back(hypothesis.adduct.str());
  return names;
}

TEST(ResolveQueryTest, NamedAdduct_GivesItsNeutralMassWithoutNotes) {
  const Query query = resolved(spectrum(195.087652, "M+H"));
  EXPECT_THAT(adducts(query), ElementsAre("[M+H]+"));
  EXPECT_NEAR(query.hypotheses[0].neutral_mass, kCaffeine, 1e-6);
  EXPECT_FALSE(query.adduct_assumed);
  EXPECT_TRUE(query.precursor_measured);
  EXPECT_THAT(query.notes, IsEmpty());
}

TEST(ResolveQueryTest, MissingAdduct_TriesTheUsualOnesOfTheMode) {
  auto s = spectrum(195.0877);
  s.ion_mode = IonMode::kNegative;
  const Query query = resolved(s);
  EXPECT_THAT(adducts(query), ElementsAre("[M-H]-", "[M+CH2O2-H]-", "[M+Cl]-", "[M+C2H4O2-H]-"));
  EXPECT_TRUE(query.adduct_assumed);
  EXPECT_THAT(query.notes, ElementsAre("adduct assumed"));
}

TEST(ResolveQueryTest, MissingAdductAndMode_TakeTheSignOfTheChargeThenTheOptionThenBoth) {
  auto s = spectrum(195.0877);
  s.charge = 1;
  EXPECT_EQ(adducts(resolved(s)).size(), 6U);
  EXPECT_EQ(adducts(resolved(spectrum(195.0877), {.ion_mode = IonMode::kNegative})).size(), 4U);
  EXPECT_EQ(adducts(resolved(spectrum(195.0877))).size(), 10U);
}

TEST(ResolveQueryTest, MissingAdductWithSeveralCharges_AssumesThatManyProtons) {
  auto s = spectrum(400.0);
  s.charge = 3;
  EXPECT_THAT(adducts(resolved(s)), ElementsAre("[M+3H]3+"));
  s.charge = -2;
  EXPECT_THAT(adducts(resolved(s)), ElementsAre("[M-2H]2-"));
}

TEST(ResolveQueryTest, UnreadableAdduct_IsTakenAsMissingAndSaid) {
  auto s = spectrum(195.0877, "[M+Quux]+");
  s.ion_mode = IonMode::kPositive;
  const Query query = resolved(s);
  EXPECT_TRUE(query.adduct_assumed);
  EXPECT_EQ(query.hypotheses.size(), 6U);
  EXPECT_THAT(query.notes, Contains(HasSubstr("[M+Quux]+")));
}

TEST(ResolveQueryTest, ContradictingCharge_LosesAgainstTheAdductAndIsSaid) {
  auto s = spectrum(195.0877, "[M+H]+");
  s.charge = -1;
  Query query = resolved(s);
  EXPECT_THAT(adducts(query), ElementsAre("[M+H]+"));
  EXPECT_THAT(query.notes, ElementsAre(HasSubstr("charge 1- contradicts adduct [M+H]+")));
  s.charge = 0;
  s.ion_mode = IonMode::kNegative;
  query = resolved(s);
  EXPECT_THAT(query.notes, ElementsAre(HasSubstr("ion mode negative contradicts")));
}

TEST(ResolveQueryTest, AdductOption_OverridesTheSpectrumAndSaysSo) {
  const QueryOptions options{.adduct = *Adduct::parse("[M+Na]+")};
  const Query query = resolved(spectrum(217.0696, "[M+H]+"), options);
  EXPECT_THAT(adducts(query), ElementsAre("[M+Na]+"));
  EXPECT_THAT(query.notes, ElementsAre(HasSubstr("[M+H]+ of the spectrum replaced by [M+Na]+")));
  EXPECT_THAT(resolved(spectrum(217.0696, "M+Na"), options).notes, IsEmpty());
  EXPECT_THAT(resolved(spectrum(217.0696, "???"), options).notes, IsEmpty());
}

TEST(ResolveQueryTest, BadPrecursor_IsRefusedWithItsValue) {
  for (const double mz :
       {0.0, -5.0, 1e6, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    const auto result = resolve_query(spectrum(mz, "[M+H]+"), {});
    ASSERT_FALSE(result) << mz;
    EXPECT_THAT(result.reason(), HasSubstr("precursor m/z " + format_shortest(mz)));
  }
  EXPECT_THAT(resolve_query(spectrum(std::nullopt), {}).reason(), HasSubstr("no precursor m/z"));
  auto zero = spectrum(std::nullopt, "[M+H]+");
  zero.fields.push_back({"precursor_mz", "PEPMASS", "0"});
  EXPECT_THAT(resolve_query(zero, {}).reason(), HasSubstr("precursor m/z '0' is no usable number"));
  EXPECT_THAT(resolve_query(spectrum(10.0, "[M+TFA-H]-"), {}).reason(), HasSubstr("too small for [M+C2HF3O2-H]-"));
}

TEST(ResolveQueryTest, SmallPrecursorWithoutAdduct_DropsWhatCannotBe) {
  auto s = spectrum(30.0);
  s.ion_mode = IonMode::kNegative;
  EXPECT_THAT(adducts(resolved(s)), ElementsAre("[M-H]-"));
}

TEST(ResolveQueryTest, MissingPrecursor_IsDerivedFromFormulaAndAdduct) {
  const QueryOptions options{.formula = *mass::Formula::parse("C8H10N4O2")};
  Query query = resolved(spectrum(std::nullopt, "[M+H]+"), options);
  EXPECT_NEAR(query.precursor_mz, 195.087652, 1e-6);
  EXPECT_FALSE(query.precursor_measured);
  EXPECT_THAT(query.notes, ElementsAre(HasSubstr("derived")));
  EXPECT_THAT(resolve_query(spectrum(std::nullopt), options).reason(), HasSubstr("no precursor m/z"));
  auto s = spectrum(std::nullopt, "[M+H]+");
  s.fields.push_back({"formula", "FORMULA", "C8H10N4O2"});
  EXPECT_NEAR(resolved(s).precursor_mz, 195.087652, 1e-6);
}

TEST(ResolveQueryTest, FormulaOption_ChecksThePrecursor) {
  const QueryOptions options{.formula = *mass::Formula::parse("C8H10N4O2")};
  EXPECT_THAT(resolved(spectrum(195.0877, "[M+H]+"), options).notes, IsEmpty());
  EXPECT_THAT(resolved(spectrum(195.1877, "[M+H]+"), options).notes,
              ElementsAre(HasSubstr("ppm off 'C8H10N4O2' as [M+H]+")));
}

TEST(ResolveQueryTest, FormulaOptionWithoutAdduct_TakesTheAdductThatFits) {
  const QueryOptions options{.formula = *mass::Formula::parse("C8H10N4O2")};
  EXPECT_THAT(adducts(resolved(spectrum(217.0696), options)), ElementsAre("[M+Na]+"));
  const Query none = resolved(spectrum(500.0), options);
  EXPECT_THAT(adducts(none), ElementsAre("[M+H]+"));
  EXPECT_THAT(none.notes, Contains(HasSubstr("under none of the usual adducts")));
}

}  // namespace
}  // namespace molbridge::retrieve
