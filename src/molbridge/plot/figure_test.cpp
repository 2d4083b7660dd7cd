#include "molbridge/plot/figure.hpp"

#include <cairo/cairo.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/plot/axes.hpp"
#include "molbridge/plot/canvas.hpp"
#include "molbridge/plot/text_width.hpp"

namespace molbridge::plot {
namespace {

using testing::HasSubstr;
using testing::Not;

Series line(const std::string& label, std::vector<double> y) {
  Series series;
  series.label = label;
  for (std::size_t i = 0; i < y.size(); ++i) series.x.push_back(static_cast<double>(i));
  series.y = std::move(y);
  return series;
}

Figure one_panel(Series series) {
  Panel panel;
  panel.title = "validation";
  panel.x.label = "step";
  panel.y.label = "MRR (%)";
  panel.series = {std::move(series)};
  return {.title = "", .panels = {panel}};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// Every tag is closed in the order in which tags were opened.
bool is_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = xml.substr(at + 1, end - at - 1);
    if (tag.starts_with("?") || tag.ends_with("/")) continue;
    if (!tag.starts_with("/")) {
      open.push_back(tag.substr(0, tag.find(' ')));
    } else {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    }
  }
  return open.empty();
}

struct Image {
  int width = 0, height = 0;
  std::set<std::uint32_t> colours;
};

Image decode(const std::string& png) {
  std::string_view rest = png;
  const auto read = [](void* from, unsigned char* out, unsigned int size) {
    auto* view = static_cast<std::string_view*>(from);
    if (view->size() < size) return CAIRO_STATUS_READ_ERROR;
    std::memcpy(out, view->data(), size);
    view->remove_prefix(size);
    return CAIRO_STATUS_SUCCESS;
  };
  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface(
      cairo_image_surface_create_from_png_stream(read, &rest), cairo_surface_destroy);
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) return {};
  Image image{cairo_image_surface_get_width(surface.get()), cairo_image_surface_get_height(surface.get()), {}};
  const unsigned char* data = cairo_image_surface_get_data(surface.get());
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      std::uint32_t pixel = 0;
      std::memcpy(&pixel, data + y * cairo_image_surface_get_stride(surface.get()) + 4 * x, 4);
      image.colours.insert(pixel & 0xFFFFFF);
    }
  }
  return image;
}

TEST(FormatOf, Endings_DecideAndOthersAreRefused) {
  EXPECT_EQ(format_of("a/b.svg"), Format::kSvg);
  EXPECT_EQ(format_of("A.PNG"), Format::kPng);
  EXPECT_THROW(format_of("a.pdf"), Error);
  EXPECT_THROW(format_of("svg"), Error);
}

TEST(RenderSvg, Labels_AreTextAndEscaped) {
  Figure figure = one_panel(line("a < b & \"c\"", {1, 2, 4}));
  const std::string svg = render(figure, Format::kSvg);
  EXPECT_TRUE(is_well_formed(svg));
  EXPECT_THAT(svg, HasSubstr(">a &lt; b &amp; &quot;c&quot;</text>"));
  EXPECT_THAT(svg, HasSubstr(">MRR (%)</text>"));
  EXPECT_THAT(svg, HasSubstr(">step</text>"));
  EXPECT_THAT(svg, HasSubstr(">validation</text>"));
}

TEST(RenderSvg, BrokenUtf8AndControlCharacters_GiveValidXml) {
  const std::string svg = render(one_panel(line("x\xff\x01y", {1, 2})), Format::kSvg);
  EXPECT_THAT(svg, Not(HasSubstr("\xff")));
  EXPECT_THAT(svg, Not(HasSubstr("\x01")));
}

TEST(Render, SameFigure_SameBytes) {
  const Figure figure = one_panel(line("run", {3, 1, 2}));
  EXPECT_EQ(render(figure, Format::kSvg), render(figure, Format::kSvg));
  EXPECT_EQ(render(figure, Format::kPng), render(figure, Format::kPng));
}

TEST(RenderPng, Decodes_WithTheColourOfTheCurve) {
  const Image image = decode(render(one_panel(line("run", {3, 1, 2})), Format::kPng, 2));
  EXPECT_EQ(image.width, 2 * (340 + 12));
  EXPECT_EQ(image.height, 2 * (240 + 12));
  EXPECT_TRUE(image.colours.contains(0xFFFFFF));
  EXPECT_TRUE(image.colours.contains(0x0072B2));
}

TEST(RenderPng, HugeImage_IsAnErrorNotACrash) {
  Figure figure = one_panel(line("run", {3, 1, 2}));
  figure.panel_width = 1e6;
  EXPECT_THROW(render(figure, Format::kPng), Error);
}

TEST(RenderSvg, NanInALine_BreaksIt) {
  const auto lines_of = [](std::vector<double> y) {
    return count(render(one_panel(line("run", std::move(y))), Format::kSvg), "stroke=\"#0072b2\" stroke-width=\"1.6\"");
  };
  EXPECT_EQ(lines_of({1, 2, 3, 4, 5}), lines_of({1, 2, NAN, 4, 5}) - 1);
}

TEST(RenderSvg, SameLabelInTwoPanels_HasOneColourAndOneLegendEntry) {
  Figure figure = one_panel(line("first", {1, 2}));
  figure.panels.front().series.push_back(line("second", {2, 1}));
  figure.panels.push_back(figure.panels.front());
  const std::string svg = render(figure, Format::kSvg);
  EXPECT_EQ(count(svg, ">first</text>"), 1u);  // the panels share a legend
  EXPECT_EQ(count(svg, ">second</text>"), 1u);
  figure.panels[1].series.pop_back();
  EXPECT_EQ(count(render(figure, Format::kSvg), ">first</text>"), 2u);  // now they differ
}

TEST(RenderSvg, MillionRows_GiveASmallFile) {
  std::vector<double> y;
  for (int i = 0; i < 200000; ++i) y.push_back(i % 7);
  EXPECT_LT(render(one_panel(line("run", y)), Format::kSvg).size(), 200000u);
}

TEST(Render, NothingToShow_SaysNoData) {
  Figure figure = one_panel(line("run", {}));
  figure.panels.front().series.clear();
  EXPECT_THAT(render(figure, Format::kSvg), HasSubstr(">no data</text>"));
  EXPECT_NO_THROW(render(one_panel(line("run", {NAN, NAN})), Format::kPng));
  EXPECT_NO_THROW(render(one_panel(line("run", {5, 5})), Format::kPng));
  EXPECT_NO_THROW(render(Figure{}, Format::kSvg));
}

TEST(Render, HistogramWithWrongEdges_IsOurDefect) {
  Figure figure = one_panel(line("run", {1}));
  figure.panels.front().histograms.push_back({"h", {0, 1}, {1, 2}});
  EXPECT_THROW(render(figure, Format::kSvg), Error);
}

TEST(PlanX, AnyLength_LabelsDoNotTouch) {
  Panel panel;
  panel.series = {line("run", {1, 2})};
  panel.series.front().x = {0, 1234567};
  for (double length = 40; length < 600; length += 35) {
    const AxisPlan plan = plan_x(panel, length);
    for (std::size_t i = 1; i < plan.ticks.values.size(); ++i) {
      const double right = plan.share(plan.ticks.values[i]) * length - text_width(plan.ticks.labels[i], kTickSize) / 2;
      const double left =
          plan.share(plan.ticks.values[i - 1]) * length + text_width(plan.ticks.labels[i - 1], kTickSize) / 2;
      EXPECT_LT(left, right) << length;
    }
  }
}

TEST(PlanX, LongNames_AreSlanted) {
  Panel panel;
  panel.x.categories = {"a", "b"};
  EXPECT_FALSE(plan_x(panel, 200).slanted);
  panel.x.categories = {"a name that is long", "another name that is long"};
  EXPECT_TRUE(plan_x(panel, 200).slanted);
}

TEST(PlanY, BarsAndHistograms_StandOnZero) {
  Panel panel;
  panel.series = {line("run", {10, 11})};
  EXPECT_GT(plan_y(panel, 150).low, 9);
  panel.series.front().mark = Mark::kBars;
  EXPECT_EQ(plan_y(panel, 150).low, 0);
}

TEST(PlanY, Interval_IsInsideTheAxis) {
  Panel panel;
  panel.series = {line("run", {10, 11})};
  panel.series.front().low = {5, 6};
  panel.series.front().high = {20, 21};
  const AxisPlan plan = plan_y(panel, 150);
  EXPECT_LT(plan.low, 5);
  EXPECT_GT(plan.high, 21);
}

TEST(PlanY, LogAxis_LeavesOutWhatIsNotPositive) {
  Panel panel;
  panel.series = {line("run", {0, -1, 0.01, 1})};
  panel.y.scale = Scale::kLog;
  const AxisPlan plan = plan_y(panel, 150);
  EXPECT_GT(plan.low, 0);
  EXPECT_LE(plan.low, 0.01);
  EXPECT_TRUE(std::isnan(plan.share(0)));
  EXPECT_NEAR(plan.share(std::sqrt(plan.low * plan.high)), 0.5, 1e-9);
}

TEST(Dodge, TwoSeriesOfBars_StandSideBySideAroundTheName) {
  Panel panel;
  panel.x.categories = {"a"};
  panel.series = {line("one", {1}), line("two", {2})};
  for (Series& series : panel.series) series.mark = Mark::kBars;
  EXPECT_DOUBLE_EQ(dodge(panel, 0), -0.2);
  EXPECT_DOUBLE_EQ(dodge(panel, 1), 0.2);
  EXPECT_DOUBLE_EQ(bar_width(panel), 0.4);
}

TEST(TextWidth, KnownLetters_AddUp) {
  EXPECT_DOUBLE_EQ(text_width("10", 10), 12.72);
  EXPECT_DOUBLE_EQ(text_width("", 10), 0);
  EXPECT_GT(text_width("10", 10, true), 12.72);
  EXPECT_EQ(shortened("molecule", 1000, 10), "molecule");
  const std::string cut = shortened("molecule \xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4", 70, 10);
  EXPECT_LE(text_width(cut, 10), 70);
  EXPECT_THAT(cut, testing::EndsWith("..."));
}

}  // namespace
}  // namespace molbridge::plot
