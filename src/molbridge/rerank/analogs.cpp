#include "molbridge/rerank/analogs.hpp"

#include <algorithm>

#include "molbridge/chem/circular.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/retrieve/training_molecules.hpp"

namespace molbridge::rerank {
namespace {

std::vector<chem::BitFingerprint> fingerprints_of(const std::vector<retrieve::TrainingMolecule>& molecules,
                                                  const std::string& folder) {
  constexpr std::size_t kChunk = 64;
  std::vector<chem::BitFingerprint> out(molecules.size());
  parallel_for(out.size(), resolve_threads(0), kChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t m = begin; m < end; ++m) {
      const auto graph = chem::standardized_graph(molecules[m].smiles);
      if (!graph)
        throw Error(ErrorCode::kModel, "a molecule of the library of analogs: " + graph.reason()).in_file(folder);
      out[m] = chem::circular(*graph);
    }
  });
  return out;
}

}  // namespace

AnalogLibrary::AnalogLibrary(retrieve::SpectrumLibrary library, std::vector<chem::BitFingerprint> molecules)
    : molecules_(std::move(molecules)), finder_(library) {
  MOLBRIDGE_CHECK(library.molecules == molecules_.size(), "a fingerprint for each molecule");
}

std::shared_ptr<const AnalogLibrary> AnalogLibrary::read(const nn::ModelFolder& bridge) {
  if (!bridge.manifest.has(retrieve::kAnalogWeightKey)) return nullptr;
  retrieve::SpectrumLibrary library = retrieve::read_spectrum_library(bridge);
  const auto molecules = retrieve::read_training_molecules(bridge);
  if (molecules.size() != library.molecules)
    throw Error(ErrorCode::kModel, "has " + std::to_string(library.molecules) + " molecules in its library and names " +
                                       std::to_string(molecules.size()))
        .in_file(bridge.path);
  return std::make_shared<const AnalogLibrary>(std::move(library), fingerprints_of(molecules, bridge.path));
}

std::vector<KnownAnalog> AnalogLibrary::find(const retrieve::SpectrumQuery& query) const {
  std::vector<KnownAnalog> out;
  for (const retrieve::Analog& analog : finder_.find(query))
    out.push_back({analog.similarity, &molecules_[analog.molecule]});
  return out;
}

std::array<float, kAnalogFeatures> analog_features(std::span<const KnownAnalog> analogs,
                                                   const chem::BitFingerprint& candidate) {
  if (analogs.empty()) return {};
  double largest = 0, squares = 0, by_square = 0, fourths = 0, by_fourth = 0, first = 0;
  for (const KnownAnalog& analog : analogs) {
    const double alike = chem::tanimoto(candidate, *analog.molecule);
    const double square = analog.similarity * analog.similarity;
    if (&analog == &analogs.front()) first = alike;
    largest = std::max(largest, analog.similarity * alike);
    squares += square, by_square += square * alike;
    fourths += square * square, by_fourth += square * square * alike;
  }
  return {static_cast<float>(largest), static_cast<float>(by_square / squares), static_cast<float>(by_fourth / fourths),
          static_cast<float>(first)};
}

std::array<float, kAnalogPoolFeatures> analog_pool_features(std::span<const KnownAnalog> analogs) {
  if (analogs.empty()) return {};
  constexpr std::size_t kSome = 5;
  double sum = 0;
  for (std::size_t i = 0; i < std::min(kSome, analogs.size()); ++i) sum += analogs[i].similarity;
  return {static_cast<float>(analogs.front().similarity), static_cast<float>(sum / kSome)};
}

}  // namespace molbridge::rerank
