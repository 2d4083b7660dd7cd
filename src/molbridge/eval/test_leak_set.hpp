#pragma once
// Candidate lists for tests of the leak audit: real molecules of the examples, drawn at random, so that the truth is one of them like any
// other; planted leaks respell truths or decoys.

#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "molbridge/chem/descriptors.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/eval/leak_checks.hpp"

namespace molbridge::eval {

/// Standardised SMILES of 8 to 40 heavy atoms from examples/molecules.tsv.
inline const std::vector<std::string>& example_smiles() {
  static const std::vector<std::string> kSmiles = [] {
    std::vector<std::string> out;
    std::ifstream in(MOLBRIDGE_SOURCE_DIR "/examples/molecules.tsv");
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream cells(line);
      std::string name, smiles;
      std::getline(cells, name, '\t');
      std::getline(cells, smiles, '\t');
      const auto molecule = chem::standardize(smiles);
      if (molecule && molecule->num_heavy_atoms() >= 8 && molecule->num_heavy_atoms() <= 40)
        out.push_back(molecule->smiles());
    }
    return out;
  }();
  return kSmiles;
}

inline std::string kekule(const std::string& smiles) {
  return chem::kekule_smiles(chem::Molecule::from_smiles(smiles).value()).value();
}

inline std::string reordered(const std::string& smiles, std::uint64_t seed = 7) {
  return chem::random_smiles(chem::Molecule::from_smiles(smiles).value(), seed).value();
}

/// Describes every string once.
class CandidateTable {
 public:
  std::uint32_t row(const std::string& given) {
    const auto [at, is_new] = index_.try_emplace(given, static_cast<std::uint32_t>(rows_.size()));
    if (is_new) rows_.push_back(described(given));
    return at->second;
  }
  const std::vector<LeakCandidate>& rows() const { return rows_; }

 private:
  static const LeakCandidate& described(const std::string& given) {
    static std::map<std::string, LeakCandidate> cache;  // shared by the tests of one program
    const auto found = cache.find(given);
    return found != cache.end() ? found->second : cache.emplace(given, describe_candidate(given)).first->second;
  }
  std::map<std::string, std::uint32_t> index_;
  std::vector<LeakCandidate> rows_;
};

/// A set and what it looks into.
struct PlantedSet {
  CandidateTable table;
  std::vector<LeakList> lists;
  LeakSet set() const { return make_leak_set(table.rows(), lists); }
};

/// Writes a molecule's standard spelling as the set is to have it.
using Respell = std::function<std::string(const std::string& standard, bool is_truth)>;

struct PlantOptions {
  std::size_t num_lists = 40;
  std::size_t size = 20;
  std::uint64_t seed = 1;
};

inline PlantedSet planted(const Respell& respell, const PlantOptions& options = {}) {
  const auto& smiles = example_smiles();
  Rng rng(options.seed, "planted set");
  std::vector<std::string> order = smiles;
  rng.shuffle(std::span(order));
  PlantedSet out;
  for (std::size_t i = 0; i < options.num_lists; ++i) {
    LeakList list;
    list.truth = rng.below(options.size);
    for (std::size_t c = 0; c < options.size; ++c) {
      // No molecule twice in a list; truths are distinct compounds.
      const std::string& molecule = order[(i + (c == list.truth ? 0 : 50 + 23 * c)) % order.size()];
      list.candidates.push_back(out.table.row(respell(molecule, c == list.truth)));
    }
    out.lists.push_back(std::move(list));
  }
  return out;
}

}  // namespace molbridge::eval
