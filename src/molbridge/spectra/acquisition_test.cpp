#include "molbridge/spectra/acquisition.hpp"

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace molbridge::spectra {
namespace {

TEST(CollisionEnergy, FormsOfFiles_GiveValueAndUnit) {
  const std::vector<std::tuple<const char*, double, EnergyUnit>> table{
      {"10(NCE)", 10, EnergyUnit::kNormalised},
      {"35 eV", 35, EnergyUnit::kElectronVolt},
      {"35ev", 35, EnergyUnit::kElectronVolt},
      {"20", 20, EnergyUnit::kUnstated},
      {"22.5", 22.5, EnergyUnit::kUnstated},
      {"HCD 30%", 30, EnergyUnit::kNormalised},
      {"HCD30", 30, EnergyUnit::kUnstated},
      {"20-40", 30, EnergyUnit::kUnstated},
      {"Ramp 21.0-31.0 V", 26, EnergyUnit::kElectronVolt},
      {"Ramp 20%-70% (nominal)", 45, EnergyUnit::kNormalised},
      {"15, 30, 45 (nominal)", 30, EnergyUnit::kUnstated},
      {"20,45,70% (stepped)", 45, EnergyUnit::kNormalised},
      {"55 (nominal)", 55, EnergyUnit::kUnstated},
      {"CE90", 90, EnergyUnit::kUnstated},
      {"MS2 25 eV FT-MS II", 25, EnergyUnit::kElectronVolt},
      {"30 normalized", 30, EnergyUnit::kNormalised},
      {"10.", 10, EnergyUnit::kUnstated},
  };
  for (const auto& [text, value, unit] : table) {
    const auto energy = parse_collision_energy(text);
    ASSERT_TRUE(energy) << text;
    EXPECT_DOUBLE_EQ(energy->value, value) << text;
    EXPECT_EQ(energy->unit, unit) << text;
  }
}

TEST(CollisionEnergy, NothingUsable_IsUnknown) {
  for (const char* text : {"", "N/A", "0", "-", "MS2", "scaled by m/z", "15-30mz or 40 (mz>400)", "8 keV", "99999999",
                           "1.2.3", "30 arbitrary units"}) {
    EXPECT_FALSE(parse_collision_energy(text)) << text;
  }
}

TEST(Analyser, TypesAndNames_AreRecognised) {
  const std::vector<std::tuple<const char*, const char*, Analyser>> table{
      {"LC-ESI-ITFT", "", Analyser::kFourier},
      {"LC-ESI-QFT", "Q Exactive Plus Orbitrap", Analyser::kFourier},
      {"Orbitrap", "", Analyser::kFourier},
      {"", "LTQ Orbitrap XL", Analyser::kFourier},
      {"", "Q Exactive", Analyser::kFourier},
      {"LC-ESI-QTOF", "", Analyser::kTimeOfFlight},
      {"LC-ESI-ITTOF", "", Analyser::kTimeOfFlight},
      {"ESI-qTof", "", Analyser::kTimeOfFlight},
      {"", "TripleTOF 5600", Analyser::kTimeOfFlight},
      {"LC-ESI-IT", "", Analyser::kIonTrap},
      {"", "LTQ XL", Analyser::kIonTrap},
      {"LC-ESI-QQQ", "", Analyser::kQuadrupole},
      {"LC-ESI-Q", "", Analyser::kQuadrupole},
      {"ESI", "Quattro Premier", Analyser::kQuadrupole},
      {"", "", Analyser::kUnknown},
      {"LC-ESI", "some instrument", Analyser::kUnknown},
  };
  for (const auto& [type, instrument, analyser] : table) {
    EXPECT_EQ(parse_analyser(type, instrument), analyser) << type << " / " << instrument;
  }
}

TEST(Acquisition, BareNumber_IsNormalisedOnFourierInstrumentsOnly) {
  Spectrum spectrum;
  spectrum.fields = {{"collision_energy", "COLLISION_ENERGY", "40"},
                     {"instrument_type", "INSTRUMENT_TYPE", "LC-ESI-QFT"}};
  EXPECT_DOUBLE_EQ(acquisition(spectrum).electron_volts(250), 20);
  EXPECT_DOUBLE_EQ(acquisition(spectrum).normalised(250), 40);
  spectrum.fields[1].value = "LC-ESI-QTOF";
  EXPECT_DOUBLE_EQ(acquisition(spectrum).electron_volts(250), 40);
  EXPECT_DOUBLE_EQ(acquisition(spectrum).normalised(250), 80);
  EXPECT_DOUBLE_EQ(acquisition(spectrum).normalised(0), 40);
  spectrum.fields.clear();
  EXPECT_DOUBLE_EQ(acquisition(spectrum).electron_volts(250), 0);
  EXPECT_EQ(acquisition(spectrum).analyser, Analyser::kUnknown);
}

}  // namespace
}  // namespace molbridge::spectra
