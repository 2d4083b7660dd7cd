#include "molbridge/service_train/simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "molbridge/bank/test_bank.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/learn/fragment_net.hpp"
#include "molbridge/train/fragment_task.hpp"

namespace molbridge::service_train {
namespace {

using bank::testing::TempFolder;

constexpr double kProton = 1.00727646;
constexpr std::int64_t kBits = 64;
const std::vector<std::string> kIsomers{"CCOC(=O)c1ccccc1", "COC(=O)Cc1ccccc1", "CCOc1ccc(C=O)cc1",
                                        "CCc1ccc(C(=O)O)cc1"};

class SimulationTest : public testing::Test {
 protected:
  SimulationTest() {
    torch::manual_seed(3);
    learn::FragmentNetOptions options = train::fragment_net_sizes();
    options.hidden = 8;
    options.hidden2 = 6;
    nn::ModelFolderWriter writer;
    learn::write_fragment_net(*learn::FragmentNet(options), writer.manifest, writer.weights);
    writer.write(settings_.fragments);
    settings_.spectra = 60;
    context_.say = [this](const std::string& line) { said_ = line; };
    context_.progress = &no_progress();
  }

  static double mass() { return mass::Formula::parse("C9H10O2").value().monoisotopic_mass(); }
  /// One molecule, measured once as [M+H]+ with two fragments and its precursor.
  static train::SpectrumDataset measured() {
    train::SpectrumDataset out;
    out.molecules = {{std::string(14, 'A'), kIsomers[0], "C9H10O2", mass()}};
    out.spectra = {{{{77.0386, 30}, {105.0335, 100}, {mass() + kProton, 50}},
                    mass() + kProton,
                    mass::IonMode::kPositive,
                    "[M+H]+",
                    0,
                    {}}};
    return out;
  }
  std::shared_ptr<const bank::Bank> make_bank() const {
    const auto builder =
        bank::BankBuilder::create(folder_ / "bank", bank::testing::test_options(kBits, bank::Dtype::kBits), false);
    char key = 'B';
    for (std::size_t i = 1; i < kIsomers.size(); ++i) {
      const std::string smiles = chem::standardize(kIsomers[i]).value().smiles();
      const bank::MoleculeRecord record{smiles, std::string(14, key++), "C9H10O2", mass(), "", "t:1"};
      bank::testing::add_row(*builder, {record, std::vector<float>(kBits, 1)}, bank::Dtype::kBits);
    }
    builder->finish();
    return bank::Bank::open(folder_ / "bank");
  }
  train::SimulatedSpectra simulate(std::size_t threads = 1) {
    context_.threads = threads;
    const auto data = measured();
    return simulate_spectra(settings_, data, train::HardNegatives(bank_, data.molecules, {}), context_);
  }

  TempFolder folder_;
  SimulationSettings settings_{.fragments = folder_ / "net"};
  std::shared_ptr<const bank::Bank> bank_ = make_bank();
  JobContext context_;
  std::string said_;
};

TEST_F(SimulationTest, Spectra_AreOfNegativesUnderTheLendersConditions) {
  const train::SimulatedSpectra found = simulate();
  ASSERT_EQ(found.spectra.size(), 60U);
  ASSERT_EQ(found.rows.size(), 60U);
  EXPECT_EQ(said_.substr(0, 20), "60 spectra simulated");
  std::set<std::uint64_t> rows(found.rows.begin(), found.rows.end());
  EXPECT_EQ(rows.size(), 3U);
  for (const auto& spectrum : found.spectra) {
    EXPECT_EQ(spectrum.adduct, "[M+H]+");
    EXPECT_EQ(spectrum.molecule, 0U);
    EXPECT_NEAR(spectrum.precursor_mz, mass() + kProton, 1e-9);
    ASSERT_GE(spectrum.peaks.size(), 2U);
    ASSERT_LE(spectrum.peaks.size(), 3U);  // as many fragments as were measured, at most, and the precursor
    EXPECT_TRUE(std::is_sorted(spectrum.peaks.begin(), spectrum.peaks.end(),
                               [](const auto& a, const auto& b) { return a.mz < b.mz; }));
    EXPECT_NEAR(spectrum.peaks.back().mz, mass() + kProton, 1e-9);
    EXPECT_NEAR(spectrum.peaks.back().intensity, 0.5, 1e-9);  // beside the strongest fragment, as measured
  }
}

TEST_F(SimulationTest, Peaks_AreThePredictedIonsWithinTheirError) {
  settings_.ppm_error = 0;
  settings_.log_intensity_error = 0;
  const auto scorer = rerank::FragmentScorer::read({settings_.fragments});
  const auto data = measured();
  const auto seen =
      fragment::observe(data.spectra[0].peaks, {}, mass() + kProton, mass::Adduct::parse("[M+H]+").value());
  const train::SimulatedSpectra found = simulate();
  for (std::size_t i = 0; i < found.spectra.size(); ++i) {
    const auto structure = fragment::Structure::of_standardized(bank_->record(found.rows[i]).smiles).value();
    auto ions = scorer.predict(seen, fragment::take_apart(structure));
    std::erase_if(ions, [](const auto& ion) { return ion.mz > mass() + kProton - 0.6; });
    std::sort(ions.begin(), ions.end(), [](const auto& a, const auto& b) { return a.probability > b.probability; });
    const auto& peaks = found.spectra[i].peaks;
    const auto strongest = std::max_element(peaks.begin(), peaks.end() - 1,
                                            [](const auto& a, const auto& b) { return a.intensity < b.intensity; });
    EXPECT_NEAR(strongest->mz, ions[0].mz, 1e-9);
    EXPECT_NEAR(strongest->intensity, 1, 1e-9);
  }
}

TEST_F(SimulationTest, SameSeed_GivesTheSameWithAnyThreads) {
  const train::SimulatedSpectra one = simulate(1), two = simulate(2);
  ASSERT_EQ(one.spectra.size(), two.spectra.size());
  for (std::size_t i = 0; i < one.spectra.size(); ++i) EXPECT_EQ(one.spectra[i].peaks, two.spectra[i].peaks);
  context_.seed = 2;
  EXPECT_NE(simulate().spectra[0].peaks, one.spectra[0].peaks);
}

}  // namespace
}  // namespace molbridge::service_train
