// Rows per second of building and of scoring. A build of PubChemLite's size, with its peak memory:
//   /usr/bin/time -v build/bench/bank_bench --benchmark_filter=Build/bits/4096/2500000
// Folders are made below TMPDIR.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/bank/builder.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::bank {
namespace {

namespace fs = std::filesystem;

/// Texts as long as those of a real bank, masses of isomers that tie, some 48 bits of a fingerprint.
class SyntheticRows {
 public:
  SyntheticRows(Dtype dtype, std::uint64_t width) : dtype_(dtype), width_(width), bits_(width / 8), floats_(width) {}

  void add_to(BankBuilder& builder) {
    const std::uint64_t kind = rng_.below(200000);
    record_.mass = 100 + 0.0045 * static_cast<double>(kind);
    record_.formula = "C" + std::to_string(kind) + "H12O";
    record_.inchikey14.resize(14);
    for (char& c : record_.inchikey14) c = static_cast<char>('A' + rng_.below(26));
    record_.smiles.assign(48, 'C');
    record_.smiles.replace(0, 14, record_.inchikey14);
    record_.source_id = "synthetic:" + std::to_string(next_++);
    if (dtype_ == Dtype::kBits) return add_bits(builder);
    for (float& value : floats_) value = static_cast<float>(rng_.next() >> 40) * 0x1p-23F - 1.0F;
    builder.add(record_, floats_);
  }

 private:
  void add_bits(BankBuilder& builder) {
    constexpr int kSetBits = 48;
    std::fill(bits_.begin(), bits_.end(), 0);
    for (int i = 0; i < kSetBits; ++i) {
      const std::uint64_t bit = rng_.below(width_);
      bits_[bit / 8] |= static_cast<std::uint8_t>(1U << (bit % 8));
    }
    builder.add_bits(record_, bits_);
  }

  Dtype dtype_;
  std::uint64_t width_;
  Rng rng_{1};
  MoleculeRecord record_;
  std::vector<std::uint8_t> bits_;
  std::vector<float> floats_;
  std::uint64_t next_ = 0;
};

class ScratchFolder {
 public:
  ScratchFolder() : path_((fs::temp_directory_path() / ("bank_bench." + std::to_string(::getpid()))).string()) {}
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string bank() const { return path_ + "/bank"; }

 private:
  std::string path_;
};

void build(const std::string& folder, Dtype dtype, std::uint64_t width, std::uint64_t rows) {
  constexpr std::uint64_t kCheckpointEvery = 500000;
  BuildOptions options;
  options.encoder = "synthetic";
  options.encoder_digest = std::string(64, '0');
  options.width = width;
  options.dtype = dtype;
  const auto builder = BankBuilder::create(folder, options, false);
  SyntheticRows source(dtype, width);
  for (std::uint64_t row = 1; row <= rows; ++row) {
    source.add_to(*builder);
    if (row % kCheckpointEvery == 0) builder->checkpoint({row, row, 0});
  }
  builder->finish();
}

void build_rows(benchmark::State& state, Dtype dtype, std::uint64_t width, std::uint64_t rows) {
  const ScratchFolder scratch;
  for (auto _ : state) build(scratch.bank(), dtype, width, rows);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
}

void score_rows(benchmark::State& state, Dtype dtype, std::uint64_t width) {
  const std::uint64_t rows =
      (std::uint64_t{256} << 20) / (dtype == Dtype::kBits ? width / 8 : width * 4);  // beyond every cache
  const ScratchFolder scratch;
  build(scratch.bank(), dtype, width, rows);
  const auto bank = Bank::open(scratch.bank());
  Rng rng(2);
  std::vector<float> query(width);
  for (auto& value : query) value = static_cast<float>(rng.uniform());
  std::vector<std::uint64_t> ids(bank->size());
  std::iota(ids.begin(), ids.end(), 0);
  std::vector<float> scores(ids.size());
  for (auto _ : state) {
    bank->score(query, ids, scores);
    benchmark::DoNotOptimize(scores.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(ids.size()));
}

/// The usual query: a window of some 160 rows, best ten, with their records.
void search_window(benchmark::State& state) {
  constexpr std::uint64_t kRows = 200000;
  constexpr std::uint64_t kWidth = 4096;
  constexpr std::uint64_t kPool = 160;
  const ScratchFolder scratch;
  build(scratch.bank(), Dtype::kBits, kWidth, kRows);
  const auto bank = Bank::open(scratch.bank());
  const std::vector<float> query(kWidth, 0.5F);
  Rng rng(3);
  for (auto _ : state) {
    const std::uint64_t begin = rng.below(bank->size() - kPool);
    const RowRange rows{begin, begin + kPool};
    benchmark::DoNotOptimize(top_k(*bank, query, rows, 10));
    benchmark::DoNotOptimize(bank->records(rows));
  }
  state.SetItemsProcessed(state.iterations());
}

void register_all() {
  for (const Dtype dtype : {Dtype::kBits, Dtype::kFloat16, Dtype::kFloat32}) {
    for (const std::uint64_t width : {2048, 4096}) {
      const std::string what = std::string(name(dtype)) + "/" + std::to_string(width);
      benchmark::RegisterBenchmark(("Score/" + what).c_str(),
                                   [=](benchmark::State& s) { score_rows(s, dtype, width); });
    }
  }
  benchmark::RegisterBenchmark("SearchWindow/bits/4096", search_window)->Unit(benchmark::kMicrosecond);
  for (const std::uint64_t rows : {100000, 2500000}) {
    const std::string bits = "Build/bits/4096/" + std::to_string(rows);
    benchmark::RegisterBenchmark(bits.c_str(), [=](benchmark::State& s) { build_rows(s, Dtype::kBits, 4096, rows); })
        ->Iterations(1)
        ->Unit(benchmark::kSecond)
        ->UseRealTime();
  }
  benchmark::RegisterBenchmark("Build/float16/1024/100000",
                               [](benchmark::State& s) { build_rows(s, Dtype::kFloat16, 1024, 100000); })
      ->Iterations(1)
      ->Unit(benchmark::kSecond)
      ->UseRealTime();
}

const bool kRegistered = (register_all(), true);

}  // namespace
}  // namespace molbridge::bank
