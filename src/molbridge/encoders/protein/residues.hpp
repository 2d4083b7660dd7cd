#pragma once
// The 20 residues, their background shares, and their classes. Private to the protein descriptors.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace molbridge::encoders {

inline constexpr std::string_view kResidueOrder = "ACDEFGHIKLMNPQRSTVWY";
inline constexpr std::size_t kNumResidues = 20;

/// Shares in Swiss-Prot (release statistics, percent), in the order of kResidueOrder; they sum to 99.92 and are scaled where they are used.
inline constexpr std::array<double, kNumResidues> kBackgroundPercent = {8.25, 1.38, 5.46, 6.72, 3.86, 7.07, 2.27,
                                                                        5.91, 5.80, 9.65, 2.41, 4.06, 4.74, 3.93,
                                                                        5.53, 6.64, 5.36, 6.86, 1.10, 2.92};

/// 0 ... 19; U as C, O as K; -1 for what is unknown.
std::vector<std::int8_t> residue_codes(std::string_view cleaned);

/// Class of every residue, from the letters of each class. Requires every residue in one class.
std::array<std::int8_t, kNumResidues> residue_classes(std::span<const std::string_view> classes);
/// Background share of every class; they sum to 1.
std::vector<double> class_background(std::span<const std::string_view> classes);

}  // namespace molbridge::encoders
