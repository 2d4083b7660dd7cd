#include "molbridge/train/fingerprint_ffn_task.hpp"

#include <gtest/gtest.h>

#include <set>

#include "molbridge/bank/test_bank.hpp"

namespace molbridge::train {
namespace {

constexpr std::int64_t kBits = 64;
constexpr const char* kFormulas[] = {"C6H6", "C7H8", "C8H10"};

/// Three molecules with two spectra each; every molecule has a peak of its own.
SpectrumDataset small_dataset() {
  SpectrumDataset data;
  for (std::size_t m = 0; m < 3; ++m) {
    const double mass = mass::Formula::parse(kFormulas[m]).value().monoisotopic_mass();
    data.molecules.push_back({std::string(14, static_cast<char>('A' + m)), "C", kFormulas[m], mass});
    for (int r = 0; r < 2; ++r)
      data.spectra.push_back({{{40.0 + 10 * static_cast<double>(m), 1.0}, {60.5, 0.3}}, mass + 1.007, {}, "", m, {}});
  }
  return data;
}

std::vector<float> random_bits(Rng& rng) {
  std::vector<float> bits(kBits);
  for (float& bit : bits) bit = rng.below(4) == 0 ? 1.0F : 0.0F;
  bits[0] = 1;
  return bits;
}

/// The molecules of the data set and four others of each formula.
std::shared_ptr<const bank::Bank> make_bank(const std::string& folder, const SpectrumDataset& data) {
  Rng rng(3);
  const auto builder = bank::BankBuilder::create(folder, bank::testing::test_options(kBits, bank::Dtype::kBits), false);
  int other = 0;
  for (const auto& molecule : data.molecules) {
    const bank::MoleculeRecord record{"C", molecule.inchikey14, molecule.formula, molecule.mass, "", "t:1"};
    bank::testing::add_row(*builder, {record, random_bits(rng)}, bank::Dtype::kBits);
    for (int i = 0; i < 4; ++i) {
      const std::string key = "OTHERMOLECUL" + std::to_string(10 + other++);
      const bank::MoleculeRecord rival{"C", key, molecule.formula, molecule.mass, "", "t:2"};
      bank::testing::add_row(*builder, {rival, random_bits(rng)}, bank::Dtype::kBits);
    }
  }
  builder->finish();
  return bank::Bank::open(folder);
}

class FingerprintFfnTaskTest : public ::testing::Test {
 protected:
  FingerprintFfnTaskTest() {
    Rng rng(9);
    torch::Tensor rows = torch::zeros({3, kBits}, torch::kUInt8);
    for (std::int64_t m = 0; m < 3; ++m) {
      const auto bits = random_bits(rng);
      for (std::int64_t d = 0; d < kBits; ++d) rows[m][d] = bits[static_cast<std::size_t>(d)] != 0 ? 1 : 0;
    }
    targets_ = MoleculeTargets(rows);
    options_.input.min_molecules = 1;
    options_.hidden = 16;
    options_.dropout = 0;
  }
  HardNegatives negatives(HardNegativeOptions options) {
    options.per_example = 8;
    return HardNegatives(bank_, data_.molecules, options);
  }

  bank::testing::TempFolder folder_;
  SpectrumDataset data_ = small_dataset();
  std::shared_ptr<const bank::Bank> bank_ = make_bank(folder_ / "bank", data_);
  MoleculeTargets targets_;
  FingerprintFfnTaskOptions options_;
  const std::vector<std::int64_t> all_{0, 1, 2, 3, 4, 5};
};

TEST_F(FingerprintFfnTaskTest, Negatives_AreOfTheFormulaAndNeverTheMoleculeItself) {
  const HardNegatives drawn = negatives({});
  const std::vector<std::int64_t> molecules{0, 1, 2};
  const auto rows = drawn.draw_rows(molecules, 7, 0);
  for (std::size_t m = 0; m < 3; ++m) {
    EXPECT_EQ(rows[m].size(), 4U);
    for (const std::uint64_t row : rows[m]) {
      EXPECT_EQ(bank_->record(row).formula, kFormulas[m]);
      EXPECT_NE(bank_->record(row).inchikey14, data_.molecules[m].inchikey14);
    }
  }
}

TEST_F(FingerprintFfnTaskTest, FormulasLeftOut_AreNoNegatives) {
  const HardNegatives drawn = negatives({.pool = NegativePool::kMass, .ppm = 1e6, .without_formulas = {"C7H8"}});
  const std::vector<std::int64_t> molecules{0};
  std::set<std::string> formulas;
  for (std::int64_t step = 0; step < 20; ++step) {
    const auto rows = drawn.draw_rows(molecules, step, 0);
    for (const std::uint64_t row : rows[0]) formulas.insert(bank_->record(row).formula);
  }
  EXPECT_EQ(formulas, (std::set<std::string>{"C6H6", "C8H10"}));
}

TEST_F(FingerprintFfnTaskTest, RowsDrawn_AreTheVectorsDrawn) {
  const HardNegatives drawn = negatives({});
  const std::vector<std::int64_t> molecules{2, 0};
  const auto rows = drawn.draw_rows(molecules, 3, 1);
  const HardNegatives::Drawn dense = drawn.draw(molecules, 3, 1);
  std::vector<float> vector(kBits);
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t c = 0; c < rows[i].size(); ++c) {
      bank_->embedding(rows[i][c], vector);
      const torch::Tensor got = dense.vectors[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(c)];
      EXPECT_TRUE(got.equal(torch::tensor(vector)));
    }
  }
}

TEST_F(FingerprintFfnTaskTest, CandidateLoss_IsThatOfTheDenseSoftmax) {
  const HardNegatives drawn = negatives({});
  options_.candidates_weight = 2;
  options_.temperature = 0.5;
  options_.loss = {.cross_entropy_weight = 0, .cosine_weight = 0};
  options_.balance = 0;
  FingerprintFfnTask task(data_, targets_, options_, &drawn);
  std::vector<std::int64_t> molecules;
  for (const std::int64_t example : all_) molecules.push_back(task.group_of(example));
  const HardNegatives::Drawn dense = drawn.draw(molecules, 4, 0);
  const torch::Tensor z = task.embed(data_.spectra);
  const torch::Tensor all = torch::cat({targets_.rows(molecules).unsqueeze(1), dense.vectors}, 1);
  const torch::Tensor scores = normalized(all).matmul(z.unsqueeze(2)).squeeze(2);
  const torch::Tensor expected =
      first_of_scores(scores, dense.present, torch::ones({6}), torch::tensor(std::log(0.5F)));
  EXPECT_NEAR(task.loss(all_, {.step = 4}).total.item<double>(), 2 * expected.item<double>(), 1e-4);
}

TEST_F(FingerprintFfnTaskTest, CandidateLoss_TeachesPriorAndTemperature) {
  const HardNegatives drawn = negatives({});
  options_.candidates_weight = 1;
  FingerprintFfnTask task(data_, targets_, options_, &drawn);
  task.loss(all_, {}).total.backward();
  for (const auto& item : task.module().named_parameters())
    EXPECT_TRUE(item.value().grad().defined() && item.value().grad().abs().sum().item<float>() > 0) << item.key();
}

/// Two spectra made of rivals, under conditions of the spectra of the first and third molecule.
SimulatedSpectra simulated_of(const SpectrumDataset& data, const HardNegatives& negatives) {
  SimulatedSpectra out;
  for (const std::size_t molecule : {std::size_t{0}, std::size_t{2}}) {
    out.spectra.push_back({{{45.0, 1.0}, {70.5, 0.7}}, data.molecules[molecule].mass + 1.007, {}, "", molecule, {}});
    out.rows.push_back(negatives.rows(molecule)[1]);
  }
  return out;
}

TEST_F(FingerprintFfnTaskTest, SimulatedSpectra_AddTheirLossUntilTheirLastStep) {
  const HardNegatives drawn = negatives({});
  options_.candidates_weight = 1;
  FingerprintFfnTask measured(data_, targets_, options_, &drawn);
  options_.simulated_share = 0.5;
  options_.simulated_weight = 3;
  options_.simulated_steps = 5;
  FingerprintFfnTask both(data_, targets_, options_, &drawn, simulated_of(data_, drawn));
  const StepLoss before = both.loss(all_, {.step = 4});
  EXPECT_EQ(before.terms.back().first, "simulated_candidates");
  EXPECT_GT(before.terms.back().second, 0);
  EXPECT_GT(before.total.item<double>(), measured.loss(all_, {.step = 4}).total.item<double>() + 1);
  EXPECT_EQ(both.loss(all_, {.step = 5}).total.item<double>(), measured.loss(all_, {.step = 5}).total.item<double>());
}

TEST_F(FingerprintFfnTaskTest, SimulatedSpectra_TeachTheirMolecules) {
  const HardNegatives drawn = negatives({});
  options_.candidates_weight = 1;
  const SimulatedSpectra simulated = simulated_of(data_, drawn);
  FingerprintFfnTask task(data_, targets_, options_, &drawn, simulated);
  torch::optim::Adam optimizer(task.module().parameters(), torch::optim::AdamOptions(1e-2));
  double first = 0, last = 0;
  for (std::int64_t step = 0; step < 60; ++step) {
    optimizer.zero_grad();
    const StepLoss loss = task.loss(all_, {.step = step});
    loss.total.backward();
    optimizer.step();
    last = loss.terms.back().second;
    if (step == 0) first = last;
  }
  EXPECT_LT(last, 0.5 * first);
}

TEST_F(FingerprintFfnTaskTest, Members_BeginDifferentlyAndAreAveraged) {
  options_.members = 3;
  FingerprintFfnTask task(data_, targets_, options_);
  task.module().eval();
  const torch::NoGradGuard no_grad;
  const auto parameters = task.module().named_parameters();
  EXPECT_FALSE(parameters["member0.output.weight"].equal(parameters["member1.output.weight"]));
  options_.members = 1;
  FingerprintFfnTask one(data_, targets_, options_);
  one.module().eval();
  const auto alone = one.module().named_parameters();
  EXPECT_TRUE(alone["member0.output.weight"].equal(parameters["member0.output.weight"]))
      << "the first member is the network that there was before";
  torch::Tensor sum = torch::zeros({6, kBits});
  for (int m = 0; m < 3; ++m) {
    for (const auto& item : alone)
      item.value().detach().copy_(parameters["member" + std::to_string(m) + item.key().substr(item.key().find('.'))]);
    sum += one.embed(data_.spectra);
  }
  EXPECT_TRUE(torch::allclose(task.embed(data_.spectra), sum / 3, 1e-5, 1e-6));
  EXPECT_FALSE(torch::allclose(one.embed(data_.spectra), sum / 3, 1e-3, 1e-3)) << "the members are one and the same";
}

}  // namespace
}  // namespace molbridge::train
