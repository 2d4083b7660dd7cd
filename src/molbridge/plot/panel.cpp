#include "molbridge/plot/panel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "molbridge/plot/data_layer.hpp"
#include "molbridge/plot/style.hpp"
#include "molbridge/plot/text_width.hpp"

namespace molbridge::plot {
namespace {

constexpr double kSlant = 35;  // degrees
constexpr double kTickLength = 3, kTickGap = 4, kAxisLabelHeight = 16, kTitleHeight = 18, kEdge = 8;

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

double x_labels_height(const AxisPlan& x) {
  const double line = kTickSize * 1.1;
  return kTickLength + kTickGap + (x.slanted ? label_width(x) * std::sin(radians(kSlant)) + line * 0.8 : line);
}

/// Of the labels at the marks and of the axis' own beside them.
double y_labels_width(const Panel& panel, const AxisPlan& y) {
  return kTickGap + label_width(y) + (panel.y.label.empty() ? 0 : kAxisLabelHeight) + 2;
}

/// How far slanted names reach to the left of the plot area: the first ones may.
double slant_overhang(const AxisPlan& x, double length) {
  if (!x.slanted) return 0;
  double most = 0;
  for (std::size_t i = 0; i < x.ticks.values.size(); ++i) {
    const double reach = text_width(x.ticks.labels[i], kTickSize) * std::cos(radians(kSlant));
    most = std::max(most, reach - x.share(x.ticks.values[i]) * length);
  }
  return most + 4;
}

class PanelDrawer {
 public:
  PanelDrawer(Canvas& canvas, const Box& box, const Panel& panel, const PanelPlan& plan, const LabelNumbers& numbers)
      : canvas_(canvas), box_(box), panel_(panel), plan_(plan), numbers_(numbers) {
    const Margins& m = plan.margins;
    area_ = {box.x + m.left, box.y + m.top, box.width - m.left - m.right, box.height - m.top - m.bottom};
  }

  void draw() {
    heading();
    y_axis();
    x_axis();
    canvas_.begin_clip({area_.x - 3, area_.y - 3, area_.width + 6, area_.height + 6});  // whole markers
    draw_data(canvas_, area_, panel_, plan_, numbers_);
    canvas_.end_clip();
    canvas_.line(
        std::array{Point{area_.x, area_.y}, Point{area_.x, area_.bottom()}, Point{area_.right(), area_.bottom()}},
        {kAxisColour, 1});
  }

 private:
  void heading() {
    double y = box_.y + kEdge / 2;
    if (!panel_.title.empty()) {
      const std::string title = shortened(panel_.title, box_.right() - area_.x, kTitleSize, true);
      canvas_.text({area_.x, y + kTitleSize}, title, {.size = kTitleSize, .bold = true, .colour = kTextColour});
      y += kTitleHeight;
    }
    draw_legend(canvas_, {area_.x, y, box_.right() - area_.x, kLegendRow}, plan_.legend, numbers_);
  }

  void y_axis() {
    for (std::size_t i = 0; i < plan_.y.ticks.values.size(); ++i) {
      const double y = area_.bottom() - plan_.y.share(plan_.y.ticks.values[i]) * area_.height;
      canvas_.line(std::array{Point{area_.x, y}, Point{area_.right(), y}}, {kGridColour, 0.8});
      canvas_.text({area_.x - kTickGap, y + kTickSize * 0.36}, plan_.y.ticks.labels[i],
                   {.size = kTickSize, .anchor = Anchor::kEnd, .colour = kTextColour});
    }
    const double room = box_.height - 2 * kEdge;
    const std::string label = shortened(panel_.y.label, room, kTextSize);
    const double half = text_width(label, kTextSize) / 2;
    const double middle = std::clamp(area_.y + area_.height / 2, box_.y + kEdge + half, box_.bottom() - kEdge - half);
    canvas_.text({area_.x - y_labels_width(panel_, plan_.y) + kTextSize, middle}, label,
                 {.size = kTextSize, .anchor = Anchor::kMiddle, .degrees = 90, .colour = kTextColour});
  }

  void x_axis() {
    for (std::size_t i = 0; i < plan_.x.ticks.values.size(); ++i) {
      const double x = area_.x + plan_.x.share(plan_.x.ticks.values[i]) * area_.width;
      const double y = area_.bottom();
      canvas_.line(std::array{Point{x, y}, Point{x, y + kTickLength}}, {kAxisColour, 1});
      const double base = y + kTickLength + kTickGap + kTickSize * 0.8;
      const TextStyle flat{.size = kTickSize, .anchor = Anchor::kMiddle, .colour = kTextColour};
      const TextStyle slanted{.size = kTickSize, .anchor = Anchor::kEnd, .degrees = kSlant, .colour = kTextColour};
      canvas_.text({plan_.x.slanted ? x + 4 : x, base}, plan_.x.ticks.labels[i], plan_.x.slanted ? slanted : flat);
    }
    canvas_.text({area_.x + area_.width / 2, area_.bottom() + x_labels_height(plan_.x) + kTextSize},
                 shortened(panel_.x.label, area_.width, kTextSize),
                 {.size = kTextSize, .anchor = Anchor::kMiddle, .colour = kTextColour});
  }

  Canvas& canvas_;
  Box box_, area_;
  const Panel& panel_;
  const PanelPlan& plan_;
  const LabelNumbers& numbers_;
};

}  // namespace

PanelPlan plan_sides(const Panel& panel, double width, double height, std::vector<LegendEntry> legend) {
  PanelPlan plan;
  plan.legend = std::move(legend);
  Margins& m = plan.margins;
  const double around = kEdge + kTitleHeight + 2 * kTickSize + kAxisLabelHeight;  // about, for the number of marks
  plan.y = plan_y(panel, height - around);
  m.left = y_labels_width(panel, plan.y);
  m.right = kEdge + 8;
  plan.x = plan_x(panel, width - m.left - m.right);
  const double length = width - m.left - m.right;
  m.left = std::max(m.left, slant_overhang(plan.x, length));
  if (plan.x.slanted || plan.x.ticks.labels.empty()) return plan;
  const double half = text_width(plan.x.ticks.labels.back(), kTickSize) / 2;
  m.right = std::max(m.right, half - (1 - plan.x.share(plan.x.ticks.values.back())) * length + m.right);
  return plan;
}

void plan_heights(const Panel& panel, double width, PanelPlan& plan) {
  Margins& m = plan.margins;
  plan.x = plan_x(panel, width - m.left - m.right);
  m.top = kEdge + (panel.title.empty() ? 0 : kTitleHeight) + legend_height(plan.legend, width - m.left);
  m.bottom = kEdge + x_labels_height(plan.x) + (panel.x.label.empty() ? 0 : kAxisLabelHeight);
}

void draw_panel(Canvas& canvas, const Box& box, const Panel& panel, const PanelPlan& plan,
                const LabelNumbers& numbers) {
  PanelDrawer(canvas, box, panel, plan, numbers).draw();
}

}  // namespace molbridge::plot
