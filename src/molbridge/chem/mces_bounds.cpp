// The two lower bounds of the package, each computed for the matched elements; atoms of an element that the other side lacks count half
// of their weighted degree, as leftovers do.

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "molbridge/chem/assignment.hpp"
#include "molbridge/chem/mces_problem.hpp"

namespace molbridge::chem {
namespace {

using AtomsOfElement = std::map<int, std::pair<std::vector<int>, std::vector<int>>>;

AtomsOfElement by_element(const WeightedGraph& a, const WeightedGraph& b) {
  AtomsOfElement atoms;
  for (int i = 0; i < a.size(); ++i) atoms[a.elements[static_cast<std::size_t>(i)]].first.push_back(i);
  for (int j = 0; j < b.size(); ++j) atoms[b.elements[static_cast<std::size_t>(j)]].second.push_back(j);
  return atoms;
}

int degree(const WeightedGraph& graph, int atom) {
  int total = 0;
  for (const auto& neighbor : graph.of(atom)) total += neighbor.weight;
  return total;
}

std::vector<int> sorted_degrees(const WeightedGraph& graph, const std::vector<int>& atoms, std::size_t size) {
  std::vector<int> degrees;
  for (const int atom : atoms) degrees.push_back(degree(graph, atom));
  degrees.resize(size, 0);  // leftovers meet nothing
  std::ranges::sort(degrees, std::greater<>());
  return degrees;
}

/// Of each atom: weights of its bonds by the element at the other end, each list falling.
using Star = std::map<int, std::vector<int>>;

std::vector<Star> stars(const WeightedGraph& graph, const std::vector<int>& atoms) {
  std::vector<Star> result;
  for (const int atom : atoms) {
    Star star;
    for (const auto& neighbor : graph.of(atom)) {
      star[graph.elements[static_cast<std::size_t>(neighbor.atom)]].push_back(neighbor.weight);
    }
    for (auto& [element, weights] : star) std::ranges::sort(weights, std::greater<>());
    result.push_back(std::move(star));
  }
  return result;
}

int star_weight(const Star& star) {
  int total = 0;
  for (const auto& [element, weights] : star) {
    for (const int weight : weights) total += weight;
  }
  return total;
}

/// Sum of differences: both weights less twice what is common.
int star_difference(const Star& x, const Star& y) {
  int common = 0;
  for (const auto& [element, weights] : x) {
    const auto found = y.find(element);
    if (found == y.end()) continue;
    for (std::size_t k = 0; k < std::min(weights.size(), found->second.size()); ++k)
      common += std::min(weights[k], found->second[k]);
  }
  return star_weight(x) + star_weight(y) - 2 * common;
}

double cheapest(const std::vector<Star>& rows, const std::vector<Star>& columns, AssignmentSolver& solver) {
  if (rows.size() > columns.size()) return cheapest(columns, rows, solver);
  std::vector<double> cost;
  cost.reserve(columns.size() * columns.size());
  for (const Star& row : rows) {
    for (const Star& column : columns) cost.push_back(star_difference(row, column));
  }
  for (std::size_t dummy = rows.size(); dummy < columns.size(); ++dummy) {
    for (const Star& column : columns) cost.push_back(star_weight(column));
  }
  const int size = static_cast<int>(columns.size());
  return columns.empty() ? 0 : solver.solve(size, size, cost);
}

}  // namespace

double mces_degree_bound(const McesGraph& graph_a, const McesGraph& graph_b) {
  const WeightedGraph a(graph_a);
  const WeightedGraph b(graph_b);
  int doubled = 0;
  for (const auto& [element, atoms] : by_element(a, b)) {
    const std::size_t size = std::max(atoms.first.size(), atoms.second.size());
    const auto x = sorted_degrees(a, atoms.first, size);
    const auto y = sorted_degrees(b, atoms.second, size);
    for (std::size_t k = 0; k < size; ++k) doubled += std::abs(x[k] - y[k]);
  }
  return doubled / 4.0;  // weights are doubled bond orders, and each bond is seen from both ends
}

double mces_assignment_bound(const McesGraph& graph_a, const McesGraph& graph_b) {
  const WeightedGraph a(graph_a);
  const WeightedGraph b(graph_b);
  AssignmentSolver solver;
  double doubled = 0;
  for (const auto& [element, atoms] : by_element(a, b)) {
    doubled += cheapest(stars(a, atoms.first), stars(b, atoms.second), solver);
  }
  return doubled / 4;
}

}  // namespace molbridge::chem
