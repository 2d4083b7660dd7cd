#pragma once
// Figures as data, drawn the same to SVG and PNG.
//
// A figure is a grid of panels; a panel holds lines, points, bars and histograms on two axes. Colour follows the label through
// the whole figure, so that one run looks the same in every panel. In SVG text stays text; layout does not depend on the fonts
// that are installed, so the SVG of a figure has the same bytes everywhere (the PNG where the fonts are the same). No dates.
// Thread-safe: values and pure functions.

#include <optional>
#include <string>
#include <vector>

namespace molbridge::plot {

enum class Scale { kLinear, kLog };

struct Axis {
  std::string label;  ///< with its unit: "Recall@1 (%)", "steps"
  Scale scale = Scale::kLinear;
  std::optional<double> low;  ///< a limit; without one it follows from the data
  std::optional<double> high;
  bool include_zero = false;
  /// Names at 0, 1, 2, ... in place of numbers. Only of an x axis.
  std::vector<std::string> categories;
};

enum class Mark { kLine, kLinePoints, kPoints, kBars };

/// Requires x and y of one length, low and high empty or of that length.
struct Series {
  std::string label;  ///< "": in no legend
  Mark mark = Mark::kLine;
  std::vector<double> x;
  std::vector<double> y;    ///< NaN breaks a line
  std::vector<double> low;  ///< interval of each y: a shaded band of a line, error bars of points and bars
  std::vector<double> high;
  bool faint = false;  ///< thin and pale: the raw curve behind a smoothed one
};

/// Several overlay each other. Requires edges ascending and one longer than heights.
struct Histogram {
  std::string label;
  std::vector<double> edges;
  std::vector<double> heights;
};

/// A dashed line across the panel.
struct Reference {
  std::string label;
  bool vertical = false;
  double at = 0;
};

struct Panel {
  std::string title;
  Axis x, y;
  std::vector<Series> series;
  std::vector<Histogram> histograms;
  std::vector<Reference> references;
};

/// Sizes in points (1/72 inch). Two panels side by side fill an article's page of 7 inch.
struct Figure {
  std::string title;
  std::vector<Panel> panels;
  int columns = 0;  ///< 0: one for a single panel, else two
  double panel_width = 340;
  double panel_height = 240;
};

enum class Format { kSvg, kPng };

/// By the ending of the name. Errors: kUsage for any other than .svg and .png.
Format format_of(const std::string& path);

/// The bytes of the file. `pixels_per_point` is for PNG. Errors: kResource when an image of that size cannot be made.
std::string render(const Figure& figure, Format format, double pixels_per_point = 2.5);

}  // namespace molbridge::plot
