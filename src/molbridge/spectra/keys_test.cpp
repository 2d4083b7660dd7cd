#include "molbridge/spectra/keys.hpp"

#include <gtest/gtest.h>

namespace molbridge::spectra {
namespace {

Spectrum with_fields(std::initializer_list<std::pair<const char*, const char*>> fields) {
  Spectrum spectrum;
  for (const auto& [key, value] : fields) add_field(spectrum, key, value);
  apply_fields(spectrum);
  return spectrum;
}

TEST(CanonicalKey, SpellingsOfAllDialects_AgreeOnOneName) {
  for (const char* key : {"PEPMASS", "PrecursorMZ", "PRECURSORMZ", "precursor_mz", "MS$FOCUSED_ION:PRECURSOR_M/Z",
                          "MS$FOCUSED_ION: PRECURSOR_M/Z", "Comments:precursor m/z"}) {
    EXPECT_EQ(canonical_key(key), "precursor_mz") << key;
  }
  for (const char* key : {"ADDUCT", "Precursor_type", "PRECURSORTYPE", "MS$FOCUSED_ION:PRECURSOR_TYPE"}) {
    EXPECT_EQ(canonical_key(key), "adduct") << key;
  }
  for (const char* key : {"Name", "NAME", "COMPOUND_NAME", "CH$NAME", "Synon"}) {
    EXPECT_EQ(canonical_key(key), "compound_name") << key;
  }
  EXPECT_EQ(canonical_key("RTINSECONDS"), "retention_time");
  EXPECT_EQ(canonical_key("Collision energy"), "collision_energy");
  EXPECT_EQ(canonical_key("DB#"), "spectrum_id");
  EXPECT_EQ(canonical_key("CH$LINK:INCHIKEY"), "inchikey");
  EXPECT_EQ(canonical_key("Ion_mode"), "ionmode");
  EXPECT_EQ(canonical_key("AC$MASS_SPECTROMETRY:MS_TYPE"), "ms_level");
  EXPECT_EQ(canonical_key("FEATURE_ID"), "feature_id");
}

TEST(CanonicalKey, Unknown_IsLowerCase) {
  EXPECT_EQ(canonical_key(" Ontology "), "ontology");
  EXPECT_EQ(canonical_key("My Key"), "my key");
}

TEST(KeyCache, RepeatedAndNewKeys_GiveTheSameAsWithoutCache) {
  KeyCache cache;
  for (int round = 0; round < 3; ++round) {
    for (const char* key : {"PEPMASS", "CHARGE", "x", "SMILES", "PEPMASS"})
      EXPECT_EQ(cache.canonical(key), canonical_key(key));
  }
  for (int i = 0; i < 200; ++i) EXPECT_EQ(cache.canonical("Key" + std::to_string(i)), "key" + std::to_string(i));
}

TEST(AddField, Latin1Text_BecomesUtf8) {
  Spectrum spectrum;
  add_field(spectrum, "NAME", "na\xEFve");
  add_field(spectrum, "AUTHORS", "M\xC3\xBCller");
  EXPECT_EQ(spectrum.fields[0].value, "na\xC3\xAFve");
  EXPECT_EQ(spectrum.fields[1].value, "M\xC3\xBCller");
}

TEST(AddField, NumPeaks_IsNotKept) {
  Spectrum spectrum;
  add_field(spectrum, "Num Peaks", "7");
  EXPECT_TRUE(spectrum.fields.empty());
}

TEST(ParseCharge, AllSpellings) {
  for (const char* text : {"1+", "+1", "1", " 1+ ", "(1+)", "[1+]", "+", "1.0", "01+"})
    EXPECT_EQ(parse_charge(text), 1) << text;
  for (const char* text : {"2-", "-2", "--", "(2-)"}) EXPECT_EQ(parse_charge(text), -2) << text;
  EXPECT_EQ(parse_charge("1", -1), -1);
  EXPECT_EQ(parse_charge("3+", -1), 3);
}

TEST(ParseCharge, UnknownAmbiguousOrNonsense_IsZero) {
  for (const char* text : {"0", "", "N/A", "2+ and 3+", "2+,3+", "+-", "1.5", "99999999999", "1++", "x"}) {
    EXPECT_EQ(parse_charge(text), 0) << text;
  }
}

TEST(ParseRetentionTime, UnitsAndBareNumbers) {
  EXPECT_DOUBLE_EQ(*parse_retention_time("RTINSECONDS", "312.5"), 312.5);
  EXPECT_DOUBLE_EQ(*parse_retention_time("AC$CHROMATOGRAPHY:RETENTION_TIME", "5.2 min"), 312);
  EXPECT_DOUBLE_EQ(*parse_retention_time("AC$CHROMATOGRAPHY:RETENTION_TIME", "861.943  sec"), 861.943);
  EXPECT_DOUBLE_EQ(*parse_retention_time("RETENTIONTIME", "5.2"), 312);
  EXPECT_DOUBLE_EQ(*parse_retention_time("RETENTIONTIME", "854.5"), 854.5);
  EXPECT_FALSE(parse_retention_time("RETENTIONTIME", "N/A"));
  EXPECT_FALSE(parse_retention_time("RETENTIONTIME", "-1"));
  EXPECT_FALSE(parse_retention_time("RETENTIONTIME", "5 apples"));
}

TEST(ApplyFields, AllTypedMembers_AreSet) {
  const Spectrum s = with_fields({{"SPECTRUMID", "X1"},
                                  {"PEPMASS", "315.23"},
                                  {"CHARGE", "1"},
                                  {"IONMODE", "Negative"},
                                  {"ADDUCT", "[M-H]-"},
                                  {"RTINSECONDS", "60"},
                                  {"MSLEVEL", "3"},
                                  {"PRECURSOR_INTENSITY", "9"}});
  EXPECT_EQ(s.id, "X1");
  EXPECT_EQ(s.precursor_mz, 315.23);
  EXPECT_EQ(s.precursor_intensity, 9);
  EXPECT_EQ(s.charge, -1) << "the sign follows from the ion mode";
  EXPECT_EQ(s.ion_mode, mass::IonMode::kNegative);
  EXPECT_EQ(s.adduct, "[M-H]-");
  EXPECT_EQ(s.rt_seconds, 60);
  EXPECT_EQ(s.ms_level, 3);
}

TEST(ApplyFields, SaidToBeUnknown_StaysUnknown) {
  const Spectrum s = with_fields({{"TITLE", "N/A"},
                                  {"PEPMASS", "0.0"},
                                  {"CHARGE", "0"},
                                  {"IONMODE", "N/A"},
                                  {"ADDUCT", "n/a"},
                                  {"RTINSECONDS", ""},
                                  {"MS$FOCUSED_ION:PRECURSOR_M/Z", "NA"}});
  EXPECT_EQ(s.id, "");
  EXPECT_FALSE(s.precursor_mz);
  EXPECT_EQ(s.charge, 0);
  EXPECT_EQ(s.ion_mode, mass::IonMode::kUnknown);
  EXPECT_EQ(s.adduct, "");
  EXPECT_FALSE(s.rt_seconds);
  EXPECT_EQ(s.fields.size(), 7u) << "the fields stay";
}

TEST(ApplyFields, FirstFieldThatCanBeUnderstood_Counts) {
  const Spectrum s = with_fields({{"PEPMASS", "N/A"}, {"PRECURSORMZ", "100.5"}, {"PARENTMZ", "200"}});
  EXPECT_EQ(s.precursor_mz, 100.5);
}

TEST(ApplyFields, PathOfAnMs3Precursor_GivesTheIonOfTheAdduct) {
  const Spectrum s = with_fields({{"MS$FOCUSED_ION:PRECURSOR_M/Z", "447.0933/285.0405"}, {"MS_TYPE", "MS3"}});
  EXPECT_EQ(s.precursor_mz, 447.0933);
  EXPECT_EQ(s.ms_level, 3);
}

TEST(ApplyFields, IonType_StandsInForAMissingAdductUnlessItIsAList) {
  EXPECT_EQ(with_fields({{"MS$FOCUSED_ION:ION_TYPE", "[M+H]+"}}).adduct, "[M+H]+");
  EXPECT_EQ(with_fields({{"MS$FOCUSED_ION:ION_TYPE", "[M+H]+"}, {"ADDUCT", "[M+Na]+"}}).adduct, "[M+Na]+");
  EXPECT_EQ(with_fields({{"MS$FOCUSED_ION:ION_TYPE", "[M-2H2O+H]+,[M-H2O+H]+"}}).adduct, "");
}

TEST(ApplyFields, MsLevelSpellings) {
  for (const char* text : {"1", "MS", "MS1", "ms1"}) EXPECT_EQ(with_fields({{"MSLEVEL", text}}).ms_level, 1) << text;
  for (const char* text : {"2", "MS2", "MS/MS", "MS^2", "nonsense", ""})
    EXPECT_EQ(with_fields({{"MSLEVEL", text}}).ms_level, 2) << text;
}

TEST(FieldProblem, DecimalCommaInThePrecursor_IsNamed) {
  EXPECT_NE(field_problem(with_fields({{"PEPMASS", "315,23"}})).find("decimal comma"), std::string::npos);
  EXPECT_EQ(field_problem(with_fields({{"PEPMASS", "315.23"}, {"NAME", "1,2-diol"}})), "");
}

}  // namespace
}  // namespace molbridge::spectra
