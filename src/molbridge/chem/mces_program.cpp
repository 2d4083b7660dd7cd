#include "molbridge/chem/mces_program.hpp"

#include <CbcModel.hpp>
#include <CglClique.hpp>
#include <CglProbing.hpp>
#include <CglZeroHalf.hpp>
#include <OsiClpSolverInterface.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace molbridge::chem {
namespace {

struct BondEnds {
  int begin = 0;
  int end = 0;
  int weight = 0;
};

std::vector<BondEnds> bonds_of(const WeightedGraph& graph) {
  std::vector<BondEnds> bonds;
  for (int i = 0; i < graph.size(); ++i) {
    for (const auto& neighbor : graph.of(i)) {
      if (neighbor.atom > i) bonds.push_back({i, neighbor.atom, neighbor.weight});
    }
  }
  return bonds;
}

constexpr std::size_t kMostAtomPairs =
    20'000;  // beyond it the first linear program alone takes longer than anybody waits

using Row = std::vector<std::pair<int, double>>;  // variable and coefficient; the sum is at most the row's bound

/// Collects variables and rows before they go to the solver.
class Program {
 public:
  explicit Program(const McesProblem& problem)
      : problem_(problem), bonds_a_(bonds_of(problem.a)), bonds_b_(bonds_of(problem.b)) {
    add_atom_pairs();
    add_bond_pairs();
    at_most_one(atom_of_a_);
    at_most_one(atom_of_b_);
    at_most_one(bond_of_a_);
    at_most_one(bond_of_b_);
    for (auto& [key, row] : ends_) add_row(row, 0);
  }
  void load(OsiClpSolverInterface& solver) const;

 private:
  int element(const WeightedGraph& graph, int atom) const { return graph.elements[static_cast<std::size_t>(atom)]; }
  bool fit(int i, int j) const { return element(problem_.a, i) == element(problem_.b, j); }
  int atom_pair(int i, int j) const {
    const auto found = atom_pairs_.find({i, j});
    return found == atom_pairs_.end() ? -1 : found->second;
  }
  void add_atom_pairs();
  void add_bond_pairs();
  void tie_to_atom(int side, int atom, int other_bond, const BondEnds& other, int variable);
  void at_most_one(const std::map<int, std::vector<int>>& groups);
  void add_row(const Row& row, double upper);

  const McesProblem& problem_;
  std::vector<BondEnds> bonds_a_;
  std::vector<BondEnds> bonds_b_;
  std::vector<double> objective_;  // minimised
  std::map<std::pair<int, int>, int> atom_pairs_;
  std::map<int, std::vector<int>> atom_of_a_, atom_of_b_, bond_of_a_, bond_of_b_;  // variables that use it
  std::map<std::tuple<int, int, int>, Row> ends_;  // side, atom of that side, bond of the other side
  std::vector<CoinBigIndex> starts_{0};
  std::vector<int> indices_;
  std::vector<double> coefficients_;
  std::vector<double> upper_;
};

void Program::add_atom_pairs() {
  for (int i = 0; i < problem_.a.size(); ++i) {
    for (int j = 0; j < problem_.b.size(); ++j) {
      if (!fit(i, j)) continue;
      const int variable = static_cast<int>(objective_.size());
      atom_pairs_[{i, j}] = variable;
      objective_.push_back(0);
      atom_of_a_[i].push_back(variable);
      atom_of_b_[j].push_back(variable);
    }
  }
}

void Program::add_bond_pairs() {
  for (int e = 0; e < static_cast<int>(bonds_a_.size()); ++e) {
    const BondEnds& x = bonds_a_[static_cast<std::size_t>(e)];
    for (int f = 0; f < static_cast<int>(bonds_b_.size()); ++f) {
      const BondEnds& y = bonds_b_[static_cast<std::size_t>(f)];
      const bool straight = fit(x.begin, y.begin) && fit(x.end, y.end);
      const bool crossed = fit(x.begin, y.end) && fit(x.end, y.begin);
      if (!straight && !crossed) continue;
      const int variable = static_cast<int>(objective_.size());
      objective_.push_back(-std::min(x.weight, y.weight));
      bond_of_a_[e].push_back(variable);
      bond_of_b_[f].push_back(variable);
      tie_to_atom(0, x.begin, f, y, variable);
      tie_to_atom(0, x.end, f, y, variable);
      tie_to_atom(1, y.begin, e, x, variable);
      tie_to_atom(1, y.end, e, x, variable);
    }
  }
}

void Program::tie_to_atom(int side, int atom, int other_bond, const BondEnds& other, int variable) {
  Row& row = ends_[{side, atom, other_bond}];
  if (row.empty()) {
    for (const int end : {other.begin, other.end}) {
      const int pair = side == 0 ? atom_pair(atom, end) : atom_pair(end, atom);
      if (pair >= 0) row.emplace_back(pair, -1);
    }
  }
  row.emplace_back(variable, 1);
}

void Program::at_most_one(const std::map<int, std::vector<int>>& groups) {
  for (const auto& [key, variables] : groups) {
    Row row;
    for (const int variable : variables) row.emplace_back(variable, 1);
    add_row(row, 1);
  }
}

void Program::add_row(const Row& row, double upper) {
  for (const auto& [variable, coefficient] : row) {
    indices_.push_back(variable);
    coefficients_.push_back(coefficient);
  }
  starts_.push_back(static_cast<CoinBigIndex>(indices_.size()));
  upper_.push_back(upper);
}

void Program::load(OsiClpSolverInterface& solver) const {
  const auto columns = static_cast<int>(objective_.size());
  const auto rows = static_cast<int>(upper_.size());
  const CoinPackedMatrix matrix(false, columns, rows, static_cast<CoinBigIndex>(indices_.size()), coefficients_.data(),
                                indices_.data(), starts_.data(), nullptr);
  const std::vector<double> lower(upper_.size(), -COIN_DBL_MAX);
  solver.loadProblem(matrix, nullptr, nullptr, objective_.data(), lower.data(), upper_.data());
  for (int column = 0; column < columns; ++column) {
    solver.setColUpper(column, 1);
    solver.setInteger(column);
  }
}

}  // namespace

McesProgramResult solve_mces_program(const McesProblem& problem, int least_profit, double seconds) {
  std::size_t atom_pairs = 0;
  for (const ElementBlock& block : problem.blocks) atom_pairs += block.rows.size() * block.columns.size();
  if (atom_pairs > kMostAtomPairs) return {};
  OsiClpSolverInterface solver;
  solver.messageHandler()->setLogLevel(0);
  solver.getModelPtr()->setLogLevel(0);
  Program(problem).load(solver);
  CbcModel model(solver);
  model.setLogLevel(0);
  model.messageHandler()->setLogLevel(0);
  model.solver()->messageHandler()->setLogLevel(0);
  CglClique cliques;
  cliques.setStarCliqueReport(false);
  cliques.setRowCliqueReport(false);
  CglProbing probing;
  probing.setUsingObjective(1);
  CglZeroHalf halves;
  model.addCutGenerator(&probing, -1, "probing");
  model.addCutGenerator(&cliques, -1, "cliques");
  model.addCutGenerator(&halves, -1, "halves");
  model.setCutoff(0.5 - least_profit);                     // minimised: the negative profit
  model.setDblParam(CbcModel::CbcCutoffIncrement, 0.999);  // profits are whole numbers
  model.setDblParam(CbcModel::CbcAllowableGap, 0);
  if (std::isfinite(seconds)) {
    dynamic_cast<OsiClpSolverInterface&>(*model.solver())
        .getModelPtr()
        ->setMaximumSeconds(seconds);  // of the first linear program
    model.setMaximumSeconds(seconds);
  }
  model.initialSolve();
  McesProgramResult result;
  if (model.isInitialSolveProvenPrimalInfeasible()) {
    result.complete = true;
    return result;
  }
  model.branchAndBound();
  result.complete = model.isProvenOptimal() || model.isProvenInfeasible();
  result.found = model.bestSolution() != nullptr;
  if (result.found) result.profit = static_cast<int>(std::lround(-model.getObjValue()));
  return result;
}

}  // namespace molbridge::chem
