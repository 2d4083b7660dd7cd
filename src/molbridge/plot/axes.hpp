#pragma once
// From the data of a panel to the limits and marks of its axes. Private to the module. Thread-safe: pure functions.

#include "molbridge/plot/figure.hpp"
#include "molbridge/plot/ticks.hpp"

namespace molbridge::plot {

inline constexpr double kTickSize = 10;  ///< of the text beside a mark, points

struct AxisPlan {
  Scale scale = Scale::kLinear;
  double low = 0;
  double high = 1;
  Ticks ticks;
  bool slanted = false;  ///< names that do not fit beside each other

  /// 0 at the low end, 1 at the high one; NaN for what a logarithmic axis cannot show.
  double share(double value) const;
};

/// Marks such that no two labels touch on an axis of `length` points.
AxisPlan plan_x(const Panel& panel, double length);
AxisPlan plan_y(const Panel& panel, double length);

/// Of the x positions of series `index`: points and bars of several series on named positions stand side by side.
double dodge(const Panel& panel, std::size_t index);
/// Width of a bar, in units of the x axis.
double bar_width(const Panel& panel);

/// Points that the widest label takes across the axis.
double label_width(const AxisPlan& plan);

}  // namespace molbridge::plot
