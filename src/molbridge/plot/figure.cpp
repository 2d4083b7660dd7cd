#include "molbridge/plot/figure.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/plot/panel.hpp"
#include "molbridge/plot/style.hpp"
#include "molbridge/plot/text_width.hpp"

namespace molbridge::plot {
namespace {

constexpr double kOuter = 6;

/// A grid of equal cells; the plot areas of a column begin at the same x, those of a row at the same y.
class Grid {
 public:
  explicit Grid(const Figure& figure) : figure_(figure), numbers_(number_labels(figure)) {
    const std::size_t count = std::max<std::size_t>(1, figure.panels.size());
    columns_ = figure.columns > 0 ? static_cast<std::size_t>(figure.columns) : (count == 1 ? 1 : 2);
    columns_ = std::min(columns_, count);
    rows_ = (count + columns_ - 1) / columns_;
    find_shared_legend();
    for (const Panel& panel : figure.panels) {
      auto legend = shared_.empty() ? legend_of(panel) : std::vector<LegendEntry>{};
      plans_.push_back(plan_sides(panel, figure.panel_width, figure.panel_height, std::move(legend)));
    }
    align(&Margins::left, true);
    align(&Margins::right, true);
    for (std::size_t i = 0; i < plans_.size(); ++i) plan_heights(figure.panels[i], figure.panel_width, plans_[i]);
    align(&Margins::top, false);
    align(&Margins::bottom, false);
  }

  double width() const { return 2 * kOuter + static_cast<double>(columns_) * figure_.panel_width; }
  double height() const { return 2 * kOuter + head() + static_cast<double>(rows_) * figure_.panel_height; }

  void draw(Canvas& canvas) const {
    if (!figure_.title.empty()) {
      canvas.text({width() / 2, kOuter + kTitleSize + 2},
                  shortened(figure_.title, width() - 2 * kOuter, kTitleSize + 1, true),
                  {.size = kTitleSize + 1, .anchor = Anchor::kMiddle, .bold = true, .colour = kTextColour});
    }
    draw_legend(canvas, {legend_x(), kOuter + title_height(), legend_width(), kLegendRow}, shared_, numbers_);
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      const Box box{kOuter + static_cast<double>(i % columns_) * figure_.panel_width,
                    kOuter + head() + static_cast<double>(i / columns_) * figure_.panel_height, figure_.panel_width,
                    figure_.panel_height};
      draw_panel(canvas, box, figure_.panels[i], plans_[i], numbers_);
    }
  }

 private:
  /// One legend above all panels where they would all have the same.
  void find_shared_legend() {
    if (figure_.panels.size() < 2) return;
    const std::vector<LegendEntry> first = legend_of(figure_.panels.front());
    const bool same = std::all_of(figure_.panels.begin(), figure_.panels.end(),
                                  [&](const Panel& panel) { return legend_of(panel) == first; });
    if (same) shared_ = first;
  }

  /// Widens margins to the largest one of the column (sides) or of the row (above and below).
  void align(double Margins::*margin, bool by_column) {
    const auto line_of = [&](std::size_t i) { return by_column ? i % columns_ : i / columns_; };
    std::vector<double> largest(std::max(rows_, columns_), 0);
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      largest[line_of(i)] = std::max(largest[line_of(i)], plans_[i].margins.*margin);
    }
    for (std::size_t i = 0; i < plans_.size(); ++i) plans_[i].margins.*margin = largest[line_of(i)];
  }

  double legend_x() const { return kOuter + (plans_.empty() ? 0 : plans_.front().margins.left); }
  double legend_width() const { return width() - kOuter - legend_x(); }
  double title_height() const { return figure_.title.empty() ? 0 : kTitleSize + 10; }
  double head() const { return title_height() + (shared_.empty() ? 0 : legend_height(shared_, legend_width()) + 2); }

  const Figure& figure_;
  LabelNumbers numbers_;
  std::size_t columns_ = 1, rows_ = 1;
  std::vector<LegendEntry> shared_;
  std::vector<PanelPlan> plans_;
};

}  // namespace

Format format_of(const std::string& path) {
  const std::string lower = to_lower(path);
  if (lower.ends_with(".svg")) return Format::kSvg;
  if (lower.ends_with(".png")) return Format::kPng;
  throw Error(ErrorCode::kUsage, "a figure is an .svg or a .png file, not " + path)
      .remedy("Name it, for example, figure.svg.");
}

std::string render(const Figure& figure, Format format, double pixels_per_point) {
  const Grid grid(figure);
  const auto canvas = format == Format::kSvg ? make_svg_canvas(grid.width(), grid.height())
                                             : make_png_canvas(grid.width(), grid.height(), pixels_per_point);
  grid.draw(*canvas);
  return canvas->finish();
}

}  // namespace molbridge::plot
