#pragma once
// What all figures share: sizes in points and greys. Private to the module.

#include "molbridge/plot/canvas.hpp"

namespace molbridge::plot {

inline constexpr double kTextSize = 10.5;
inline constexpr double kTitleSize = 12;
inline constexpr double kLineWidth = 1.6;
inline constexpr double kMarkerRadius = 2.8;
inline constexpr double kFillAlpha = 0.4;
inline constexpr Colour kTextColour{30, 30, 30};
inline constexpr Colour kAxisColour{90, 90, 90};
inline constexpr Colour kGridColour{228, 228, 228};

}  // namespace molbridge::plot
