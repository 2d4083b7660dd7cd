#pragma once
// The data of a panel inside its plot area. Private to the module.

#include "molbridge/plot/panel.hpp"

namespace molbridge::plot {

void draw_data(Canvas& canvas, const Box& area, const Panel& panel, const PanelPlan& plan, const LabelNumbers& numbers);

}  // namespace molbridge::plot
