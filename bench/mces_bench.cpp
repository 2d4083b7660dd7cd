// Pairs per second of the myopic MCES distance. Input: the reference pairs in tests/golden/mces (same formula, threshold 15), or the first two columns of the
// table that MOLBRIDGE_BENCH_PAIRS names. An iteration measures all pairs once.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "molbridge/chem/mces.hpp"
#include "molbridge/chem/mces_profile.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/core/text.hpp"

namespace {

using molbridge::chem::McesGraph;
using molbridge::chem::McesPair;

struct Inputs {
  std::vector<McesGraph> graphs;
  std::vector<McesPair> pairs;
};

void add(Inputs& inputs, std::string_view a, std::string_view b) {
  const auto x = molbridge::chem::standardize(a);
  const auto y = molbridge::chem::standardize(b);
  if (!x || !y) return;
  inputs.pairs.push_back({inputs.graphs.size(), inputs.graphs.size() + 1});
  inputs.graphs.push_back(molbridge::chem::mces_graph(*x));
  inputs.graphs.push_back(molbridge::chem::mces_graph(*y));
}

const Inputs& inputs() {
  static const Inputs all = [] {
    const char* given = std::getenv("MOLBRIDGE_BENCH_PAIRS");
    auto lines =
        molbridge::LineSource::open(given != nullptr ? given : MOLBRIDGE_SOURCE_DIR "/tests/golden/mces/pairs.tsv");
    Inputs made;
    for (std::string line; lines->next_line(line);) {
      const auto fields = molbridge::split(line, '\t');
      if (given != nullptr && fields.size() > 1) add(made, fields[0], fields[1]);
      if (given == nullptr && line.starts_with("same_formula\t15")) add(made, fields[2], fields[3]);
    }
    return made;
  }();
  return all;
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(inputs().pairs.size()));
}

void Distances(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        molbridge::chem::mces_distances(inputs().graphs, inputs().pairs, {}, static_cast<std::size_t>(state.range(0))));
  }
  count(state);
}
BENCHMARK(Distances)->Arg(1)->Arg(2)->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

void AssignmentBound(benchmark::State& state) {
  for (auto _ : state) {
    for (const McesPair& pair : inputs().pairs) {
      benchmark::DoNotOptimize(
          molbridge::chem::mces_assignment_bound(inputs().graphs[pair.first], inputs().graphs[pair.second]));
    }
  }
  count(state);
}
BENCHMARK(AssignmentBound)->Unit(benchmark::kMillisecond);

void QuickBound(benchmark::State& state) {
  const std::vector<molbridge::chem::McesProfile> profiles(inputs().graphs.begin(), inputs().graphs.end());
  for (auto _ : state) {
    for (const McesPair& pair : inputs().pairs) {
      benchmark::DoNotOptimize(molbridge::chem::mces_quick_bound(profiles[pair.first], profiles[pair.second]));
    }
  }
  count(state);
}
BENCHMARK(QuickBound)->Unit(benchmark::kMillisecond);

}  // namespace
