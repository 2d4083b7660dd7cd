#include "molbridge/corpus/structures.hpp"

#include <algorithm>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"

namespace molbridge::corpus {
namespace {

Structure make_structure(const std::string& spelling) {
  Structure made;
  const auto molecule = chem::standardize(spelling);
  if (!molecule) {
    made.reason = "structure not usable: " + molecule.reason();
    return made;
  }
  const auto key = chem::inchikey14(*molecule);
  if (!key) {
    made.reason = "no InChIKey: " + key.reason();
    return made;
  }
  made.smiles = molecule->smiles();
  made.inchikey14 = *key;
  made.scaffold = molecule->murcko_scaffold();
  if (made.scaffold.empty()) made.scaffold = made.smiles;
  return made;
}

}  // namespace

StructureTable::StructureTable(std::span<const std::string> spellings, std::size_t threads, Progress& progress) {
  std::vector<std::string> distinct;
  for (const std::string& spelling : spellings) {
    if (index_.emplace(spelling, distinct.size()).second) distinct.push_back(spelling);
  }
  structures_.resize(distinct.size());
  constexpr std::size_t kStep = 2048;  // between two looks at Ctrl-C
  constexpr std::size_t kChunk = 16;
  progress.start("structures", distinct.size(), "molecules");
  for (std::size_t first = 0; first < distinct.size(); first += kStep) {
    check_interrupt();
    const std::size_t count = std::min(kStep, distinct.size() - first);
    parallel_for(count, threads, kChunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = first + begin; i < first + end; ++i) structures_[i] = make_structure(distinct[i]);
    });
    progress.advance(first + count);
  }
  progress.finish();
}

}  // namespace molbridge::corpus
