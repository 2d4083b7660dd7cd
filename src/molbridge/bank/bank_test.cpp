#include "molbridge/bank/bank.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <thread>

#include "molbridge/bank/test_bank.hpp"

namespace molbridge::bank {
namespace {

using namespace testing;

constexpr std::uint64_t kWidth = 16;

class BankOf : public ::testing::TestWithParam<Dtype> {
 protected:
  BankOf() {
    build_bank(folder_ / "bank", make_rows(2000, kWidth, 5), test_options(kWidth, GetParam()));
    bank_ = Bank::open(folder_ / "bank");
    Rng rng(6);
    for (auto& value : query_) value = static_cast<float>(rng.below(3));  // few values: many ties
  }
  std::vector<std::uint64_t> all_rows() const {
    std::vector<std::uint64_t> rows(bank_->size());
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
  }
  std::vector<float> scores(std::span<const std::uint64_t> rows) const {
    std::vector<float> out(rows.size());
    bank_->score(query_, rows, out);
    return out;
  }
  /// By definition: sort everything, and count for each rank.
  std::vector<Hit> brute_force(std::span<const std::uint64_t> rows, std::size_t k) const {
    const auto all = scores(rows);
    std::vector<Hit> hits;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto rank = std::count_if(all.begin(), all.end(), [&](float s) { return s >= all[i]; });
      hits.push_back({rows[i], all[i], static_cast<std::uint64_t>(rank)});
    }
    std::sort(hits.begin(), hits.end(),
              [](const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.row < b.row; });
    hits.resize(std::min(k, hits.size()));
    return hits;
  }
  static void expect_same(const std::vector<Hit>& found, const std::vector<Hit>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].row, expected[i].row) << i;
      EXPECT_EQ(found[i].score, expected[i].score) << i;
      EXPECT_EQ(found[i].rank, expected[i].rank) << i;
    }
  }

  TempFolder folder_;
  std::shared_ptr<const Bank> bank_;
  std::vector<float> query_ = std::vector<float>(kWidth);
};

TEST_P(BankOf, TopK_ManyTies_IsTheBruteForce) {
  const auto rows = all_rows();
  for (const std::size_t k : {1, 2, 5, 10, 100, 1999, 100000})
    expect_same(top_k(*bank_, query_, rows, k), brute_force(rows, k));
  EXPECT_TRUE(top_k(*bank_, query_, rows, 0).empty());
}

TEST_P(BankOf, TopK_RowsInAnyOrder_IsTheSame) {
  auto rows = all_rows();
  const auto expected = brute_force(rows, 50);
  Rng rng(8);
  for (int i = 0; i < 5; ++i) {
    rng.shuffle(std::span(rows));
    expect_same(top_k(*bank_, query_, rows, 50), expected);
  }
}

TEST_P(BankOf, TopK_OfARange_IsThatOfItsRows) {
  for (const RowRange range : {RowRange{0, 0}, RowRange{3, 4}, RowRange{100, 400}, RowRange{0, bank_->size()}}) {
    std::vector<std::uint64_t> rows(range.size());
    std::iota(rows.begin(), rows.end(), range.begin);
    expect_same(top_k(*bank_, query_, range, 20), brute_force(rows, 20));
  }
}

TEST_P(BankOf, TopK_EveryRowTies_RanksAllOfThemLast) {
  std::fill(query_.begin(), query_.end(), 0.0F);
  const auto hits = top_k(*bank_, query_, RowRange{0, bank_->size()}, 3);
  ASSERT_EQ(hits.size(), 3U);
  for (std::size_t i = 0; i < hits.size(); ++i) {
    EXPECT_EQ(hits[i].row, i);
    EXPECT_EQ(hits[i].score, 0.0F);
    EXPECT_EQ(hits[i].rank, bank_->size());
  }
}

TEST_P(BankOf, Score_OfARow_DoesNotDependOnTheOthers) {
  const auto rows = all_rows();
  const auto together = scores(rows);
  for (std::uint64_t row = 0; row < rows.size(); row += 97) EXPECT_EQ(scores(std::vector{row}).front(), together[row]);
}

TEST_P(BankOf, Score_IsTheCosineWithTheEmbedding) {
  std::vector<float> row(kWidth);
  const auto all = scores(all_rows());
  for (std::uint64_t r = 0; r < bank_->size(); r += 13) {
    bank_->embedding(r, row);
    const double dot = std::inner_product(row.begin(), row.end(), query_.begin(), 0.0);
    const double norms = std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0) *
                                   std::inner_product(query_.begin(), query_.end(), query_.begin(), 0.0));
    EXPECT_NEAR(all[r], norms == 0 ? 0 : dot / norms, 1e-6);
  }
}

TEST_P(BankOf, Records_OfARange_AreThoseOfItsRows) {
  const auto records = bank_->records({10, 60});
  ASSERT_EQ(records.size(), 50U);
  for (std::uint64_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].smiles, bank_->record(10 + i).smiles);
    EXPECT_EQ(records[i].mass, bank_->masses()[10 + i]);
  }
  EXPECT_TRUE(bank_->records({5, 5}).empty());
}

TEST_P(BankOf, ConstUse_FromManyThreads_IsSafe) {
  const auto expected_hits = top_k(*bank_, query_, RowRange{0, bank_->size()}, 10);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 50; ++i) {
        const std::uint64_t row = (i * 37 + static_cast<std::uint64_t>(t) * 101) % bank_->size();
        const MoleculeRecord record = bank_->record(row);
        const auto rows = bank_->rows_of_inchikey14(record.inchikey14);
        if (std::find(rows.begin(), rows.end(), row) == rows.end()) ++wrong;
        if (top_k(*bank_, query_, RowRange{0, bank_->size()}, 10).front().row != expected_hits.front().row) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(BankOf, Use_OfARowThatIsNot_IsADefectOfTheCaller) {
  EXPECT_EQ(error_of([&] { bank_->record(bank_->size()); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(error_of([&] { scores(std::vector{bank_->size()}); }).code(), ErrorCode::kInternal);
  std::vector<float> narrow(kWidth - 1);
  EXPECT_EQ(error_of([&] { bank_->embedding(0, narrow); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(error_of([&] { top_k(*bank_, narrow, RowRange{0, 1}, 1); }).code(), ErrorCode::kInternal);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, BankOf, ::testing::Values(Dtype::kFloat32, Dtype::kFloat16, Dtype::kBits),
                         [](const auto& param) { return std::string(name(param.param)); });

class BankWindows : public ::testing::Test {
 protected:
  void build(const std::vector<MoleculeRecord>& records) {
    const auto builder = BankBuilder::create(folder_ / "bank", test_options(8, Dtype::kBits), false);
    for (const auto& record : records) builder->add_bits(record, std::vector<std::uint8_t>{1});
    builder->finish();
    bank_ = Bank::open(folder_ / "bank");
  }
  TempFolder folder_;
  std::shared_ptr<const Bank> bank_;
};

TEST_F(BankWindows, Window_RandomEnds_IsTheLinearScan) {
  std::vector<MoleculeRecord> records;
  Rng rng(9);
  for (int i = 0; i < 300; ++i) {
    records.push_back(
        {"C" + std::to_string(i), std::to_string(i), "F", 100 + static_cast<double>(rng.below(50)), "", ""});
  }
  build(records);
  const auto masses = bank_->masses();
  for (int i = 0; i < 500; ++i) {
    const double low = 95 + static_cast<double>(rng.below(120)) / 2;
    const double high = low + static_cast<double>(rng.below(20)) / 2;
    const RowRange found = bank_->window({low, high});
    for (std::uint64_t row = 0; row < masses.size(); ++row) {
      ASSERT_EQ(row >= found.begin && row < found.end, masses[row] >= low && masses[row] <= high) << low << " " << high;
    }
  }
}

TEST_F(BankWindows, Window_EmptyOrNotANumber_HasNoRows) {
  build({{"C", "A", "CH4", 16.0313, "", ""}});
  EXPECT_EQ(bank_->window({17, 16}).size(), 0U);
  EXPECT_EQ(bank_->window({std::nan(""), 100}).size(), 0U);
  EXPECT_EQ(bank_->window({0, std::nan("")}).size(), 0U);
  EXPECT_EQ(bank_->window({16.0313, 16.0313}).size(), 1U);
}

TEST_F(BankWindows, RowsOfFormula_NeighboursInTheWindowAndOtherSpellings_AreToldApart) {
  const auto mass_of = [](const char* text) { return mass::Formula::parse(text).value().monoisotopic_mass(); };
  build({{"C1", "A", "C6H12O6", mass_of("C6H12O6"), "", ""},
         {"C2", "B", "C6H12O6", mass_of("C6H12O6") + 1e-9, "", ""},
         {"C3", "C", "C5H4N10", mass_of("C6H12O6") + 5e-5, "", ""},
         {"C4", "D", "D2O", mass_of("D2O"), "", ""},
         {"C5", "E", "[2H]2O", mass_of("D2O"), "", ""},
         {"C6", "F", "not a formula", mass_of("D2O"), "", ""}});
  EXPECT_EQ(bank_->rows_of_formula(mass::Formula::parse("C6H12O6").value()).size(), 2U);
  EXPECT_EQ(bank_->rows_of_formula(mass::Formula::parse("O[2H]2").value()).size(), 2U);
  EXPECT_TRUE(bank_->rows_of_formula(mass::Formula::parse("C7H16O5").value()).empty());
}

TEST_F(BankWindows, RowsOfInchikey14_Isotopologues_AreAllFound) {
  build({{"C", "VNWKTOKETHGBQD", "CH4", 16.0313, "", ""},
         {"O", "XLYOFNOQVPJJNP", "H2O", 18.0106, "", ""},
         {"[13CH4]", "VNWKTOKETHGBQD", "[13C]H4", 17.0347, "", ""}});
  EXPECT_EQ(bank_->rows_of_inchikey14("VNWKTOKETHGBQD"), (std::vector<std::uint64_t>{0, 1}));
  EXPECT_EQ(bank_->rows_of_inchikey14("XLYOFNOQVPJJNP"), (std::vector<std::uint64_t>{2}));
  EXPECT_TRUE(bank_->rows_of_inchikey14("AAAAAAAAAAAAAA").empty());
  EXPECT_TRUE(bank_->rows_of_inchikey14("").empty());
}

TEST(Dtypes, ParseDtype_OfEachName_ComesBack) {
  for (const Dtype dtype : {Dtype::kFloat32, Dtype::kFloat16, Dtype::kBits}) EXPECT_EQ(parse_dtype(name(dtype)), dtype);
  EXPECT_EQ(error_of([] { parse_dtype("bfloat16"); }).code(), ErrorCode::kUsage);
}

/// Private memory of this process; mapped files do not count in it.
std::int64_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != "RssAnon:") continue;
    std::int64_t kib = 0;
    status >> kib;
    return kib * 1024;
  }
  return -1;
}

TEST(BankMemory, Search_OfEveryRow_TakesNoMemoryForTheMatrix) {
  if (anonymous_bytes() < 0) GTEST_SKIP() << "the system does not tell RssAnon";
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer keeps four bytes of its own for each byte that is read";
#endif
  constexpr std::uint64_t kWide = 65536;
  constexpr std::int64_t kMatrixBytes = 300 * static_cast<std::int64_t>(kWide) * 4;  // 79 MB
  const TempFolder folder;
  {
    BuildOptions options = test_options(kWide, Dtype::kFloat32);
    options.memory_budget = 8 << 20;
    const auto builder = BankBuilder::create(folder / "bank", options, false);
    const std::vector<float> embedding(kWide, 1.0F);
    for (int i = 0; i < 300; ++i) builder->add({"C", std::to_string(i), "F", 1.0 * i, "", ""}, embedding);
    EXPECT_EQ(builder->finish().written, 300U);
  }
  const std::int64_t before = anonymous_bytes();
  const auto bank = Bank::open(folder / "bank");
  EXPECT_NEAR(top_k(*bank, std::vector<float>(kWide, 1.0F), RowRange{0, 300}, 1).front().score, 1.0F, 1e-6F);
  EXPECT_LT(anonymous_bytes() - before, kMatrixBytes / 8);
}

}  // namespace
}  // namespace molbridge::bank
