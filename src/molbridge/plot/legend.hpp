#pragma once
// Colours by label, and the rows that say which is which. Private to the module.

#include <map>
#include <string>
#include <vector>

#include "molbridge/plot/canvas.hpp"
#include "molbridge/plot/figure.hpp"

namespace molbridge::plot {

inline constexpr double kLegendRow = 15;  ///< height, points

/// Number of a label in the whole figure, which decides its colour, its marker and whether its lines are dashed.
using LabelNumbers = std::map<std::string, std::size_t>;
LabelNumbers number_labels(const Figure& figure);

/// Colours that people with any kind of colour vision tell apart (Okabe and Ito 2008); after seven they begin again.
Colour colour_of(std::size_t number);
inline constexpr std::size_t kNumColours = 7;

/// Markers differ in shape too, for print in grey.
void draw_marker(Canvas& canvas, Point centre, std::size_t number, double radius);

enum class Sample { kLine, kMarker, kLineMarker, kBox, kReference };

struct LegendEntry {
  std::string label;
  Sample sample = Sample::kLine;
  bool operator==(const LegendEntry&) const = default;
};

/// Each label once, in order of appearance; none where there is only one and the panel's title or axis says it.
std::vector<LegendEntry> legend_of(const Panel& panel);

/// Height that the entries take in rows of `width`.
double legend_height(const std::vector<LegendEntry>& entries, double width);
/// From the upper left corner of `box`, no wider than it.
void draw_legend(Canvas& canvas, const Box& box, const std::vector<LegendEntry>& entries, const LabelNumbers& numbers);

}  // namespace molbridge::plot
