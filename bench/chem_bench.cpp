// Molecules per second, one thread: the steps of an import. Input: one SMILES per line in the file that MOLBRIDGE_BENCH_SMILES
// names (first column of a TSV will do), otherwise a few drugs.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/line_source.hpp"

namespace {

using molbridge::chem::Molecule;

constexpr std::size_t kMostMolecules = 5'000;

std::vector<std::string> load() {
  const char* path = std::getenv("MOLBRIDGE_BENCH_SMILES");
  if (path == nullptr) {
    return {"Cn1c(=O)c2c(ncn2C)n(C)c1=O", "CC(=O)Oc1ccccc1C(=O)O",       "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
            "CN1CCC[C@H]1c1cccnc1",       "CC(C)NCC(O)COc1cccc2ccccc12", "OC(=O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O"};
  }
  std::vector<std::string> smiles;
  auto source = molbridge::LineSource::open(path);
  for (std::string line; smiles.size() < kMostMolecules && source->next_line(line);) {
    smiles.push_back(line.substr(0, line.find('\t')));
  }
  return smiles;
}

const std::vector<std::string>& inputs() {
  static const std::vector<std::string> smiles = load();
  return smiles;
}

const std::vector<Molecule>& molecules() {
  static const std::vector<Molecule> all = [] {
    std::vector<Molecule> made;
    for (const auto& smiles : inputs()) {
      if (auto molecule = molbridge::chem::standardize(smiles)) made.push_back(*molecule);
    }
    return made;
  }();
  return all;
}

void count(benchmark::State& state) { state.SetItemsProcessed(state.iterations()); }

void Standardize(benchmark::State& state) {
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(molbridge::chem::standardize(inputs()[i++ % inputs().size()]));
  count(state);
}
BENCHMARK(Standardize);

void Morgan(benchmark::State& state) {
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(molbridge::chem::morgan(molecules()[i++ % molecules().size()]));
  count(state);
}
BENCHMARK(Morgan);

void InchiKey(benchmark::State& state) {
  std::size_t i = static_cast<std::size_t>(state.thread_index()) * 997;
  for (auto _ : state) benchmark::DoNotOptimize(molbridge::chem::inchikey14(molecules()[i++ % molecules().size()]));
  count(state);
}
BENCHMARK(InchiKey)->ThreadRange(1, 16)->UseRealTime();

void MurckoScaffold(benchmark::State& state) {
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(molecules()[i++ % molecules().size()].murcko_scaffold());
  count(state);
}
BENCHMARK(MurckoScaffold);

void MaxTanimoto(benchmark::State& state) {
  std::vector<molbridge::chem::BitFingerprint> all;
  for (const auto& molecule : molecules()) all.push_back(molbridge::chem::morgan(molecule));
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(molbridge::chem::max_tanimoto(all[i++ % all.size()], all));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(all.size()));
}
BENCHMARK(MaxTanimoto);

}  // namespace
