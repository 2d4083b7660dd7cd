#pragma once
// One panel: where its parts stand, and how they are drawn. Private to the module.

#include "molbridge/plot/axes.hpp"
#include "molbridge/plot/legend.hpp"

namespace molbridge::plot {

/// Space around the plot area, points.
struct Margins {
  double left = 0;
  double right = 0;
  double top = 0;
  double bottom = 0;
};

struct PanelPlan {
  AxisPlan x, y;
  Margins margins;
  std::vector<LegendEntry> legend;  ///< drawn inside the panel; empty when the figure has one for all
};

/// The y axis and the room at the sides of a panel of that size. `legend` as in PanelPlan.
PanelPlan plan_sides(const Panel& panel, double width, double height, std::vector<LegendEntry> legend);
/// The x axis between those sides, which may have been widened, and the room above and below.
void plan_heights(const Panel& panel, double width, PanelPlan& plan);

void draw_panel(Canvas& canvas, const Box& box, const Panel& panel, const PanelPlan& plan, const LabelNumbers& numbers);

}  // namespace molbridge::plot
