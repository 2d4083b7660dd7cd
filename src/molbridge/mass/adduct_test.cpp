#include "molbridge/mass/adduct.hpp"

#include <gtest/gtest.h>

#include "molbridge/core/rng.hpp"

namespace molbridge::mass {
namespace {

Adduct adduct(std::string_view text, IonMode mode = IonMode::kUnknown) { return Adduct::parse(text, mode).value(); }

struct Spelling {
  std::string written;
  std::string canonical;
};

TEST(AdductTest, Parse_SpellingsOfTheField_GiveTheCanonicalOne) {
  const std::initializer_list<Spelling> cases = {
      {"[M+H]+", "[M+H]+"},
      {"[M+H]1+", "[M+H]+"},
      {"[M+H]+1", "[M+H]+"},
      {"(M+H)+", "[M+H]+"},
      {" [M + H] + ", "[M+H]+"},
      {"[m+h]+", "[M+H]+"},
      {"M+H+", "[M+H]+"},
      {"M+H", "[M+H]+"},
      {"[M+H]", "[M+H]+"},
      {"[M+H+]", "[M+H]+"},
      {"[M\u2212H]\u207b", "[M-H]-"},
      {"[M+2H]\u00b2\u207a", "[M+2H]2+"},
      {"M-H", "[M-H]-"},
      {"M-H1", "[M-H]-"},
      {"M-H-", "[M-H]-"},
      {"[M]1+", "[M]+"},
      {"[M]+.", "[M]+"},
      {"[M]+*", "[M]+"},
      {"[M]\u2022+", "[M]+"},
      {"M+", "[M]+"},
      {"M+.", "[M]+"},
      {"[Cat]+", "[M]+"},
      {"[M]-", "[M]-"},
      {"[M+NH4]", "[M+NH4]+"},
      {"[M+NH3+H]+", "[M+NH4]+"},
      {"[M+H3N+H]+", "[M+NH4]+"},
      {"M+NH4+", "[M+NH4]+"},
      {"[M+H3O]+", "[M+H2O+H]+"},
      {"[M-H2O+H]+", "[M-H2O+H]+"},
      {"[M+H-H2O]+", "[M-H2O+H]+"},
      {"[M+H-H20]+", "[M-H2O+H]+"},
      {"M+H-H2O", "[M-H2O+H]+"},
      {"[M-OH]+", "[M-H2O+H]+"},
      {"[M-H4O2+H]+", "[M-2H2O+H]+"},
      {"[M+H-2H2O]+", "[M-2H2O+H]+"},
      {"[M+H-NH3]+", "[M-NH3+H]+"},
      {"[M+H-C12H20O9]+", "[M-C12H20O9+H]+"},
      {"[M+H-C8H10O]+", "[M-C8H10O+H]+"},
      {"[M-H2O]+", "[M-H2O]+"},
      {"[M-H-CO2-2HF]-", "[M-CH2F2O2-H]-"},
      {"[M+2H]2+", "[M+2H]2+"},
      {"[M+2H]++", "[M+2H]2+"},
      {"[M+2H]+2", "[M+2H]2+"},
      {"M+2H", "[M+2H]2+"},
      {"[M-2H]--", "[M-2H]2-"},
      {"M-2H", "[M-2H]2-"},
      {"[M-2H]-", "[M-2H]-"},
      {"[M+2H]+", "[M+2H]+"},
      {"[M-H]+", "[M-H]+"},
      {"[M+Na-2H]-", "[M-2H+Na]-"},
      {"M+Na-2H", "[M-2H+Na]-"},
      {"[M+Na2-H]+", "[M-H+2Na]+"},
      {"[M+2Na-H]+", "[M-H+2Na]+"},
      {"[M+NA]+", "[M+Na]+"},
      {"[M+Na+H]2+", "[M+H+Na]2+"},
      {"[M+NH4+H]2+", "[M+H+NH4]2+"},
      {"[M+HCl-H]-", "[M+Cl]-"},
      {"[M-ClH-H]-", "[M-HCl-H]-"},
      {"[M+Cl]-", "[M+Cl]-"},
      {"M+Cl", "[M+Cl]-"},
      {"[M+HCOO]-", "[M+CH2O2-H]-"},
      {"[M+HCO2]-", "[M+CH2O2-H]-"},
      {"[M+FA-H]-", "[M+CH2O2-H]-"},
      {"[M+FA]-", "[M+CH2O2-H]-"},
      {"M+FA-H", "[M+CH2O2-H]-"},
      {"[M+HCOOH-H]-", "[M+CH2O2-H]-"},
      {"[M+H2CO2-H]-", "[M+CH2O2-H]-"},
      {"[M+Hac-H]-", "[M+C2H4O2-H]-"},
      {"[M+HAc-H]-", "[M+C2H4O2-H]-"},
      {"[M+Ac-H]-", "[M+C2H4O2-H]-"},
      {"[M+OAc]-", "[M+C2H4O2-H]-"},
      {"[M+CH3COO]-", "[M+C2H4O2-H]-"},
      {"[M+CH3COOH-H]-", "[M+C2H4O2-H]-"},
      {"[M+TFA-H]-", "[M+C2HF3O2-H]-"},
      {"[M+HOO]-", "[M+H2O2-H]-"},
      {"[M-HCO2]-", "[M-CO2-H]-"},
      {"[M-CH3]-", "[M-CH3]-"},
      {"[M+NO3]-", "[M+HNO3-H]-"},
      {"[2M+ACN+H]+", "[2M+C2H3N+H]+"},
      {"[M+ACN+NH4]+", "[M+C2H6N2+H]+"},
      {"[M+IsoProp+H]+", "[M+C3H8O+H]+"},
      {"[M+ACN-H2O+H]+", "[M-H2O+C2H3N+H]+"},
      {"[M+DMSO+H]+", "[M+C2H6OS+H]+"},
      {"2M+H", "[2M+H]+"},
      {"[2M-H]-", "[2M-H]-"},
      {"[M-H+Fe]+", "[M-H+Fe]+"},
      {"[M+D]+", "[M+D]+"},
      {"[M+CD3OD+H]+", "[M+C[2H]4O+H]+"},
      {"[M+NaCl+H]+", "[M+HCl+Na]+"},
  };
  for (const auto& [written, canonical] : cases) {
    const auto parsed = Adduct::parse(written);
    ASSERT_TRUE(parsed) << parsed.reason();
    EXPECT_EQ(parsed->str(), canonical) << written;
    EXPECT_EQ(adduct(canonical), *parsed) << written;
  }
}

TEST(AdductTest, Parse_MissingSign_IsSettledByTheIonMode) {
  EXPECT_EQ(adduct("M-H", IonMode::kPositive).str(), "[M-H]+");
  EXPECT_EQ(adduct("M", IonMode::kPositive).str(), "[M]+");
  EXPECT_EQ(adduct("M", IonMode::kNegative).str(), "[M]-");
  EXPECT_EQ(adduct("M+2H", IonMode::kPositive).str(), "[M+2H]2+");
  EXPECT_EQ(adduct("M-CH3", IonMode::kNegative).str(), "[M-CH3]-");
  EXPECT_EQ(adduct("M+FA", IonMode::kNegative).str(), "[M+CH2O2-H]-");
  EXPECT_EQ(adduct("[M+H]+", IonMode::kNegative).charge(), 1) << "a written charge stays";
}

TEST(AdductTest, Parse_BadText_IsRefusedWithThePart) {
  const std::initializer_list<Spelling> cases = {
      {"", "empty"},
      {"  ", "empty"},
      {"M", "charge"},
      {"[M]", "charge"},
      {"M-CH3", "charge"},
      {"M+2H+", "charge open"},
      {"M+2H2+", "charge open"},
      {"M+Na2+", "charge open"},
      {"[M+H]0", "charge"},
      {"[M+H]0+", "charge"},
      {"[M+H]99+", "charge"},
      {"[M+H]+-", "charge"},
      {"[M+H]x", "charge"},
      {"[M+H]3++", "charge"},
      {"[M+1+H]+", "isotope"},
      {"[M+1]+", "isotope"},
      {"[M+2]+", "isotope"},
      {"[M+H", "']'"},
      {"(M+H", "')'"},
      {"M+H]+", "H]"},
      {"[H]+", "no molecule"},
      {"[X+H]+", "no molecule"},
      {"[0M+H]+", "0 molecules"},
      {"[999M+H]+", "999 molecules"},
      {"[M2+H]+", "'2'"},
      {"[M+0H]+", "count 0"},
      {"[M+Xx]+", "'Xx'"},
      {"[M++H]+", "sign without"},
      {"[M+H-]+", "sign without"},
      {"[M+Ac225]+", "acetic"},
      {"[M-2H2O+H]+,[M-H2O+H]+", "several"},
      {"[[M+H]+]+", "no molecule"},
      {"unknown", "no molecule"},
      {"N/A", "several"},
  };
  for (const auto& [text, part] : cases) {
    const auto result = Adduct::parse(text);
    ASSERT_FALSE(result) << text << " read as " << result->str();
    EXPECT_NE(result.reason().find(part), std::string::npos) << text << ": " << result.reason();
  }
}

TEST(AdductTest, Parse_HostileText_IsRefusedAtOnce) {
  for (const std::string& text :
       {std::string(1'000'000, '['), "[" + std::string(150, '(') + "M]+", "[M+" + std::string(190, '(') + "]+",
        "[M" + std::string(190, '+') + "]+", std::string("[99999999999999999999M+H]+"), std::string("[M+99999H]+"),
        std::string("[M+99999999999H]+"), std::string("[M+H99999999]+"), std::string("[M+H]99999999999+"),
        std::string("[M+9999(C9999)9999]+"), std::string("\xff\xfe\x00[M+H]", 9), std::string("[M+H]+\0x", 8)}) {
    EXPECT_FALSE(Adduct::parse(text)) << text.substr(0, 40);
  }
  std::string many_terms = "[M";
  for (int i = 0; i < 60; ++i) many_terms += "+H";
  EXPECT_FALSE(Adduct::parse(many_terms + "]+"));
}

TEST(AdductTest, Parse_EveryCutAndFlip_GivesAnAdductOrAReason) {
  const std::string text = "[2M-H2O+C2[13C]H3N+2Na-(CH3)2]2+";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const auto result = Adduct::parse(text.substr(0, cut));
    EXPECT_TRUE(result || !result.reason().empty());
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(byte);
      const auto result = Adduct::parse(flipped);
      if (result) {
        EXPECT_EQ(adduct(result->str()), *result) << flipped;
      }
    }
  }
}

/// Random adducts from the parts that real ones have.
std::string random_adduct(Rng& rng) {
  static const std::vector<std::string> units = {"H",   "Na", "K",  "NH4",      "Li",   "H2O",   "NH3", "CO2",    "HCl",
                                                 "Cl",  "Br", "F",  "ACN",      "FA",   "HCOOH", "HAc", "TFA",    "HOO",
                                                 "CH3", "Ca", "Fe", "C12H20O9", "MeOH", "D",     "SO3", "[13C]O2"};
  std::string text = rng.below(4) == 0 ? "[2M" : "[M";
  for (std::uint64_t terms = rng.below(5); terms > 0; --terms) {
    text += rng.below(2) == 0 ? "+" : "-";
    if (rng.below(3) == 0) text += std::to_string(1 + rng.below(4));
    text += units[rng.below(units.size())];
  }
  static const std::vector<std::string> charges = {"+", "-", "2+", "2-", "3+", "--"};
  return text + "]" + charges[rng.below(charges.size())];
}

TEST(AdductTest, Str_OfRandomAdducts_ReadsBackAndKeepsTheMass) {
  Rng rng(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random_adduct(rng);
    const auto parsed = Adduct::parse(text);
    ASSERT_TRUE(parsed) << parsed.reason();
    const Adduct again = adduct(parsed->str());
    ASSERT_EQ(again, *parsed) << text << " -> " << parsed->str();
    ASSERT_EQ(again.str(), parsed->str()) << text;
    const double mz = 50 + 1950 * rng.uniform();
    ASSERT_NEAR(parsed->mz(parsed->neutral_mass(mz)), mz, 1e-9) << text;
    ASSERT_FALSE(parsed->gained().has_negative_count());
    ASSERT_FALSE(parsed->lost().has_negative_count());
  }
}

TEST(AdductTest, Str_OfShuffledTerms_IsTheSame) {
  Rng rng(8);
  std::vector<std::string> terms = {"+Na", "-2H", "+HCOOH", "-H2O", "+K"};
  const std::string first = adduct("[M+Na-2H+HCOOH-H2O+K]-").str();
  for (int i = 0; i < 200; ++i) {
    rng.shuffle(std::span(terms));
    std::string text = "[M";
    for (const auto& term : terms) text += term;
    EXPECT_EQ(adduct(text + "]-").str(), first);
  }
}

TEST(AdductTest, Mz_CountsElectronsExactly) {
  const double caffeine = 194.0803755;
  EXPECT_NEAR(adduct("[M+H]+").mz(caffeine), 195.0876520, 1e-6);
  EXPECT_NEAR(adduct("[M]+").mz(caffeine), caffeine - kElectronMass, 1e-9);
  EXPECT_NEAR(adduct("[M]-").mz(caffeine), caffeine + kElectronMass, 1e-9);
  EXPECT_NEAR(adduct("[M+2H]2+").mz(caffeine), 98.0474641, 1e-6);
  EXPECT_NEAR(adduct("[2M+H]+").neutral_mass(389.1680275), caffeine, 1e-6);
}

TEST(AdductTest, IonMz_OfAPermanentCation_DoesNotCountItsChargeTwice) {
  const Formula choline = Formula::parse("C5H14NO+").value();
  EXPECT_NEAR(adduct("[M]+").ion_mz(choline), choline.monoisotopic_mass(), 1e-9);
  EXPECT_NEAR(adduct("[M]+").ion_mz(choline), 104.106990, 1e-6);
}

TEST(AdductTest, IonFormula_AddsAndRefusesNegativeCounts) {
  const Formula glucose = Formula::parse("C6H12O6").value();
  EXPECT_EQ(adduct("[M-H2O+H]+").ion_formula(glucose)->hill(), "C6H11O5+");
  EXPECT_EQ(adduct("[2M+Na]+").ion_formula(glucose)->hill(), "C12H24NaO12+");
  EXPECT_EQ(adduct("[M-2H]2-").ion_formula(glucose)->hill(), "C6H10O6-2");
  EXPECT_FALSE(adduct("[M-NH3+H]+").ion_formula(glucose));
}

TEST(AdductTest, UsualAdducts_OfAMode_HaveItsSign) {
  const auto positive = usual_adducts(IonMode::kPositive);
  const auto negative = usual_adducts(IonMode::kNegative);
  ASSERT_EQ(positive.size(), 6U);
  ASSERT_EQ(negative.size(), 4U);
  EXPECT_EQ(positive[0].str(), "[M+H]+");
  EXPECT_EQ(negative[0].str(), "[M-H]-");
  for (const auto& one : positive) EXPECT_EQ(one.ion_mode(), IonMode::kPositive);
  for (const auto& one : negative) EXPECT_EQ(one.ion_mode(), IonMode::kNegative);
  EXPECT_EQ(usual_adducts(IonMode::kUnknown).size(), 10U);
}

TEST(IonModeTest, Parse_SpellingsOfTheField_AreKnown) {
  for (const char* text : {"positive", "Positive", "POSITIVE", "P", "pos", "+", " Positive ion mode"}) {
    EXPECT_EQ(parse_ion_mode(text), IonMode::kPositive) << text;
  }
  for (const char* text : {"negative", "N", "Neg", "-"}) EXPECT_EQ(parse_ion_mode(text), IonMode::kNegative) << text;
  for (const char* text : {"", "unknown", "0", "N/A", "nothing"})
    EXPECT_EQ(parse_ion_mode(text), IonMode::kUnknown) << text;
  EXPECT_EQ(name(IonMode::kNegative), "negative");
}

}  // namespace
}  // namespace molbridge::mass
