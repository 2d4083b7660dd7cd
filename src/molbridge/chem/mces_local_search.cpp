#include "molbridge/chem/mces_local_search.hpp"

#include <algorithm>

namespace molbridge::chem {
namespace {

class Exchange {
 public:
  Exchange(const McesProblem& problem, std::vector<int>& partner) : problem_(problem), partner_(partner) {}

  /// One pass over all exchanges; whether one helped.
  bool pass() {
    bool better = false;
    for (const ElementBlock& block : problem_.blocks) {
      const std::vector<int>& atoms = block.rows_from_b ? block.columns : block.rows;  // of a
      const std::vector<int>& images = block.rows_from_b ? block.rows : block.columns;
      for (std::size_t x = 0; x < atoms.size(); ++x) {
        for (std::size_t y = x + 1; y < atoms.size(); ++y) better |= try_swap(atoms[x], atoms[y]);
      }
      if (atoms.size() >= images.size()) continue;
      for (const int image : images) {
        if (std::ranges::find(partner_, image) != partner_.end()) continue;
        for (const int atom : atoms) {
          if (try_image(atom, image)) {
            better = true;
            break;
          }
        }
      }
    }
    return better;
  }

 private:
  int profit_at(int i) const {
    const int j = partner_[static_cast<std::size_t>(i)];
    int total = 0;
    if (j < 0) return 0;
    for (const auto& neighbor : problem_.a.of(i)) {
      const int other = partner_[static_cast<std::size_t>(neighbor.atom)];
      if (other >= 0) total += std::min(neighbor.weight, problem_.b.weight(j, other));
    }
    return total;
  }
  /// A bond between the two is counted twice before and after, and keeps its profit in a swap.
  bool try_swap(int x, int y) {
    auto& image_x = partner_[static_cast<std::size_t>(x)];
    auto& image_y = partner_[static_cast<std::size_t>(y)];
    const int before = profit_at(x) + profit_at(y);
    std::swap(image_x, image_y);
    if (profit_at(x) + profit_at(y) > before) return true;
    std::swap(image_x, image_y);
    return false;
  }
  bool try_image(int atom, int image) {
    auto& current = partner_[static_cast<std::size_t>(atom)];
    const int old = current;
    const int before = profit_at(atom);
    current = image;
    if (profit_at(atom) > before) return true;
    current = old;
    return false;
  }

  const McesProblem& problem_;
  std::vector<int>& partner_;
};

}  // namespace

void improve_mapping(const McesProblem& problem, std::vector<int>& partner) {
  constexpr int kMostPasses = 20;  // more are hardly ever needed; large molecules would pay for each
  Exchange exchange(problem, partner);
  for (int pass = 0; pass < kMostPasses && exchange.pass(); ++pass) {
  }
}

}  // namespace molbridge::chem
