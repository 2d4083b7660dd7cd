#include "molbridge/plot/data_layer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/plot/style.hpp"

namespace molbridge::plot {
namespace {

/// Of points in the order of x, those that decide what is seen: of each half point of width the first, lowest, highest and last. A
/// curve of a million rows is then a file of some kilobytes.
std::vector<Point> thinned(const std::vector<Point>& points) {
  constexpr double kBucket = 0.5;
  if (points.size() < 2000) return points;
  std::vector<Point> out;
  for (std::size_t begin = 0; begin < points.size();) {
    std::size_t end = begin + 1, low = begin, high = begin;
    while (end < points.size() && std::abs(points[end].x - points[begin].x) < kBucket) {
      if (points[end].y < points[low].y) low = end;
      if (points[end].y > points[high].y) high = end;
      ++end;
    }
    std::array<std::size_t, 4> kept{begin, low, high, end - 1};
    std::sort(kept.begin(), kept.end());
    for (auto last = std::unique(kept.begin(), kept.end()), at = kept.begin(); at != last; ++at) {
      out.push_back(points[*at]);
    }
    begin = end;
  }
  return out;
}

class DataDrawer {
 public:
  DataDrawer(Canvas& canvas, const Box& area, const Panel& panel, const PanelPlan& plan, const LabelNumbers& numbers)
      : canvas_(canvas), area_(area), panel_(panel), plan_(plan), numbers_(numbers) {}

  void draw() {
    for (const Histogram& histogram : panel_.histograms) draw_histogram(histogram);
    for (const Reference& line : panel_.references) draw_reference(line);
    for (std::size_t i = 0; i < panel_.series.size(); ++i) draw_series(i);
    if (panel_.series.empty() && panel_.histograms.empty()) {
      canvas_.text({area_.x + area_.width / 2, area_.y + area_.height / 2}, "no data",
                   {.size = kTextSize, .anchor = Anchor::kMiddle, .colour = kAxisColour});
    }
  }

 private:
  Point at(double x, double y) const {
    return {area_.x + plan_.x.share(x) * area_.width, area_.bottom() - plan_.y.share(y) * area_.height};
  }

  static bool is_drawable(Point point) { return std::isfinite(point.x) && std::isfinite(point.y); }

  std::size_t number_of(const std::string& label) const { return numbers_.at(label); }

  void draw_histogram(const Histogram& histogram) {
    MOLBRIDGE_CHECK(histogram.edges.size() == histogram.heights.size() + 1, histogram.label);
    const Colour colour = colour_of(number_of(histogram.label));
    const double base = std::max(0.0, plan_.y.low);
    std::vector<Point> outline{at(histogram.edges.front(), base)};
    for (std::size_t i = 0; i < histogram.heights.size(); ++i) {
      outline.push_back(at(histogram.edges[i], histogram.heights[i]));
      outline.push_back(at(histogram.edges[i + 1], histogram.heights[i]));
    }
    outline.push_back(at(histogram.edges.back(), base));
    canvas_.polygon(outline, colour.faded(kFillAlpha));
    canvas_.line(outline, {colour, 1});
  }

  void draw_reference(const Reference& line) {
    const double share = (line.vertical ? plan_.x : plan_.y).share(line.at);
    if (!std::isfinite(share)) return;
    const double x = area_.x + share * area_.width, y = area_.bottom() - share * area_.height;
    const std::array<Point, 2> points = line.vertical ? std::array{Point{x, area_.y}, Point{x, area_.bottom()}}
                                                      : std::array{Point{area_.x, y}, Point{area_.right(), y}};
    canvas_.line(points, {kAxisColour, 1, true});
  }

  void draw_series(std::size_t index) {
    const Series& series = panel_.series[index];
    MOLBRIDGE_CHECK(series.x.size() == series.y.size() && series.low.size() == series.high.size(), series.label);
    MOLBRIDGE_CHECK(series.low.empty() || series.low.size() == series.y.size(), series.label);
    const double shift = dodge(panel_, index);
    if (series.mark == Mark::kBars) draw_bars(series, shift);
    if (series.mark == Mark::kLine) draw_band(series);
    if (series.mark == Mark::kLine || series.mark == Mark::kLinePoints) draw_line(series);
    if (series.mark != Mark::kLine) draw_error_bars(series, shift);
    if (series.mark == Mark::kPoints || series.mark == Mark::kLinePoints) draw_points(series, shift);
  }

  void draw_bars(const Series& series, double shift) {
    const double half = bar_width(panel_) * 0.46;
    const Colour colour = colour_of(number_of(series.label));
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const double x = series.x[i] + shift, base = std::clamp(0.0, plan_.y.low, plan_.y.high);
      const std::array<Point, 4> box{at(x - half, base), at(x - half, series.y[i]), at(x + half, series.y[i]),
                                     at(x + half, base)};
      if (is_drawable(box[1])) canvas_.polygon(box, colour.faded(0.75));
    }
  }

  void draw_band(const Series& series) {
    std::vector<Point> upper, lower;
    for (std::size_t i = 0; i < series.low.size(); ++i) {
      const Point low = at(series.x[i], series.low[i]), high = at(series.x[i], series.high[i]);
      if (!is_drawable(low) || !is_drawable(high)) continue;
      lower.push_back(low);
      upper.push_back(high);
    }
    if (upper.size() < 2) return;
    upper = thinned(upper);
    lower = thinned(lower);
    upper.insert(upper.end(), lower.rbegin(), lower.rend());
    canvas_.polygon(upper, colour_of(number_of(series.label)).faded(0.2));
  }

  void draw_line(const Series& series) {
    const std::size_t number = number_of(series.label);
    const Colour colour = colour_of(number).faded(series.faint ? 0.3 : 1);
    const Stroke stroke{colour, series.faint ? 0.8 : kLineWidth, number >= kNumColours};
    std::vector<Point> part;
    const auto flush = [&] {
      if (part.size() > 1) canvas_.line(thinned(part), stroke);
      if (part.size() == 1 && series.mark == Mark::kLine) canvas_.circle(part.front(), kMarkerRadius, colour);
      part.clear();
    };
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const Point point = at(series.x[i], series.y[i]);
      if (is_drawable(point))
        part.push_back(point);
      else
        flush();
    }
    flush();
  }

  void draw_error_bars(const Series& series, double shift) {
    constexpr double kCap = 3;
    const Stroke stroke{series.mark == Mark::kBars ? kAxisColour : colour_of(number_of(series.label)), 1.1};
    for (std::size_t i = 0; i < series.low.size(); ++i) {
      const Point low = at(series.x[i] + shift, series.low[i]), high = at(series.x[i] + shift, series.high[i]);
      if (!is_drawable(low) || !is_drawable(high)) continue;
      canvas_.line(std::array{low, high}, stroke);
      for (const Point& end : {low, high}) {
        canvas_.line(std::array{Point{end.x - kCap, end.y}, Point{end.x + kCap, end.y}}, stroke);
      }
    }
  }

  void draw_points(const Series& series, double shift) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const Point point = at(series.x[i] + shift, series.y[i]);
      if (is_drawable(point)) draw_marker(canvas_, point, number_of(series.label), kMarkerRadius);
    }
  }

  Canvas& canvas_;
  const Box& area_;
  const Panel& panel_;
  const PanelPlan& plan_;
  const LabelNumbers& numbers_;
};

}  // namespace

void draw_data(Canvas& canvas, const Box& area, const Panel& panel, const PanelPlan& plan,
               const LabelNumbers& numbers) {
  DataDrawer(canvas, area, panel, plan, numbers).draw();
}

}  // namespace molbridge::plot
