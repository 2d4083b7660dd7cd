#pragma once
// Spellings of molecules, each standardised once. Private to corpus.

#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/core/progress.hpp"

namespace molbridge::corpus {

struct Structure {
  std::string smiles;  ///< standardised
  std::string inchikey14;
  std::string scaffold;  ///< Bemis-Murcko; of an acyclic molecule the molecule itself
  std::string reason;    ///< why there is none of these; "" otherwise
};

/// Threads: const use is safe. Same content with any number of threads.
class StructureTable {
 public:
  /// Errors: kCancelled.
  StructureTable(std::span<const std::string> spellings, std::size_t threads, Progress& progress);
  /// Requires one of the spellings given.
  const Structure& of(const std::string& spelling) const { return structures_[index_.at(spelling)]; }

 private:
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<Structure> structures_;
};

}  // namespace molbridge::corpus
