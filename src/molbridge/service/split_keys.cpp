#include "molbridge/service/split_keys.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/core/threads.hpp"

namespace molbridge::service {
namespace {

constexpr const char* kAcyclic = "acyclic";

std::string key_of(eval::SplitBy by, const SplitMolecule& molecule) {
  switch (by) {
    case eval::SplitBy::kFormula: return molecule.molecule.formula().hill();
    case eval::SplitBy::kInchikey: return molecule.inchikey14;
    case eval::SplitBy::kScaffold: {
      const std::string scaffold = molecule.molecule.murcko_scaffold();
      return scaffold.empty() ? kAcyclic : scaffold;
    }
    case eval::SplitBy::kMurckoHistogram: {
      const std::string histogram = chem::to_text(chem::murcko_histogram(molecule.molecule));
      return histogram.empty() ? kAcyclic : histogram;
    }
    case eval::SplitBy::kMces: break;
  }
  MOLBRIDGE_CHECK(false, "MCES clusters have no key");
  return "";
}

template <typename Value, typename Make>
std::vector<Value> of_all(std::span<const SplitMolecule> molecules, std::size_t threads, const Make& make) {
  std::vector<Value> values(molecules.size());
  parallel_for(molecules.size(), threads, 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) values[k] = make(molecules[k]);
  });
  return values;
}

}  // namespace

std::vector<std::string> split_keys(eval::SplitBy by, std::span<const SplitMolecule> molecules, std::size_t threads) {
  return of_all<std::string>(molecules, threads, [by](const SplitMolecule& molecule) { return key_of(by, molecule); });
}

std::vector<chem::McesGraph> mces_graphs(std::span<const SplitMolecule> molecules, std::size_t threads) {
  return of_all<chem::McesGraph>(molecules, threads,
                                 [](const SplitMolecule& molecule) { return chem::mces_graph(molecule.molecule); });
}

std::vector<chem::MurckoHistogram> murcko_histograms(std::span<const SplitMolecule> molecules, std::size_t threads) {
  return of_all<chem::MurckoHistogram>(
      molecules, threads, [](const SplitMolecule& molecule) { return chem::murcko_histogram(molecule.molecule); });
}

}  // namespace molbridge::service
