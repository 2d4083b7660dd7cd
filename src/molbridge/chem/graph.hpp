#pragma once
// A molecule as a labelled graph of its heavy atoms: the input of graph networks. Thread-safe: values and a pure function.

#include <string_view>
#include <vector>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/result.hpp"

namespace molbridge::chem {

enum class Hybridization { kOther, kSp, kSp2, kSp3, kSp3d, kSp3d2 };

struct GraphAtom {
  int element = 0;    ///< atomic number
  int isotope = 0;    ///< mass number where one is named, else 0
  int degree = 0;     ///< bonds to atoms of the graph
  int hydrogens = 0;  ///< attached ones that are no atoms of the graph
  int charge = 0;     ///< formal
  Hybridization hybridization = Hybridization::kOther;
  bool aromatic = false;
  bool in_ring = false;
};

/// Both ends are indices into atoms; begin < end.
struct GraphBond {
  int begin = 0;
  int end = 0;
  double order = 1;  ///< 1, 1.5 (aromatic), 2, 3
};

/// Hydrogens that a standardised molecule keeps (isotopes, bridges) are atoms of the graph.
struct MolecularGraph {
  std::vector<GraphAtom> atoms;
  std::vector<GraphBond> bonds;  ///< ascending by begin, then end
};

/// Atoms stand in the order of the canonical SMILES, so that sums over neighbours are the same to the bit however the molecule was spelled.
/// Requires a standardised molecule. Cost: some 20 us.
MolecularGraph molecular_graph(const Molecule& molecule);

/// The same graph from the text that standardize() gave, as a bank holds it, without making sure that it is that text: another spelling gives the graph
/// as it is spelled. Errors as values. Cost: some 40 us, a third of standardize() and molecular_graph().
Result<MolecularGraph> standardized_graph(std::string_view smiles);

}  // namespace molbridge::chem
