#include <cmath>
#include <cstdio>

#include "molbridge/core/text.hpp"
#include "molbridge/plot/canvas.hpp"

// Written by hand and not by cairo, whose SVG has glyphs as outlines: here text can be searched, copied and edited, and the bytes
// depend on no font.

namespace molbridge::plot {
namespace {

constexpr char kFonts[] = "Helvetica, Arial, 'DejaVu Sans', sans-serif";

/// Hundredths of a point, without trailing zeros.
std::string number(double value) {
  const double rounded = std::round(value * 100) / 100;
  return format_shortest(rounded == 0 ? 0 : rounded);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;  // XML has no control characters
    }
  }
  return out;
}

std::string hex(Colour colour) {
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", colour.red, colour.green, colour.blue);
  return text;
}

/// name="#aabbcc", and the opacity where it is not 1.
std::string paint(const std::string& name, Colour colour) {
  std::string out = " " + name + "=\"" + hex(colour) + "\"";
  if (colour.alpha < 1) out += " " + name + "-opacity=\"" + number(colour.alpha) + "\"";
  return out;
}

std::string path(std::span<const Point> points) {
  std::string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    out += (i == 0 ? "" : " ") + number(points[i].x) + "," + number(points[i].y);
  }
  return out;
}

class SvgCanvas : public Canvas {
 public:
  SvgCanvas(double width, double height) {
    const std::string w = number(width), h = number(height);
    out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w +
           "pt\" height=\"" + h + "pt\" viewBox=\"0 0 " + w + " " + h + "\" font-family=\"" + kFonts +
           "\">\n<rect width=\"" + w + "\" height=\"" + h + "\" fill=\"#ffffff\"/>\n";
  }

  void line(std::span<const Point> points, const Stroke& stroke) override {
    out_ += "<polyline fill=\"none\"" + paint("stroke", stroke.colour) + " stroke-width=\"" + number(stroke.width) +
            "\" stroke-linejoin=\"round\"" + (stroke.dashed ? " stroke-dasharray=\"4,3\"" : "") + " points=\"" +
            path(points) + "\"/>\n";
  }

  void polygon(std::span<const Point> points, Colour fill) override {
    out_ += "<polygon" + paint("fill", fill) + " points=\"" + path(points) + "\"/>\n";
  }

  void circle(Point centre, double radius, Colour fill) override {
    out_ += "<circle" + paint("fill", fill) + " cx=\"" + number(centre.x) + "\" cy=\"" + number(centre.y) + "\" r=\"" +
            number(radius) + "\"/>\n";
  }

  void text(Point at, std::string_view text, const TextStyle& style) override {
    static constexpr const char* kAnchors[] = {"start", "middle", "end"};
    out_ += "<text x=\"" + number(at.x) + "\" y=\"" + number(at.y) + "\" font-size=\"" + number(style.size) + "\"" +
            paint("fill", style.colour);
    if (style.anchor != Anchor::kStart) {
      out_ += std::string(" text-anchor=\"") + kAnchors[static_cast<int>(style.anchor)] + "\"";
    }
    if (style.bold) out_ += " font-weight=\"bold\"";
    if (style.degrees != 0) {
      out_ += " transform=\"rotate(" + number(-style.degrees) + " " + number(at.x) + " " + number(at.y) + ")\"";
    }
    out_ += ">" + escaped(text) + "</text>\n";
  }

  void begin_clip(const Box& box) override {
    const std::string id = "clip" + std::to_string(++clips_);
    out_ += "<clipPath id=\"" + id + "\"><rect x=\"" + number(box.x) + "\" y=\"" + number(box.y) + "\" width=\"" +
            number(box.width) + "\" height=\"" + number(box.height) + "\"/></clipPath>\n<g clip-path=\"url(#" + id +
            ")\">\n";
  }

  void end_clip() override { out_ += "</g>\n"; }

  std::string finish() override { return std::move(out_) + "</svg>\n"; }

 private:
  std::string out_;
  int clips_ = 0;
};

}  // namespace

std::unique_ptr<Canvas> make_svg_canvas(double width, double height) {
  return std::make_unique<SvgCanvas>(width, height);
}

}  // namespace molbridge::plot
