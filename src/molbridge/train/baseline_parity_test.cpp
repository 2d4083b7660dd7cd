// DeepSets and JESTR as they are trained against the paths that identify and evaluate take.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "molbridge/bridges/deep_sets.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/graph/graph_encoder.hpp"
#include "molbridge/encoders/spectrum/summed_bins.hpp"
#include "molbridge/nn/mlp.hpp"
#include "molbridge/train/deep_sets_task.hpp"
#include "molbridge/train/jestr_task.hpp"

namespace molbridge::train {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kSmiles = {"CCO", "c1ccncc1", "CC(=O)Oc1ccccc1C(=O)O", "O=S(=O)(O)c1ccccc1",
                                          "C[N+](C)(C)CCO"};

/// Spectra of the molecules of kSmiles in turn; one has no peak in any window.
SpectrumDataset small_dataset(int spectra) {
  SpectrumDataset dataset;
  for (const auto& smiles : kSmiles) dataset.molecules.push_back({smiles, smiles, "", 0});
  Rng rng(5);
  for (int i = 0; i < spectra; ++i) {
    DatasetSpectrum spectrum;
    for (std::uint64_t n = 1 + rng.below(90); n > 0; --n)
      spectrum.peaks.push_back({50 + 900 * rng.uniform(), rng.uniform() + 0.01});
    if (i == 3) spectrum.peaks = {{2000, 1}};
    spectrum.precursor_mz = i % 3 == 0 ? 0 : 200 + 500 * rng.uniform();
    spectrum.molecule = static_cast<std::size_t>(i) % kSmiles.size();
    dataset.spectra.push_back(std::move(spectrum));
  }
  return dataset;
}

MoleculeTargets random_bits(std::int64_t width) {
  torch::manual_seed(8);
  return MoleculeTargets((torch::rand({static_cast<std::int64_t>(kSmiles.size()), width}) < 0.3).to(torch::kUInt8));
}

/// Steps of plain gradient descent, then the parameters as a model folder keeps them (float16).
void train_a_little(Task& task) {
  task.module().train();
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < task.num_examples(); ++i) all.push_back(i);
  for (std::int64_t step = 0; step < 4; ++step) {
    task.module().zero_grad();
    task.loss(all, {.step = step}).total.backward();
    const torch::NoGradGuard no_grad;
    for (torch::Tensor parameter : task.module().parameters()) parameter.sub_(parameter.grad(), 0.05);
  }
  const torch::NoGradGuard no_grad;
  for (torch::Tensor parameter : task.module().parameters())
    parameter.copy_(parameter.to(torch::kFloat16).to(torch::kFloat32));
  task.module().eval();
}

class BaselineParityTest : public ::testing::Test {
 protected:
  BaselineParityTest() : folder_(fs::temp_directory_path() / ("molbridge_baseline_" + std::to_string(::getpid()))) {}
  ~BaselineParityTest() override { fs::remove_all(folder_); }
  fs::path folder_;
};

void expect_near(const std::vector<float>& got, const torch::Tensor& expected, double least) {
  const torch::Tensor found = torch::tensor(got).view(expected.sizes());
  EXPECT_LT((found - expected).abs().max().item<double>(), 2e-5 * std::max(1.0, expected.abs().max().item<double>()));
  EXPECT_GT((expected.amax(0) - expected.amin(0)).max().item<double>(), least) << "the spectra decide nothing";
}

/// As retrieve::DeepSetsModel does it.
std::vector<float> infer_deep_sets(const nn::ModelFolder& folder, const SpectrumDataset& dataset) {
  const auto options = encoders::read_peak_token_options(folder.manifest);
  std::optional<encoders::MzFourier> fourier;
  if (folder.manifest.flag("input.fourier")) fourier.emplace(encoders::read_mz_fourier_options(folder.manifest));
  bridges::TokenBatch batch;
  std::size_t count = 0;
  for (const auto& spectrum : dataset.spectra) {
    const auto tokens = encoders::peak_tokens(spectrum.peaks, spectrum.precursor_mz, options);
    const auto features = encoders::token_features(tokens, options, fourier ? &*fourier : nullptr);
    batch.offsets.push_back(count);
    batch.tokens.insert(batch.tokens.end(), features.begin(), features.end());
    count += tokens.size();
  }
  return bridges::DeepSets::read(folder, 2 + (fourier ? fourier->width() : 0)).vectors(batch);
}

TEST_F(BaselineParityTest, DeepSetsTrainedAndWritten_InfersTheSame) {
  const SpectrumDataset dataset = small_dataset(40);
  const MoleculeTargets targets = random_bits(64);
  for (const bool fourier : {false, true}) {
    for (const auto score : {bridges::FingerprintScore::kProbability, bridges::FingerprintScore::kLogOdds}) {
      DeepSetsTaskOptions options{.hidden = 40, .layers = 3, .mean = fourier, .score = score, .peak_dropout = 0.2};
      if (fourier) options.fourier.emplace(encoders::MzFourierOptions{.count = 9});
      DeepSetsTask task(dataset, targets, options);
      train_a_little(task);
      nn::ModelFolderWriter writer;
      task.write_model(writer);
      writer.write(folder_.string());
      const torch::NoGradGuard no_grad;
      expect_near(infer_deep_sets(nn::ModelFolder::open(folder_.string()), dataset), task.embed(dataset.spectra), 1e-3);
    }
  }
}

JestrTaskOptions small_jestr() {
  JestrTaskOptions options;
  options.network.spectrum = {1000, 32, 24};
  options.network.molecule.convolutions = {16, 20};
  options.network.molecule.head = {28, 24};
  return options;
}

JestrMolecules graphs_of(const std::vector<std::string>& smiles) { return {molecule_graphs(smiles, 1), {}}; }

TEST_F(BaselineParityTest, JestrTrainedAndWritten_InfersTheSameOnBothSides) {
  const SpectrumDataset dataset = small_dataset(40);
  JestrTask task(dataset, graphs_of(kSmiles), small_jestr());
  train_a_little(task);
  nn::ModelFolderWriter writer;
  writer.manifest.text("kind", encoders::kMoleculeGnnKind);
  writer.manifest.text("network.features", encoders::kAtomFeatureVersion);
  learn::write_graph_net(task.model().molecule(), writer.manifest, writer.weights);
  writer.write(folder_.string());
  const auto encoder = encoders::make_molecule_encoder(folder_.string());
  const torch::NoGradGuard no_grad;
  std::vector<const encoders::AtomGraph*> views;
  const auto graphs = molecule_graphs(kSmiles, 1);
  for (const auto& graph : graphs) views.push_back(&graph);
  std::vector<chem::Molecule> molecules;
  for (const auto& smiles : kSmiles) molecules.push_back(chem::standardize(smiles).value());
  std::vector<float> vectors(molecules.size() * 24);
  encoder->encode_all(molecules, 2, vectors);
  expect_near(vectors, task.embed_molecules(views), 1e-3);

  nn::ModelFolderWriter spectra;
  learn::write_jestr_spectrum(task.model(), spectra.manifest, spectra.weights);
  spectra.write(folder_.string());
  std::set<std::string> used;
  const auto network = nn::Mlp::read(nn::Weights::open(folder_.string()), "spectrum.", {1000, 32, 24}, false, used);
  std::vector<float> bins(dataset.spectra.size() * 1000, 0.0F);
  for (std::size_t i = 0; i < dataset.spectra.size(); ++i) {
    for (const auto& bin : encoders::summed_bins(dataset.spectra[i].peaks, 1000))
      bins[i * 1000 + static_cast<std::size_t>(bin.index)] = bin.value;
  }
  expect_near(network.forward(bins), task.embed(dataset.spectra), 1e-3);
}

TEST(JestrTask, OtherSpectraOfAMolecule_AreNegativesOnlyWhenExact) {
  const SpectrumDataset dataset = small_dataset(10);  // each molecule twice
  JestrTaskOptions options = small_jestr();
  double totals[2];
  for (const bool exact : {false, true}) {
    options.exact = exact;
    JestrTask task(dataset, graphs_of(kSmiles), options);
    task.module().eval();
    const torch::NoGradGuard no_grad;
    totals[exact ? 1 : 0] = task.loss(std::vector<std::int64_t>{0, 1, 2, 5, 6, 7}, {}).total.item<double>();
  }
  EXPECT_LT(totals[0], totals[1]);
}

TEST(JestrTask, Loss_IsTheSumOfBothDirections) {
  const SpectrumDataset dataset = small_dataset(5);
  JestrTask task(dataset, graphs_of(kSmiles), small_jestr());
  task.module().eval();
  const torch::NoGradGuard no_grad;
  std::vector<const encoders::AtomGraph*> views;
  const auto graphs = molecule_graphs(kSmiles, 1);
  for (const auto& graph : graphs) views.push_back(&graph);
  const auto unit = [](const torch::Tensor& x) { return x / x.norm(2, 1, true); };
  const torch::Tensor logits = unit(task.embed(dataset.spectra)).matmul(unit(task.embed_molecules(views)).t()) / 0.05;
  const double expected = -(logits.log_softmax(1).diag().mean() + logits.log_softmax(0).diag().mean()).item<double>();
  EXPECT_NEAR(task.loss(std::vector<std::int64_t>{0, 1, 2, 3, 4}, {}).total.item<double>(), expected, 1e-4);
}

TEST(JestrTask, Candidates_PushTheirCosineDownFromTheirStepOn) {
  const SpectrumDataset dataset = small_dataset(5);
  JestrTaskOptions options = small_jestr();
  options.candidate_weight = 0.5;
  options.candidates_per_spectrum = 2;
  options.candidates_from_step = 3;
  std::vector<std::string> smiles = kSmiles;
  smiles.insert(smiles.end(), {"COC", "CCCC"});
  JestrMolecules molecules{molecule_graphs(smiles, 1), {{5}, {}, {6, 5}, {}, {}}};
  JestrTask task(dataset, std::move(molecules), options);
  task.module().eval();
  const torch::NoGradGuard no_grad;
  const std::vector<std::int64_t> all{0, 1, 2, 3, 4};
  const StepLoss before = task.loss(all, {.step = 2}), after = task.loss(all, {.step = 3});
  EXPECT_TRUE(before.terms.empty());
  ASSERT_EQ(after.terms.size(), 2U);
  EXPECT_NEAR(after.terms[0].second, before.total.item<double>(), 1e-5);
  EXPECT_NEAR(after.total.item<double>(), after.terms[0].second + 0.5 * after.terms[1].second, 1e-5);
  const StepLoss none = task.loss(std::vector<std::int64_t>{1, 3}, {.step = 3});
  EXPECT_EQ(none.terms.size(), 1U) << "no candidates, no term";
}

TEST(DeepSetsTask, PeakDropout_FollowsFromTheStep) {
  const SpectrumDataset dataset = small_dataset(6);
  const MoleculeTargets targets = random_bits(64);
  DeepSetsTask task(dataset, targets, {.hidden = 16, .layers = 2, .dropout = 0, .peak_dropout = 0.5});
  const std::vector<std::int64_t> all{0, 1, 2, 3, 4, 5};
  const auto loss_at = [&](std::int64_t step) { return task.loss(all, {.step = step}).total.item<double>(); };
  EXPECT_EQ(loss_at(4), loss_at(4));
  EXPECT_NE(loss_at(4), loss_at(5));
}

}  // namespace
}  // namespace molbridge::train
