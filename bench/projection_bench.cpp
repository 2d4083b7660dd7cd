// A bank of 2.5 million fingerprints of 2048 bits, 48 of them on, seen through a linear bridge to 256: lengths of all rows, and one query.
//   build/bench/projection_bench
// Rows are made in memory.

#include <benchmark/benchmark.h>

#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/bank/kernels.hpp"
#include "molbridge/bridges/bit_lengths.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/threads.hpp"

namespace molbridge {
namespace {

constexpr std::size_t kRows = 2'500'000, kInputs = 2048, kOutputs = 256, kChunk = 4096;

/// On-bits of molecules are far from uniform: half of them are drawn from 64 common places.
const std::vector<std::byte>& rows() {
  static const std::vector<std::byte> kBytes = [] {
    std::vector<std::byte> bytes(kRows * kInputs / 8);
    Rng rng(1);
    for (std::size_t row = 0; row < kRows; ++row) {
      for (int i = 0; i < 48; ++i) {
        const std::uint64_t bit = i % 2 == 0 ? rng.below(kInputs) : 31 * rng.below(64);
        bytes[row * kInputs / 8 + bit / 8] |= static_cast<std::byte>(1U << (bit % 8));
      }
    }
    return bytes;
  }();
  return kBytes;
}

bridges::LinearSide side() {
  Rng rng(2);
  std::vector<float> weight(kInputs * kOutputs);
  for (float& value : weight) value = static_cast<float>(rng.normal());
  return {weight, {}, kInputs, kOutputs};
}

void lengths(benchmark::State& state) {
  const bridges::BitLengths lengths(side());
  const auto& bytes = rows();
  std::vector<double> squares(kRows);
  for (auto _ : state) {
    parallel_for(kRows, static_cast<std::size_t>(state.range(0)), kChunk, [&](std::size_t begin, std::size_t end) {
      std::vector<const std::byte*> pointers;
      for (std::size_t row = begin; row < end; ++row) pointers.push_back(bytes.data() + row * kInputs / 8);
      lengths.squared(pointers.data(), pointers.size(), squares.data() + begin);
    });
    benchmark::DoNotOptimize(squares.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}

void query(benchmark::State& state) {
  const bridges::LinearSide bridge = side();
  const auto& bytes = rows();
  const bridges::FoldedQuery folded = bridge.fold(std::vector<float>(kOutputs, 0.1F));
  std::vector<float> scores(kRows);
  for (auto _ : state) {
    parallel_for(kRows, static_cast<std::size_t>(state.range(0)), kChunk, [&](std::size_t begin, std::size_t end) {
      const bank::Scorer scorer(bank::Dtype::kBits, folded.query);
      for (std::size_t row = begin; row < end; ++row) scores[row] = scorer.dot(bytes.data() + row * kInputs / 8);
    });
    benchmark::DoNotOptimize(scores.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}

BENCHMARK(lengths)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(query)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace molbridge
