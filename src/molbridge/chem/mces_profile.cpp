#include "molbridge/chem/mces_profile.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>

namespace molbridge::chem {
namespace {

WeightGroups flatten(std::map<std::int32_t, std::vector<std::int32_t>>& weights_of) {
  WeightGroups flat;
  for (auto& [key, weights] : weights_of) {
    std::ranges::sort(weights, std::greater<>());
    const auto begin = static_cast<std::int32_t>(flat.weights.size());
    flat.weights.insert(flat.weights.end(), weights.begin(), weights.end());
    flat.groups.push_back({key, begin, static_cast<std::int32_t>(flat.weights.size())});
  }
  return flat;
}

/// Sum of differences of what is paired in order; leftovers count full.
std::int64_t difference(const WeightGroups& a, const WeightGroups& b) {
  const auto sum = [](const WeightGroups& side, const WeightGroups::Group& group, std::int32_t from) {
    std::int64_t total = 0;
    for (std::int32_t k = group.begin + from; k < group.end; ++k) total += side.weights[static_cast<std::size_t>(k)];
    return total;
  };
  std::int64_t total = 0;
  auto x = a.groups.begin();
  auto y = b.groups.begin();
  while (x != a.groups.end() || y != b.groups.end()) {
    if (y == b.groups.end() || (x != a.groups.end() && x->key < y->key)) {
      total += sum(a, *x++, 0);
    } else if (x == a.groups.end() || y->key < x->key) {
      total += sum(b, *y++, 0);
    } else {
      const std::int32_t paired = std::min(x->end - x->begin, y->end - y->begin);
      for (std::int32_t k = 0; k < paired; ++k) {
        total += std::abs(a.weights[static_cast<std::size_t>(x->begin + k)] -
                          b.weights[static_cast<std::size_t>(y->begin + k)]);
      }
      total += sum(a, *x++, paired) + sum(b, *y++, paired);
    }
  }
  return total;
}

}  // namespace

McesProfile::McesProfile(const McesGraph& graph) {
  std::vector<std::int32_t> degree(graph.elements.size());
  std::map<std::int32_t, std::vector<std::int32_t>> by_elements;
  for (const McesGraph::Bond& bond : graph.bonds) {
    const auto weight = static_cast<std::int32_t>(std::lround(2 * bond.order));
    const auto begin = static_cast<std::size_t>(bond.begin);
    const auto end = static_cast<std::size_t>(bond.end);
    degree[begin] += weight;
    degree[end] += weight;
    const auto [low, high] = std::minmax(graph.elements[begin], graph.elements[end]);
    by_elements[low * 1000 + high].push_back(weight);
  }
  std::map<std::int32_t, std::vector<std::int32_t>> by_element;
  for (std::size_t i = 0; i < degree.size(); ++i) by_element[graph.elements[i]].push_back(degree[i]);
  degrees = flatten(by_element);
  bonds = flatten(by_elements);
}

double mces_quick_bound(const McesProfile& a, const McesProfile& b) {
  // Weights are doubled bond orders, and degrees see each bond from both ends.
  return std::max(static_cast<double>(difference(a.degrees, b.degrees)) / 4,
                  static_cast<double>(difference(a.bonds, b.bonds)) / 2);
}

}  // namespace molbridge::chem
