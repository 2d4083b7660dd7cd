#include "molbridge/retrieve/projected_bank.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "molbridge/bank/test_bank.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::uint64_t kWidth = 72, kOutputs = 10, kRows = 300;

std::vector<float> random_values(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> out(count);
  for (float& value : out) value = static_cast<float>(rng.next() >> 40) * 0x1p-23F - 1.0F;
  return out;
}

std::shared_ptr<const bridges::LinearSide> random_side(bool has_bias) {
  return std::make_shared<const bridges::LinearSide>(random_values(kWidth * kOutputs, 1),
                                                     has_bias ? random_values(kOutputs, 2) : std::vector<float>(),
                                                     kWidth, kOutputs);
}

class ProjectedBankTest : public ::testing::Test {
 protected:
  std::shared_ptr<const bank::Bank> build(bank::Dtype dtype) {
    auto rows = bank::testing::make_rows(kRows, kWidth, 3);
    std::fill(rows[5].embedding.begin(), rows[5].embedding.end(), 0.0F);
    const std::string path = folder_ / ("bank" + std::string(name(dtype)));
    bank::testing::build_bank(path, rows, bank::testing::test_options(kWidth, dtype));
    return bank::Bank::open(path);
  }

  /// Cosine of q with W x + b, all in float64.
  static double cosine(const bank::Bank& base, const bridges::LinearSide& side, std::uint64_t row,
                       const std::vector<float>& q) {
    std::vector<float> x(kWidth);
    base.embedding(row, x);
    double product = 0, squares = 0, query = 0;
    for (std::size_t o = 0; o < kOutputs; ++o) {
      double y = side.bias().empty() ? 0.0 : static_cast<double>(side.bias()[o]);
      for (std::size_t i = 0; i < kWidth; ++i) y += static_cast<double>(side.weight()[o * kWidth + i]) * x[i];
      product += y * q[o];
      squares += y * y;
      query += static_cast<double>(q[o]) * q[o];
    }
    return squares == 0 || query == 0 ? 0.0 : product / std::sqrt(squares * query);
  }

  static std::vector<float> scores(const bank::Bank& bank, const std::vector<float>& q) {
    std::vector<std::uint64_t> rows(bank.size());
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<float> out(rows.size());
    bank.score(bank::Similarity::kCosine, q, rows, out);
    return out;
  }

  bank::testing::TempFolder folder_;
};

TEST_F(ProjectedBankTest, Score_EveryDtype_IsTheCosineOfTheProjectedRow) {
  const std::vector<float> q = random_values(kOutputs, 4);
  for (const auto dtype : {bank::Dtype::kBits, bank::Dtype::kFloat16, bank::Dtype::kFloat32}) {
    const auto base = build(dtype);
    for (const bool has_bias : {false, true}) {
      const auto side = random_side(has_bias);
      const auto bank = project_bank(base, side, {});
      const std::vector<float> found = scores(*bank, q);
      for (std::uint64_t row = 0; row < bank->size(); ++row)
        EXPECT_NEAR(found[row], cosine(*base, *side, row, q), 2e-6) << name(dtype) << " row " << row;
    }
  }
}

TEST_F(ProjectedBankTest, Score_ZeroRowOrZeroQuery_IsZero) {
  const auto base = build(bank::Dtype::kBits);
  const auto bank = project_bank(base, random_side(false), {});
  for (const float score : scores(*bank, std::vector<float>(kOutputs, 0.0F))) EXPECT_EQ(score, 0.0F);
  std::vector<float> x(kWidth);
  const std::vector<float> found = scores(*bank, random_values(kOutputs, 4));
  int zero_rows = 0;
  for (std::uint64_t row = 0; row < base->size(); ++row) {
    base->embedding(row, x);
    if (std::any_of(x.begin(), x.end(), [](float value) { return value != 0; })) continue;
    EXPECT_EQ(found[row], 0.0F);
    ++zero_rows;
  }
  EXPECT_EQ(zero_rows, 1);
}

TEST_F(ProjectedBankTest, Embedding_HasLengthOneAndTheScoreAsItsProduct) {
  const auto bank = project_bank(build(bank::Dtype::kBits), random_side(true), {});
  EXPECT_EQ(bank->manifest().width, kOutputs);
  std::vector<float> row(kOutputs), q = random_values(kOutputs, 4);
  bank->embedding(17, row);
  double squares = 0, product = 0;
  for (std::size_t o = 0; o < kOutputs; ++o) {
    squares += static_cast<double>(row[o]) * row[o];
    product += static_cast<double>(row[o]) * q[o];
  }
  EXPECT_NEAR(squares, 1, 1e-6);
  std::vector<float> score(1);
  const std::vector<std::uint64_t> rows{17};
  bank->score(bank::Similarity::kDot, q, rows, score);
  EXPECT_NEAR(score[0], product, 2e-6);
}

TEST_F(ProjectedBankTest, InverseNorms_DoNotDependOnThreads) {
  const auto base = build(bank::Dtype::kFloat16);
  const auto side = random_side(true);
  EXPECT_EQ(inverse_norms(*base, *side, 1), inverse_norms(*base, *side, 4));
}

TEST_F(ProjectedBankTest, Open_BankOfAnotherWidth_SaysBothWidths) {
  const auto side = std::make_shared<const bridges::LinearSide>(random_values(80, 1), std::vector<float>(), 8, 10);
  const auto base = build(bank::Dtype::kBits);
  const Error error = bank::testing::error_of([&] { project_bank(base, side, {}); });
  EXPECT_EQ(error.code(), ErrorCode::kModel);
  EXPECT_NE(std::string(error.what()).find("72"), std::string::npos);
}

class CachedLengthsTest : public ProjectedBankTest {
 protected:
  std::string only_file() const {
    std::string found;
    for (const auto& entry : std::filesystem::directory_iterator(cache_)) found = entry.path().string();
    return found;
  }
  const std::string cache_ = folder_ / "cache";
  const std::vector<float> query_ = random_values(kOutputs, 4);
};

TEST_F(CachedLengthsTest, SecondOpening_ReadsTheFileOfTheFirst) {
  const auto base = build(bank::Dtype::kBits);
  const ProjectedBankOptions options{std::string(64, 'a'), cache_, 1};
  const std::vector<float> first = scores(*project_bank(base, random_side(true), options), query_);
  ASSERT_FALSE(only_file().empty());
  // Another bridge under the same digest: lengths from the file show in the scores.
  const auto other = scores(*project_bank(base, random_side(false), options), query_);
  EXPECT_NE(other, scores(*project_bank(base, random_side(false), {}), query_));
  EXPECT_EQ(first, scores(*project_bank(base, random_side(true), options), query_));
}

TEST_F(CachedLengthsTest, DamagedOrForeignFile_IsMadeAgain) {
  const auto base = build(bank::Dtype::kBits);
  const ProjectedBankOptions options{std::string(64, 'a'), cache_, 1};
  const std::vector<float> expected = scores(*project_bank(base, random_side(true), options), query_);
  const std::string file = only_file();
  std::string bytes = bank::testing::read_file(file);
  for (const std::size_t place : {bytes.size() - 1, bytes.size() / 2, std::size_t{3}}) {
    std::string damaged = bytes;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x40);
    bank::testing::write_file(file, damaged);
    EXPECT_EQ(scores(*project_bank(base, random_side(true), options), query_), expected) << place;
    EXPECT_EQ(bank::testing::read_file(file), bytes) << "made anew";
  }
  // The same first characters of the digest, another model.
  const ProjectedBankOptions other{std::string(63, 'a') + "b", cache_, 1};
  EXPECT_EQ(scores(*project_bank(base, random_side(false), other), query_),
            scores(*project_bank(base, random_side(false), {}), query_));
}

TEST_F(CachedLengthsTest, FolderThatCannotBeWritten_IsNoError) {
  const auto base = build(bank::Dtype::kBits);
  bank::testing::write_file(cache_, "a file where the folder should be");
  const auto bank = project_bank(base, random_side(true), {std::string(64, 'a'), cache_, 1});
  EXPECT_EQ(scores(*bank, query_), scores(*project_bank(base, random_side(true), {}), query_));
}

}  // namespace
}  // namespace molbridge::retrieve
