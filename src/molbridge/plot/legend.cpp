#include "molbridge/plot/legend.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "molbridge/plot/style.hpp"
#include "molbridge/plot/text_width.hpp"

namespace molbridge::plot {
namespace {

constexpr double kSampleWidth = 18, kSampleGap = 5, kEntryGap = 14;

double entry_width(const LegendEntry& entry) {
  return kSampleWidth + kSampleGap + text_width(entry.label, kTextSize) + kEntryGap;
}

/// The entries as they stand, cut where one alone is wider than a row, with the corner of each.
struct Placed {
  LegendEntry entry;
  Point at;
};

std::vector<Placed> place(const std::vector<LegendEntry>& entries, double width) {
  std::vector<Placed> out;
  Point at;
  for (LegendEntry entry : entries) {
    const LegendEntry full = entry;
    entry.label = shortened(full.label, width - kSampleWidth - kSampleGap - kEntryGap, kTextSize);
    if (at.x > 0 && at.x + entry_width(entry) - kEntryGap > width) at = {0, at.y + kLegendRow};
    out.push_back({entry, at});
    at.x += entry_width(entry);
  }
  return out;
}

void draw_sample(Canvas& canvas, Point middle, Sample sample, std::size_t number) {
  const std::array<Point, 2> line{Point{middle.x - kSampleWidth / 2, middle.y},
                                  {middle.x + kSampleWidth / 2, middle.y}};
  const Colour colour = colour_of(number);
  if (sample == Sample::kReference) canvas.line(line, {kAxisColour, 1, true});
  if (sample == Sample::kLine || sample == Sample::kLineMarker) {
    canvas.line(line, {colour, kLineWidth, number >= kNumColours});
  }
  if (sample == Sample::kMarker || sample == Sample::kLineMarker) draw_marker(canvas, middle, number, kMarkerRadius);
  if (sample != Sample::kBox) return;
  const double x = kSampleWidth / 2 - 3, y = 4;
  const std::array<Point, 4> box{Point{middle.x - x, middle.y - y},
                                 {middle.x + x, middle.y - y},
                                 {middle.x + x, middle.y + y},
                                 {middle.x - x, middle.y + y}};
  canvas.polygon(box, colour.faded(kFillAlpha));
  canvas.line(std::array{box[0], box[1], box[2], box[3], box[0]}, {colour, 1});
}

Sample sample_of(Mark mark) {
  switch (mark) {
    case Mark::kLine: return Sample::kLine;
    case Mark::kLinePoints: return Sample::kLineMarker;
    case Mark::kPoints: return Sample::kMarker;
    case Mark::kBars: return Sample::kBox;
  }
  return Sample::kLine;
}

}  // namespace

LabelNumbers number_labels(const Figure& figure) {
  LabelNumbers numbers;
  for (const Panel& panel : figure.panels) {
    for (const Series& series : panel.series) numbers.try_emplace(series.label, numbers.size());
    for (const Histogram& histogram : panel.histograms) numbers.try_emplace(histogram.label, numbers.size());
  }
  return numbers;
}

Colour colour_of(std::size_t number) {
  static constexpr std::array<Colour, kNumColours> kPalette{
      {{0, 114, 178}, {230, 159, 0}, {0, 158, 115}, {204, 121, 167}, {213, 94, 0}, {86, 180, 233}, {60, 60, 60}}};
  return kPalette[number % kNumColours];
}

void draw_marker(Canvas& canvas, Point centre, std::size_t number, double radius) {
  const Colour colour = colour_of(number);
  const std::size_t shape = number % 4;
  if (shape == 0) return canvas.circle(centre, radius, colour);
  const int corners = shape == 2 ? 3 : 4;
  const double turn =
      shape == 1 ? std::numbers::pi / 4 : std::numbers::pi / 2;  // square; triangle and diamond point up
  std::vector<Point> points;
  for (int i = 0; i < corners; ++i) {
    const double angle = turn + 2 * std::numbers::pi * i / corners;
    points.push_back({centre.x + 1.25 * radius * std::cos(angle), centre.y - 1.25 * radius * std::sin(angle)});
  }
  canvas.polygon(points, colour);
}

std::vector<LegendEntry> legend_of(const Panel& panel) {
  std::vector<LegendEntry> entries;
  const auto add = [&](const std::string& label, Sample sample) {
    const auto same = [&](const LegendEntry& entry) { return entry.label == label; };
    if (label.empty() || std::any_of(entries.begin(), entries.end(), same)) return;
    entries.push_back({label, sample});
  };
  for (const Series& series : panel.series) add(series.label, sample_of(series.mark));
  for (const Histogram& histogram : panel.histograms) add(histogram.label, Sample::kBox);
  for (const Reference& line : panel.references) add(line.label, Sample::kReference);
  return entries;
}

double legend_height(const std::vector<LegendEntry>& entries, double width) {
  return entries.empty() ? 0 : place(entries, width).back().at.y + kLegendRow;
}

void draw_legend(Canvas& canvas, const Box& box, const std::vector<LegendEntry>& entries, const LabelNumbers& numbers) {
  for (const auto& [entry, at] : place(entries, box.width)) {
    const double x = box.x + at.x, y = box.y + at.y + kLegendRow / 2;
    const auto found = numbers.find(entry.label);
    draw_sample(canvas, {x + kSampleWidth / 2, y}, entry.sample, found == numbers.end() ? 0 : found->second);
    canvas.text({x + kSampleWidth + kSampleGap, y + kTextSize * 0.36}, entry.label,
                {.size = kTextSize, .colour = kTextColour});
  }
}

}  // namespace molbridge::plot
