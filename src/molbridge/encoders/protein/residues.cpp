#include "molbridge/encoders/protein/residues.hpp"

#include <numeric>
#include <string>

#include "molbridge/core/error.hpp"

namespace molbridge::encoders {

std::vector<std::int8_t> residue_codes(std::string_view cleaned) {
  std::vector<std::int8_t> codes;
  codes.reserve(cleaned.size());
  for (const char letter : cleaned) {
    const std::size_t found = kResidueOrder.find(letter == 'U' ? 'C' : letter == 'O' ? 'K' : letter);
    codes.push_back(found == std::string_view::npos ? std::int8_t{-1} : static_cast<std::int8_t>(found));
  }
  return codes;
}

std::array<std::int8_t, kNumResidues> residue_classes(std::span<const std::string_view> classes) {
  std::array<std::int8_t, kNumResidues> result{};
  result.fill(-1);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    for (const char letter : classes[c]) result.at(kResidueOrder.find(letter)) = static_cast<std::int8_t>(c);
  }
  for (const std::int8_t c : result) MOLBRIDGE_CHECK(c >= 0, "a residue without class");
  return result;
}

std::vector<double> class_background(std::span<const std::string_view> classes) {
  const double sum = std::accumulate(kBackgroundPercent.begin(), kBackgroundPercent.end(), 0.0);
  std::vector<double> shares;
  for (const std::string_view letters : classes) {
    double share = 0;
    for (const char letter : letters) share += kBackgroundPercent.at(kResidueOrder.find(letter)) / sum;
    shares.push_back(share);
  }
  return shares;
}

}  // namespace molbridge::encoders
