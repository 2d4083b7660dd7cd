// One query against every row: rank_rows() over 2.5 million packed fingerprints and over a table of texts, beside a plain loop that scores all
// rows and sorts them. In memory; about 640 MB.
//   build/bench/search_bench --benchmark_min_time=1

#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "molbridge/bank/kernels.hpp"
#include "molbridge/bank/memory_table.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/retrieve/ranking.hpp"

namespace molbridge::retrieve {
namespace {

constexpr std::uint64_t kRows = 2'500'000;
constexpr std::uint64_t kWidth = 2048;
constexpr std::size_t kTopK = 10;

/// What a bank of packed fingerprints does, without its files.
class PackedTable final : public bank::VectorTable {
 public:
  PackedTable() : bits_(kRows * kBytes) {
    constexpr int kSetBits = 48;
    Rng rng(1);
    for (std::uint64_t row = 0; row < kRows; ++row) {
      for (int i = 0; i < kSetBits; ++i) {
        const std::uint64_t bit = rng.below(kWidth);
        bits_[row * kBytes + bit / 8] |= std::byte{1} << (bit % 8);
      }
    }
  }
  std::uint64_t size() const override { return kRows; }
  std::uint64_t width() const override { return kWidth; }
  void embedding(std::uint64_t row, std::span<float> out) const override {
    for (std::uint64_t i = 0; i < kWidth; ++i) {
      out[i] = static_cast<float>(std::to_integer<unsigned>(bits_[row * kBytes + i / 8]) >> (i % 8) & 1U);
    }
  }
  using VectorTable::score;
  void score(bank::Similarity similarity, std::span<const float> query, std::span<const std::uint64_t> rows,
             std::span<float> scores) const override {
    const bank::Scorer scorer(bank::Dtype::kBits, query);
    for (std::size_t i = 0; i < rows.size(); ++i) scores[i] = scorer.score(similarity, bits_.data() + rows[i] * kBytes);
  }

 private:
  static constexpr std::uint64_t kBytes = kWidth / 8;
  std::vector<std::byte> bits_;
};

const PackedTable& table() {
  static const PackedTable made;
  return made;
}

std::vector<float> random_values(std::size_t count) {
  Rng rng(2);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(rng.normal());
  return values;
}

void RankWholeBank(benchmark::State& state) {
  const std::vector<float> query = random_values(kWidth);
  table();  // made before the clock runs
  for (auto _ : state) {
    benchmark::DoNotOptimize(rank_rows(table(), bank::RowRange{0, kRows}, query, kTopK, bank::Similarity::kCosine,
                                       static_cast<std::size_t>(state.range(0))));
  }
}
BENCHMARK(RankWholeBank)->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

/// All scores, then all rows in order: what a loop without bounds does.
void PlainLoop(benchmark::State& state) {
  const std::vector<float> query = random_values(kWidth);
  table();  // made before the clock runs
  for (auto _ : state) {
    std::vector<std::uint64_t> rows(kRows);
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<float> scores(kRows);
    table().score(query, rows, scores);
    std::stable_sort(rows.begin(), rows.end(), [&](auto a, auto b) { return scores[a] > scores[b]; });
    benchmark::DoNotOptimize(rows.front());
  }
}
BENCHMARK(PlainLoop)->Unit(benchmark::kMillisecond)->UseRealTime();

void RankTexts(benchmark::State& state) {
  constexpr std::uint64_t kTexts = 20000, kTextWidth = 256;
  static const bank::MemoryTable texts(random_values(kTexts * kTextWidth), kTextWidth);
  const std::vector<float> query = random_values(kTextWidth);
  for (auto _ : state) benchmark::DoNotOptimize(rank_rows(texts, bank::RowRange{0, kTexts}, query, kTopK));
}
BENCHMARK(RankTexts)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace molbridge::retrieve
