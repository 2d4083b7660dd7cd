// Colour refinement with individualised atoms. Colours are hashes that depend on the structure alone, so two refinements can be
// compared; a collision can hide an automorphism but not make one, since each is checked bond by bond.

#include "molbridge/chem/mces_symmetry.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace molbridge::chem {
namespace {

constexpr int kMostAtoms = 200;  // beyond it the search for symmetry would cost more than it saves

std::uint64_t mix(std::uint64_t x) {  // finaliser of splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::uint64_t mark(int k) { return mix(0x9e3779b97f4a7c15ULL + static_cast<std::uint64_t>(k)); }

std::vector<int> by_color(const std::vector<std::uint64_t>& colors) {
  std::vector<int> order(colors.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](int atom) { return colors[static_cast<std::size_t>(atom)]; });
  return order;
}

}  // namespace

void McesSymmetry::refine(Colors& colors, int rounds) {
  next_.resize(colors.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < colors.size(); ++i) {
      std::uint64_t sum = 0;
      for (const auto& neighbor : graph_.neighbors[i]) {
        sum += mix(colors[static_cast<std::size_t>(neighbor.atom)] + mark(neighbor.weight));
      }
      next_[i] = mix(colors[i] * 3 + sum);
    }
    colors.swap(next_);
  }
}

std::size_t McesSymmetry::count_classes(const Colors& colors) {
  sorted_ = colors;
  std::ranges::sort(sorted_);
  return static_cast<std::size_t>(std::unique(sorted_.begin(), sorted_.end()) - sorted_.begin());
}

int McesSymmetry::refine_until_stable(Colors& colors) {
  constexpr int kStep = 3;
  std::size_t classes = count_classes(colors);
  for (int rounds = kStep;; rounds += kStep) {
    refine(colors, kStep);
    const std::size_t now = count_classes(colors);
    if (now == classes || now == colors.size()) return rounds;
    classes = now;
  }
}

std::vector<int> McesSymmetry::images(int atom, const std::vector<int>& fixed) {
  std::vector<int> result{atom};
  if (graph_.size() > kMostAtoms) return result;
  Colors colors;
  for (const int element : graph_.elements) colors.push_back(mark(-1000 - element));
  for (std::size_t k = 0; k < fixed.size(); ++k)
    colors[static_cast<std::size_t>(fixed[k])] = mark(1'000'000 + static_cast<int>(k));
  refine_until_stable(colors);
  for (int other = 0; other < graph_.size(); ++other) {
    const bool alike = colors[static_cast<std::size_t>(other)] == colors[static_cast<std::size_t>(atom)];
    if (other != atom && alike && maps(colors, atom, other)) result.push_back(other);
  }
  return result;
}

bool McesSymmetry::maps(const Colors& base, int from, int to) {
  Colors left = base;
  Colors right = base;
  for (int step = 0;; ++step) {
    left[static_cast<std::size_t>(from)] = right[static_cast<std::size_t>(to)] = mark(2'000'000 + step);
    refine(right, refine_until_stable(left));
    const std::vector<int> order_left = by_color(left);
    const std::vector<int> order_right = by_color(right);
    bool discrete = true;
    for (std::size_t k = 0; k < order_left.size(); ++k) {
      const std::uint64_t color = left[static_cast<std::size_t>(order_left[k])];
      if (color != right[static_cast<std::size_t>(order_right[k])]) return false;
      if (!discrete || k == 0 || color != left[static_cast<std::size_t>(order_left[k - 1])]) continue;
      discrete = false;  // the first class of several atoms is split next; where it can, it keeps its atom in place
      from = order_left[k];
      to = right[static_cast<std::size_t>(from)] == color ? from : order_right[k];
    }
    if (!discrete) continue;
    std::vector<int> image(order_left.size());
    for (std::size_t k = 0; k < order_left.size(); ++k) image[static_cast<std::size_t>(order_left[k])] = order_right[k];
    return is_automorphism(image);
  }
}

bool McesSymmetry::is_automorphism(const std::vector<int>& image) const {
  for (int i = 0; i < graph_.size(); ++i) {
    const int to = image[static_cast<std::size_t>(i)];
    if (graph_.elements[static_cast<std::size_t>(i)] != graph_.elements[static_cast<std::size_t>(to)]) return false;
    if (graph_.of(i).size() != graph_.of(to).size()) return false;
    for (const auto& neighbor : graph_.of(i)) {
      if (graph_.weight(to, image[static_cast<std::size_t>(neighbor.atom)]) != neighbor.weight) return false;
    }
  }
  return true;
}

}  // namespace molbridge::chem
