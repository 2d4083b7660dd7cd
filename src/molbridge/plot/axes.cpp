#include "molbridge/plot/axes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "molbridge/core/error.hpp"
#include "molbridge/plot/text_width.hpp"

namespace molbridge::plot {
namespace {

constexpr double kLabelGap = 8;      // between labels of an x axis
constexpr double kTickSpacing = 26;  // of a y axis
constexpr double kGroupWidth = 0.8;  // of a named position, shared by its bars

struct Extent {
  Scale scale;
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  bool empty() const { return low > high; }
  void add(double value) {
    if (!std::isfinite(value) || (scale == Scale::kLog && value <= 0)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void add(const std::vector<double>& values) {
    for (const double value : values) add(value);
  }
};

bool stands_on_zero(const Panel& panel) {
  return panel.y.include_zero || !panel.histograms.empty() ||
         std::any_of(panel.series.begin(), panel.series.end(), [](const Series& s) { return s.mark == Mark::kBars; });
}

Extent x_extent(const Panel& panel) {
  Extent extent{panel.x.scale};
  for (const Series& series : panel.series) extent.add(series.x);
  for (const Histogram& histogram : panel.histograms) extent.add(histogram.edges);
  for (const Reference& line : panel.references) {
    if (line.vertical) extent.add(line.at);
  }
  if (panel.x.include_zero) extent.add(0);
  return extent;
}

Extent y_extent(const Panel& panel) {
  Extent extent{panel.y.scale};
  for (const Series& series : panel.series) {
    extent.add(series.y);
    extent.add(series.low);
    extent.add(series.high);
  }
  for (const Histogram& histogram : panel.histograms) extent.add(histogram.heights);
  for (const Reference& line : panel.references) {
    if (!line.vertical) extent.add(line.at);
  }
  if (stands_on_zero(panel)) extent.add(0);
  return extent;
}

/// The extent with room at its ends, of a size that marks can divide; a limit that the axis names stays as it is.
AxisPlan with_limits(const Axis& axis, const Extent& extent, double room) {
  AxisPlan plan{.scale = axis.scale, .ticks = {}};
  const bool log = axis.scale == Scale::kLog;
  plan.low = extent.empty() ? (log ? 0.1 : 0) : extent.low;
  plan.high = extent.empty() ? 1 : extent.high;
  if (log) {
    const double factor = plan.low < plan.high ? std::pow(plan.high / plan.low, room) : 2;
    plan.low /= factor;
    plan.high *= factor;
  } else {
    const double pad = plan.low < plan.high ? room * (plan.high - plan.low) : std::max(std::abs(plan.low) * 0.1, 1e-9);
    plan.low = plan.low >= 0 && plan.low < pad ? std::min(plan.low, 0.0) : plan.low - pad;
    plan.high = plan.high <= 0 && -plan.high < pad ? std::max(plan.high, 0.0) : plan.high + pad;
  }
  if (axis.low && (!log || *axis.low > 0)) plan.low = *axis.low;
  if (axis.high && (!log || *axis.high > 0)) plan.high = *axis.high;
  if (!(plan.low < plan.high)) plan.high = plan.low + std::max(std::abs(plan.low), 1.0);
  return plan;
}

Ticks ticks_of(const AxisPlan& plan, int max_count) {
  return plan.scale == Scale::kLog ? log_ticks(plan.low, plan.high, max_count)
                                   : linear_ticks(plan.low, plan.high, max_count);
}

/// Labels centred at their marks keep their distance.
bool fit(const AxisPlan& plan, double length) {
  for (std::size_t i = 1; i < plan.ticks.values.size(); ++i) {
    const double distance = (plan.share(plan.ticks.values[i]) - plan.share(plan.ticks.values[i - 1])) * length;
    const double half_widths =
        (text_width(plan.ticks.labels[i], kTickSize) + text_width(plan.ticks.labels[i - 1], kTickSize)) / 2;
    if (distance < half_widths + kLabelGap) return false;
  }
  return true;
}

AxisPlan plan_categories(const Panel& panel, double length) {
  constexpr double kLongest = 120;  // points; a longer name is cut
  AxisPlan plan{.low = -0.5, .high = static_cast<double>(panel.x.categories.size()) - 0.5, .ticks = {}};
  for (std::size_t i = 0; i < panel.x.categories.size(); ++i) {
    plan.ticks.values.push_back(static_cast<double>(i));
    plan.ticks.labels.push_back(shortened(panel.x.categories[i], kLongest, kTickSize));
  }
  plan.slanted = !fit(plan, length);
  return plan;
}

bool stands_aside(const Panel& panel, const Series& series) {
  return !panel.x.categories.empty() && (series.mark == Mark::kBars || series.mark == Mark::kPoints);
}

double num_aside(const Panel& panel) {
  return static_cast<double>(
      std::count_if(panel.series.begin(), panel.series.end(), [&](const Series& s) { return stands_aside(panel, s); }));
}

}  // namespace

double AxisPlan::share(double value) const {
  if (scale == Scale::kLinear) return (value - low) / (high - low);
  if (!(value > 0)) return std::numeric_limits<double>::quiet_NaN();
  return std::log(value / low) / std::log(high / low);
}

AxisPlan plan_x(const Panel& panel, double length) {
  if (!panel.x.categories.empty()) return plan_categories(panel, length);
  AxisPlan plan = with_limits(panel.x, x_extent(panel), panel.histograms.empty() ? 0.03 : 0);
  for (int count = 8; count >= 2; --count) {
    plan.ticks = ticks_of(plan, count);
    if (fit(plan, length)) return plan;
  }
  // Even two are too wide: one is better than two on top of each other.
  plan.ticks = {{plan.ticks.values.front()}, {plan.ticks.labels.front()}};
  return plan;
}

AxisPlan plan_y(const Panel& panel, double length) {
  AxisPlan plan = with_limits(panel.y, y_extent(panel), 0.06);
  if (stands_on_zero(panel) && plan.scale == Scale::kLinear && !panel.y.low && y_extent(panel).low >= 0) plan.low = 0;
  plan.ticks = ticks_of(plan, std::max(2, static_cast<int>(length / kTickSpacing)));
  return plan;
}

double dodge(const Panel& panel, std::size_t index) {
  if (!stands_aside(panel, panel.series[index])) return 0;
  double before = 0;
  for (std::size_t i = 0; i < index; ++i) before += stands_aside(panel, panel.series[i]) ? 1 : 0;
  return (before - (num_aside(panel) - 1) / 2) * bar_width(panel);
}

double bar_width(const Panel& panel) {
  return panel.x.categories.empty() ? kGroupWidth : kGroupWidth / std::max(1.0, num_aside(panel));
}

double label_width(const AxisPlan& plan) {
  double width = 0;
  for (const std::string& label : plan.ticks.labels) width = std::max(width, text_width(label, kTickSize));
  return width;
}

}  // namespace molbridge::plot
