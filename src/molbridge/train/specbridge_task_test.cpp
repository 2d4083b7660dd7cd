#include "molbridge/train/specbridge_task.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "molbridge/core/rng.hpp"
#include "molbridge/train/test_gradients.hpp"

namespace molbridge::train {
namespace {

namespace fs = std::filesystem;

DreamsSizes small_sizes() {
  DreamsSizes sizes;
  sizes.layers = 3;
  sizes.heads = 2;
  sizes.d_fourier = 20;
  sizes.d_peak = 12;
  sizes.feed_forward = 48;
  sizes.fourier_hidden = {16};
  sizes.frequencies = geometric_frequencies(0.1, 500, 12);
  return sizes;
}

SpecbridgeNetOptions small_net() {
  SpecbridgeNetOptions options;
  options.head = {.hidden = 24, .outputs = 20};
  options.mapper = {.outputs = 16, .blocks = 2, .hidden = 10};
  return options;
}

/// Spectra of some molecules, two each, of different lengths.
SpectrumDataset spectra_of(std::size_t molecules) {
  SpectrumDataset data;
  Rng rng(5);
  for (std::size_t m = 0; m < molecules; ++m) {
    data.molecules.push_back({"KEY" + std::to_string(m), "C", "CH4", 16});
    for (int replicate = 0; replicate < 2; ++replicate) {
      DatasetSpectrum spectrum;
      const std::uint64_t peaks = 1 + rng.below(9);
      for (std::uint64_t p = 0; p < peaks; ++p)
        spectrum.peaks.push_back({50 + 40 * static_cast<double>(p) + rng.uniform(), 1 + 99 * rng.uniform()});
      spectrum.precursor_mz = m % 4 == 0 ? 0 : 450 + rng.uniform();  // some are unknown
      spectrum.molecule = m;
      data.spectra.push_back(std::move(spectrum));
    }
  }
  return data;
}

class SpecbridgeTaskTest : public ::testing::Test {
 protected:
  SpecbridgeTaskTest() {
    torch::manual_seed(3);
    targets_ = MoleculeTargets(torch::randn({6, 16}));
    options_.input = {.input = encoders::DreamsInput::kDreams, .peaks = 6, .use_head = false, .padding_tokens = false};
    folder_ = fs::temp_directory_path() / ("molbridge_specbridge_" + std::to_string(::getpid()));
  }
  ~SpecbridgeTaskTest() override { fs::remove_all(folder_); }

  std::shared_ptr<SpecbridgeNet> net(const SpecbridgeNetOptions& options) const {
    torch::manual_seed(7);
    const DreamsDropout none{0, 0, 0, 0};
    return std::make_shared<SpecbridgeNet>(std::make_shared<DreamsModule>(small_sizes(), none), options);
  }
  double loss(const SpecbridgeNetOptions& net_options, const SpecbridgeTaskOptions& options) const {
    SpecbridgeTask task(data_, targets_, nullptr, net(net_options), options, no_progress());
    return task.loss(kExamples, {}).total.item<double>();
  }

  const std::vector<std::int64_t> kExamples{0, 3, 4, 5, 9, 11};
  SpectrumDataset data_ = spectra_of(6);
  MoleculeTargets targets_;
  SpecbridgeTaskOptions options_;
  fs::path folder_;
};

TEST(SpecbridgeNet, PublishedSizes_TrainThePublishedNumberOfParameters) {
  SpecbridgeNetOptions options;
  options.mapper.outputs = 768;
  options.learned_temperature = false;  // alignment has none, and the paper counts none
  const SpecbridgeNet net(std::make_shared<DreamsModule>(DreamsSizes{}), options);
  constexpr std::int64_t kChemberta = 43'961'088;  // 6 layers of 768, 1,095 tokens and positions, with pooler
  EXPECT_EQ(learn::num_parameters(net, true), 58'247'936);
  EXPECT_EQ(learn::num_parameters(net) - 1 + kChemberta, 172'584'389) << "without the temperature";
}

TEST_F(SpecbridgeTaskTest, CachedFrozenBlocks_GiveTheLossOfTheWholeNetwork) {
  for (const std::int64_t trained : {0, 1, 2}) {
    SpecbridgeNetOptions options = small_net();
    options.trained_blocks = trained;
    auto whole = net(options);
    SpecbridgeTask task(data_, targets_, nullptr, whole, options_, no_progress());
    std::vector<DatasetSpectrum> spectra;
    std::vector<std::int64_t> molecules;
    for (const auto example : kExamples) {
      spectra.push_back(data_.spectra[static_cast<std::size_t>(example)]);
      molecules.push_back(task.group_of(example));
    }
    const BridgeLossOptions& weight = options_.loss;
    const double expected =
        weight.alignment * alignment_loss(task.embed(spectra), targets_.rows(molecules)).item<double>() +
        weight.orthogonality * orthogonality_penalty(whole->mapper()->weight()).item<double>();
    EXPECT_NEAR(task.loss(kExamples, {}).total.item<double>(), expected, 1e-5) << trained;
  }
}

TEST_F(SpecbridgeTaskTest, CacheFile_IsUsedAgainAndNotForOtherSpectra) {
  SpecbridgeNetOptions frozen = small_net();
  const auto files = [&] {
    return std::distance(fs::directory_iterator(options_.cache_folder), fs::directory_iterator());
  };
  for (const std::int64_t trained : {0, 1}) {
    frozen.trained_blocks = trained;
    options_.cache_folder = (folder_ / std::to_string(trained)).string();
    const double first = loss(frozen, options_);
    EXPECT_EQ(files(), 1);
    EXPECT_EQ(loss(frozen, options_), first);
    EXPECT_EQ(files(), 1) << "read, not made anew";
    data_.spectra[3].peaks[0].mz += 1;
    EXPECT_NE(loss(frozen, options_), first);
    EXPECT_EQ(files(), 2) << "another spectrum: another cache";
    data_.spectra[3].peaks[0].mz -= 1;
  }
}

TEST_F(SpecbridgeTaskTest, FrozenParts_GetNoGradient) {
  SpecbridgeNetOptions options = small_net();
  options.trained_blocks = 1;
  auto network = net(options);
  SpecbridgeTask task(data_, targets_, nullptr, network, options_, no_progress());
  task.loss(kExamples, {}).total.backward();
  int trained = 0;
  for (const auto& item : network->dreams().named_parameters()) {
    const bool has = item.value().grad().defined() && item.value().grad().abs().sum().item<double>() > 0;
    EXPECT_EQ(has, item.value().requires_grad()) << item.key();
    trained += has ? 1 : 0;
  }
  EXPECT_GT(trained, 0);
}

TEST_F(SpecbridgeTaskTest, Gradient_ThroughHeadMapperAndObjectives_MatchesFiniteDifferences) {
  auto network = net(small_net());
  network->head()->to(torch::kFloat64);
  network->mapper()->to(torch::kFloat64);
  const torch::Tensor y = torch::randn({3, 16}, torch::kFloat64);
  const torch::Tensor temperature = torch::tensor(-1.0, torch::kFloat64);
  expect_gradients({torch::randn({3, 32}, torch::kFloat64)}, [&](const auto& x) {
    const torch::Tensor z = network->from_pooled(x[0]);
    return alignment_loss(z, y) + info_nce(z, y, temperature, torch::Tensor());
  });
}

TEST_F(SpecbridgeTaskTest, Terms_AddUpToTheTotal) {
  options_.loss = {
      .alignment = 2, .raw_squared_error = 0.5, .orthogonality = 0.1, .info_nce = 1.5, .supervised_contrastive = 0.7};
  SpecbridgeTask task(data_, targets_, nullptr, net(small_net()), options_, no_progress());
  const StepLoss loss = task.loss(kExamples, {});
  const std::vector<double> weights{2, 0.5, 0.1, 1.5, 0.7};
  ASSERT_EQ(loss.terms.size(), weights.size());
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * loss.terms[i].second;
  EXPECT_NEAR(loss.total.item<double>(), sum, 1e-4);
}

TEST_F(SpecbridgeTaskTest, Augmentation_ChangesWithTheStepAndFollowsFromIt) {
  options_.augment = {.peak_dropout = 0.4, .intensity_jitter = 0.5};
  SpecbridgeTask task(data_, targets_, nullptr, net(small_net()), options_, no_progress());
  const auto at = [&](std::int64_t step) { return task.loss(kExamples, {step, 0}).total.item<double>(); };
  EXPECT_EQ(at(4), at(4));
  EXPECT_NE(at(4), at(5));
}

TEST(Augmented, KeepsTheHighestPeakAndTheOrder) {
  std::vector<spectra::Peak> peaks;
  for (int i = 0; i < 200; ++i) peaks.push_back({100.0 + i, i == 77 ? 1000.0 : 10.0});
  Rng rng(1);
  const auto out = augmented(peaks, {.peak_dropout = 0.5}, rng);
  EXPECT_NEAR(static_cast<double>(out.size()), 100, 30);
  EXPECT_TRUE(std::is_sorted(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.mz < b.mz; }));
  EXPECT_EQ(std::count_if(out.begin(), out.end(), [](const auto& p) { return p.intensity == 1000; }), 1);
  const auto all_but_one = augmented(peaks, {.peak_dropout = 0.9999}, rng);
  EXPECT_GE(all_but_one.size(), 1U);
}

}  // namespace
}  // namespace molbridge::train
