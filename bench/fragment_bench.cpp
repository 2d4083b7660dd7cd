// Molecules per second, one thread: what the second stage does to every candidate before the network. Input: one SMILES per line in the file that
// MOLBRIDGE_BENCH_SMILES names (first column of a TSV will do), otherwise a few drugs.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/fragment/peak_matcher.hpp"

namespace {

using molbridge::chem::Molecule;
using molbridge::fragment::Fragmentation;
using molbridge::fragment::Structure;

constexpr std::size_t kMostMolecules = 5'000;

std::vector<std::string> load() {
  const char* path = std::getenv("MOLBRIDGE_BENCH_SMILES");
  if (path == nullptr) {
    return {"Cn1c(=O)c2c(ncn2C)n(C)c1=O",
            "CC(C)NCC(O)COc1cccc2ccccc12",
            "OC(=O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O",
            "CC(=O)NC1C(O)OC(CO)C(OC2OC(CO)C(O)C(O)C2O)C1O",
            "COc1ccc2nc(S(=O)Cc3ncc(C)c(OC)c3C)[nH]c2c1",
            "CC12CCC3c4ccc(O)cc4CCC3C1CCC2O"};
  }
  std::vector<std::string> smiles;
  auto source = molbridge::LineSource::open(path);
  for (std::string line; smiles.size() < kMostMolecules && source->next_line(line);) {
    smiles.push_back(line.substr(0, line.find('\t')));
  }
  return smiles;
}

struct Inputs {
  std::vector<std::string> smiles;  ///< standardised
  std::vector<Molecule> molecules;
  std::vector<Structure> structures;
  std::vector<Fragmentation> fragmentations;
};

const Inputs& inputs() {
  static const Inputs all = [] {
    Inputs made;
    for (const auto& smiles : load()) {
      const auto molecule = molbridge::chem::standardize(smiles);
      if (!molecule) continue;
      auto structure = Structure::of(*molecule);
      if (!structure) continue;
      made.smiles.push_back(molecule->smiles());
      made.molecules.push_back(*molecule);
      made.fragmentations.push_back(molbridge::fragment::take_apart(*structure));
      made.structures.push_back(std::move(*structure));
    }
    return made;
  }();
  return all;
}

/// Calls `work` with one index after the other.
template <typename Work>
void measure(benchmark::State& state, const Work& work) {
  std::size_t i = 0;
  const std::size_t count = inputs().smiles.size();
  for (auto _ : state) work(i++ % count);
  state.SetItemsProcessed(state.iterations());
}

void Standardize(benchmark::State& state) {
  measure(state, [](std::size_t i) { benchmark::DoNotOptimize(molbridge::chem::standardize(inputs().smiles[i])); });
}
BENCHMARK(Standardize);

void StructureOfStandardized(benchmark::State& state) {
  measure(state, [](std::size_t i) { benchmark::DoNotOptimize(Structure::of_standardized(inputs().smiles[i])); });
}
BENCHMARK(StructureOfStandardized);

void MakeStructure(benchmark::State& state) {
  measure(state, [](std::size_t i) { benchmark::DoNotOptimize(Structure::of(inputs().molecules[i])); });
}
BENCHMARK(MakeStructure);

void TakeApart(benchmark::State& state) {
  measure(state,
          [](std::size_t i) { benchmark::DoNotOptimize(molbridge::fragment::take_apart(inputs().structures[i])); });
  double fragments = 0, complete = 0;
  for (const Fragmentation& fragmentation : inputs().fragmentations) {
    fragments += static_cast<double>(fragmentation.fragments.size());
    complete += fragmentation.complete ? 1 : 0;
  }
  state.counters["fragments"] = fragments / static_cast<double>(inputs().fragmentations.size());
  state.counters["complete"] = complete / static_cast<double>(inputs().fragmentations.size());
}
BENCHMARK(TakeApart);

/// 40 peaks spread evenly.
void MatchPeaks(benchmark::State& state) {
  std::vector<double> peaks;
  for (int i = 0; i < 40; ++i) peaks.push_back(50.03 + 7.003 * i);
  measure(state, [&](std::size_t i) {
    benchmark::DoNotOptimize(molbridge::fragment::match_peaks(inputs().fragmentations[i], peaks, {}));
  });
}
BENCHMARK(MatchPeaks);

/// Everything that a candidate needs, from the text in a bank.
void TakeApartFromText(benchmark::State& state) {
  measure(state, [](std::size_t i) {
    const auto structure = Structure::of_standardized(inputs().smiles[i]);
    benchmark::DoNotOptimize(molbridge::fragment::take_apart(*structure));
  });
}
BENCHMARK(TakeApartFromText);

}  // namespace
