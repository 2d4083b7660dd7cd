#include "molbridge/fragment/peak_matcher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <vector>

#include "molbridge/core/rng.hpp"
#include "molbridge/fragment/annotation.hpp"
#include "molbridge/fragment/test_structures.hpp"
#include "molbridge/mass/tolerance.hpp"

namespace molbridge::fragment {
namespace {

mass::Adduct adduct(const char* text) { return mass::Adduct::parse(text).value(); }

int metal_channel(int shift) { return kHydrogenShifts + 1 + shift; }
int hydrogen_channel(int shift) { return 4 + shift; }

struct Ion {
  const char* adduct;
  int channel;
};

class WholeMolecule : public testing::TestWithParam<Ion> {};
INSTANTIATE_TEST_SUITE_P(Adducts, WholeMolecule,
                         testing::Values(Ion{"[M+H]+", hydrogen_channel(1)}, Ion{"[M-H]-", hydrogen_channel(-1)},
                                         Ion{"[M]+", hydrogen_channel(0)}, Ion{"[M]-", hydrogen_channel(0)},
                                         Ion{"[M+Na]+", metal_channel(0)}, Ion{"[M+K]+", metal_channel(0)},
                                         Ion{"[M+Li]+", metal_channel(0)}, Ion{"[M-3H]-", hydrogen_channel(-3)}),
                         [](const auto& param) { return "ion" + std::to_string(param.index); });

TEST_P(WholeMolecule, Mz_IsThatOfTheAdduct) {
  const mass::Adduct ion = adduct(GetParam().adduct);
  for (const std::string& smiles : {kCaffeine, kSalicin, std::string("[2H]C([2H])([2H])Oc1ccccc1")}) {
    const Fragment whole = take_apart(structure_of(smiles)).fragments.front();
    EXPECT_NEAR(ion_mz(whole, GetParam().channel, IonContext::of(ion)), ion.ion_mz(molecule_of(smiles).formula()), 1e-8)
        << GetParam().adduct << " of " << smiles;
  }
}

TEST(PeakMatcher, PermanentCation_LeavesAsItIs) {
  const chem::Molecule choline = molecule_of("C[N+](C)(C)CCO");
  const Fragment whole = take_apart(Structure::of(choline).value()).fragments.front();
  EXPECT_NEAR(ion_mz(whole, hydrogen_channel(0), IonContext::of(adduct("[M]+"))), choline.monoisotopic_mass(), 1e-8);
}

TEST(IonContext, Adducts_GiveSignAndMetal) {
  EXPECT_EQ(IonContext::of(adduct("[M+H]+")).charge_sign, 1);
  EXPECT_EQ(IonContext::of(adduct("[M+H]+")).metal, 0);
  EXPECT_EQ(IonContext::of(adduct("[M-H]-")).charge_sign, -1);
  EXPECT_EQ(IonContext::of(adduct("[M+2H]2+")).charge_sign, 1);
  const IonContext sodium = IonContext::of(adduct("[M-2H+Na]-"));
  EXPECT_EQ(sodium.charge_sign, -1);
  EXPECT_EQ(sodium.metal, 11);
  EXPECT_NEAR(sodium.metal_mass, 22.98977, 1e-5);
}

TEST(PeakMatcher, Channels_CoverTheirShifts) {
  std::vector<int> shifts;
  for (int channel = 0; channel < kChannels; ++channel) shifts.push_back(shift_of_channel(channel));
  EXPECT_EQ(shifts, (std::vector<int>{-4, -3, -2, -1, 0, 1, 2, 3, 4, -1, 0, 1}));
}

using Key = std::tuple<std::uint32_t, std::uint32_t, int>;

std::set<Key> brute_matches(const Fragmentation& fragmentation, const std::vector<double>& peaks,
                            const IonContext& context, const MatchOptions& options) {
  std::set<Key> found;
  for (std::uint32_t p = 0; p < peaks.size(); ++p) {
    for (std::uint32_t f = 0; f < fragmentation.fragments.size(); ++f) {
      for (int channel = 0; channel < (context.metal != 0 ? kChannels : kHydrogenShifts); ++channel) {
        const Fragment& fragment = fragmentation.fragments[f];
        const double window = std::max(options.min_da, peaks[p] * options.ppm * 1e-6);
        if (std::abs(peaks[p] - ion_mz(fragment, channel, context)) > window) continue;
        if (fragment.hydrogens() + shift_of_channel(channel) >= 0) found.insert({p, f, channel});
      }
    }
  }
  return found;
}

TEST(PeakMatcher, ManyPeaks_MatchAsBruteForceSays) {
  Rng rng(7);
  for (const char* text : {"[M+H]+", "[M-H]-", "[M+Na]+"}) {
    const IonContext context = IonContext::of(adduct(text));
    for (const std::string& smiles : shapes()) {
      const Fragmentation fragmentation = take_apart(structure_of(smiles));
      std::vector<double> peaks;
      for (const Fragment& fragment : fragmentation.fragments) {  // near an ion, and anywhere
        const int channel = static_cast<int>(rng.below(kHydrogenShifts));
        peaks.push_back(std::max(1.0, ion_mz(fragment, channel, context) + 0.008 * (rng.uniform() - 0.5)));
        peaks.push_back(20 + 300 * rng.uniform());
      }
      std::sort(peaks.begin(), peaks.end());
      std::set<Key> found;
      std::uint32_t last = 0;
      for (const PeakMatch& match : match_peaks(fragmentation, peaks, context)) {
        EXPECT_GE(match.peak, last);
        last = match.peak;
        EXPECT_TRUE(found.insert({match.peak, match.fragment, match.channel}).second) << "a match came twice";
        const double mz = ion_mz(fragmentation.fragments[match.fragment], match.channel, context);
        EXPECT_NEAR(match.ppm_error, mass::ppm_error(peaks[match.peak], mz), 0.05);
      }
      EXPECT_EQ(found, brute_matches(fragmentation, peaks, context, {})) << smiles << " " << text;
    }
  }
}

TEST(PeakMatcher, NoPeaks_GiveNoMatches) {
  EXPECT_TRUE(match_peaks(take_apart(structure_of(kCaffeine)), {}, IonContext{}).empty());
}

TEST(PeakMatcher, PartsWithoutHydrogens_LoseNone) {
  const Fragmentation fragmentation = take_apart(structure_of("ClC(Cl)(Cl)Cl"));
  const std::vector<double> peaks = {ion_mz(fragmentation.fragments[0], hydrogen_channel(-1), IonContext{})};
  EXPECT_TRUE(match_peaks(fragmentation, peaks, IonContext{}).empty());
}

/// Formulas of the ions that explain a peak.
std::set<std::string> explained(const std::string& smiles, const char* ion, double mz) {
  const Structure structure = structure_of(smiles);
  const Fragmentation fragmentation = take_apart(structure);
  const IonContext context = IonContext::of(adduct(ion));
  std::set<std::string> formulas;
  for (const PeakMatch& match : match_peaks(fragmentation, std::vector<double>{mz}, context)) {
    formulas.insert(ion_formula(structure, fragmentation.fragments[match.fragment], match.channel, context).hill());
  }
  return formulas;
}

TEST(PeakMatcher, KnownIons_AreExplained) {
  EXPECT_TRUE(explained(kCaffeine, "[M+H]+", 138.0662).count("C6H8N3O+")) << "less methyl isocyanate";
  EXPECT_TRUE(explained(kBenzoicAcid, "[M+H]+", 105.0335).count("C7H5O+")) << "benzoyl";
  EXPECT_TRUE(explained(kBenzoicAcid, "[M+H]+", 77.0386).count("C6H5+")) << "phenyl";
  EXPECT_TRUE(explained(kBenzoicAcid, "[M-H]-", 77.0397).count("C6H5-")) << "less carbon dioxide";
  EXPECT_TRUE(explained(kSalicin, "[M-H]-", 123.0452).count("C7H7O2-")) << "the aglycone";
  EXPECT_TRUE(explained(kSalicin, "[M+Na]+", 185.0420).count("C6H10NaO5+")) << "sugar with sodium";
  EXPECT_FALSE(explained(kSalicin, "[M+H]+", 185.0420).count("C6H10NaO5+"))
      << "no sodium without an adduct that has it";
}

}  // namespace
}  // namespace molbridge::fragment
