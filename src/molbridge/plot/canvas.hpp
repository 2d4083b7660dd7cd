#pragma once
// What a figure is drawn on: few shapes, each of which an SVG writer and cairo draw alike. Private to the module.
// Units: points, x to the right, y downward. Not thread-safe.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge::plot {

struct Point {
  double x = 0;
  double y = 0;
};

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
};

struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  double alpha = 1;
  Colour faded(double new_alpha) const { return {red, green, blue, new_alpha}; }
};

struct Stroke {
  Colour colour;
  double width = 1;
  bool dashed = false;
};

enum class Anchor { kStart, kMiddle, kEnd };

struct TextStyle {
  double size = 11;
  Anchor anchor = Anchor::kStart;
  bool bold = false;
  double degrees = 0;  ///< counter-clockwise, around the anchor
  Colour colour{};
};

class Canvas {
 public:
  virtual ~Canvas() = default;
  virtual void line(std::span<const Point> points, const Stroke& stroke) = 0;
  virtual void polygon(std::span<const Point> points, Colour fill) = 0;
  virtual void circle(Point centre, double radius, Colour fill) = 0;
  /// `at` is on the base line. Drawn no wider than text_width() says.
  virtual void text(Point at, std::string_view text, const TextStyle& style) = 0;
  /// Until end_clip(), nothing is drawn outside the box. Not nested.
  virtual void begin_clip(const Box& box) = 0;
  virtual void end_clip() = 0;
  /// The bytes of the file; the canvas is used up.
  virtual std::string finish() = 0;
};

/// White, of that many points.
std::unique_ptr<Canvas> make_svg_canvas(double width, double height);
/// Errors: kResource.
std::unique_ptr<Canvas> make_png_canvas(double width, double height, double pixels_per_point);

}  // namespace molbridge::plot
