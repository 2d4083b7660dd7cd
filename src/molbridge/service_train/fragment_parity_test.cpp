// The network that learns against the one that identifies.
#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/bank/test_bank.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/rerank/fragment_scorer.hpp"
#include "molbridge/train/fragment_task.hpp"

namespace molbridge::service_train {
namespace {

using bank::testing::TempFolder;

fragment::Fragmentation parts_of(const std::string& smiles) {
  return fragment::take_apart(fragment::Structure::of(chem::standardize(smiles).value()).value());
}

struct Measured {
  const char* smiles;
  const char* adduct;
  double precursor;
  std::vector<spectra::Peak> peaks;
  const char* energy;
};

const std::vector<Measured> kMeasured = {
    {"Cn1c(=O)c2c(ncn2C)n(C)c1=O",
     "[M+H]+",
     195.0877,
     {{69.0447, 5}, {77.7777, 3}, {110.0713, 20}, {138.0662, 100}},
     "35 eV"},
    {"CC(=O)Oc1ccccc1C(=O)O", "[M-H]-", 179.0350, {{93.0346, 60}, {137.0244, 100}}, ""},
    {"OCC1OC(Oc2ccccc2CO)C(O)C(O)C1O", "[M+Na]+", 309.0945, {{147.0270, 10}, {185.0421, 100}, {203.0526, 30}}, "20 eV"},
    {"C[N+](C)(C)CCO", "[M]+", 104.1070, {{58.0651, 30}, {60.0808, 100}}, "40 eV"},
    {"CC(C)NCC(O)COc1ccc(CC(N)=O)cc1",
     "[M+2H]2+",
     134.0893,
     {{116.1070, 30}, {145.0648, 100}, {190.0863, 60}},
     "10 eV"}};

/// A network whose weights float16 holds exactly, after some noise on those that begin at constants.
learn::FragmentNet make_net() {
  torch::manual_seed(9);
  learn::FragmentNetOptions options = train::fragment_net_sizes();
  options.hidden = 24;
  options.hidden2 = 12;
  learn::FragmentNet net(options);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : net->parameters())
    parameter.add_(torch::randn_like(parameter) * 0.2).copy_(parameter.to(torch::kFloat16));
  net->eval();
  return net;
}

class FragmentParityTest : public testing::Test {
 protected:
  FragmentParityTest() {
    nn::ModelFolderWriter writer;
    learn::write_fragment_net(*net_, writer.manifest, writer.weights);
    writer.write(folder_ / "model");
  }
  static fragment::Observation observe(const Measured& measured) {
    spectra::Spectrum spectrum;
    spectrum.peaks = measured.peaks;
    if (*measured.energy != 0) spectrum.fields = {{"collision_energy", "collision_energy", measured.energy}};
    return fragment::observe(spectrum, measured.precursor, mass::Adduct::parse(measured.adduct).value());
  }
  TempFolder folder_;
  learn::FragmentNet net_ = make_net();
};

TEST_F(FragmentParityTest, TrainedAndWritten_ScoresTheSame) {
  const auto scorer = rerank::FragmentScorer::read(nn::ModelFolder::open(folder_ / "model"));
  std::vector<fragment::Observation> seen;
  std::vector<fragment::Fragmentation> parts;
  for (const Measured& measured : kMeasured)
    seen.push_back(observe(measured)), parts.push_back(parts_of(measured.smiles));
  std::vector<train::FragmentQuery> queries;
  for (const auto& observation : seen) {
    queries.push_back({&observation, {}});
    for (const auto& candidate : parts) queries.back().candidates.push_back(&candidate);
  }
  const torch::NoGradGuard no_grad;
  const learn::FragmentScores expected = net_(train::make_fragment_batch(queries));
  std::int64_t at = 0;
  double explained = 0;
  for (const auto& observation : seen) {
    ASSERT_GT(observation.mz.size(), 1U);
    for (const auto& candidate : parts) {
      const rerank::FragmentScore found = scorer.score(observation, candidate);
      EXPECT_NEAR(found.likelihood, expected.likelihood[at].item<double>(), 1e-4);
      EXPECT_NEAR(found.score, expected.score[at].item<double>(), 3e-4);
      EXPECT_NEAR(found.explained, expected.explained[at].item<double>(), 1e-5);
      explained = std::max(explained, found.explained);
      ++at;
    }
  }
  EXPECT_EQ(at, 25);
  EXPECT_GT(explained, 0.2);  // else nothing was compared
}

}  // namespace
}  // namespace molbridge::service_train
