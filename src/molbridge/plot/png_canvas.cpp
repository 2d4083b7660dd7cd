#include <cairo/cairo.h>

#include <cmath>
#include <new>
#include <numbers>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/plot/canvas.hpp"
#include "molbridge/plot/text_width.hpp"

namespace molbridge::plot {
namespace {

void require(cairo_status_t status) {
  if (status == CAIRO_STATUS_SUCCESS) return;
  throw Error(ErrorCode::kResource, std::string("the image cannot be drawn: ") + cairo_status_to_string(status))
      .remedy("Write an .svg, which needs no memory for pixels.");
}

cairo_status_t append(void* out, const unsigned char* bytes, unsigned int count) {
  try {
    static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), count);
  } catch (const std::bad_alloc&) {
    return CAIRO_STATUS_NO_MEMORY;  // no exception may pass through C
  }
  return CAIRO_STATUS_SUCCESS;
}

class PngCanvas : public Canvas {
 public:
  PngCanvas(double width, double height, double scale)
      : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(std::ceil(width * scale)),
                                            static_cast<int>(std::ceil(height * scale))),
                 cairo_surface_destroy),
        context_(cairo_create(surface_.get()), cairo_destroy) {
    require(cairo_surface_status(surface_.get()));
    cairo_set_source_rgb(context_.get(), 1, 1, 1);
    cairo_paint(context_.get());
    cairo_scale(context_.get(), scale, scale);
    cairo_set_line_join(context_.get(), CAIRO_LINE_JOIN_ROUND);
    use_plain_glyphs();
  }

  void line(std::span<const Point> points, const Stroke& stroke) override {
    static constexpr double kDash[] = {4, 3};
    cairo_t* context = context_.get();
    trace(points);
    set(stroke.colour);
    cairo_set_line_width(context, stroke.width);
    cairo_set_dash(context, kDash, stroke.dashed ? 2 : 0, 0);
    cairo_stroke(context);
  }

  void polygon(std::span<const Point> points, Colour fill) override {
    trace(points);
    cairo_close_path(context_.get());
    set(fill);
    cairo_fill(context_.get());
  }

  void circle(Point centre, double radius, Colour fill) override {
    cairo_new_path(context_.get());
    cairo_arc(context_.get(), centre.x, centre.y, radius, 0, 2 * std::numbers::pi);
    set(fill);
    cairo_fill(context_.get());
  }

  void text(Point at, std::string_view text, const TextStyle& style) override {
    const std::string line = valid_utf8(text);
    cairo_t* context = context_.get();
    cairo_save(context);
    // Where no font is installed cairo takes the stroked one that it brings along.
    cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(context, style.size);
    cairo_text_extents_t extents;
    cairo_text_extents(context, line.c_str(), &extents);
    const double allowed = text_width(line, style.size, style.bold);
    const double squeeze = extents.x_advance > allowed && allowed > 0 ? allowed / extents.x_advance : 1;
    const double share = style.anchor == Anchor::kStart ? 0 : style.anchor == Anchor::kMiddle ? 0.5 : 1;
    cairo_translate(context, at.x, at.y);
    cairo_rotate(context, -style.degrees * std::numbers::pi / 180);
    cairo_scale(context, squeeze, 1);
    cairo_move_to(context, -share * extents.x_advance, 0);
    set(style.colour);
    cairo_show_text(context, line.c_str());
    cairo_restore(context);
  }

  void begin_clip(const Box& box) override {
    cairo_save(context_.get());
    cairo_rectangle(context_.get(), box.x, box.y, box.width, box.height);
    cairo_clip(context_.get());
  }

  void end_clip() override { cairo_restore(context_.get()); }

  std::string finish() override {
    require(cairo_status(context_.get()));
    std::string bytes;
    require(cairo_surface_write_to_png_stream(surface_.get(), append, &bytes));
    return bytes;
  }

 private:
  /// Grey, unhinted glyphs: the settings of a desktop must not show in a figure.
  void use_plain_glyphs() {
    cairo_font_options_t* options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(context_.get(), options);
    cairo_font_options_destroy(options);
  }

  void set(Colour c) { cairo_set_source_rgba(context_.get(), c.red / 255.0, c.green / 255.0, c.blue / 255.0, c.alpha); }

  void trace(std::span<const Point> points) {
    cairo_new_path(context_.get());
    for (const Point& point : points) cairo_line_to(context_.get(), point.x, point.y);
  }

  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface_;
  std::unique_ptr<cairo_t, decltype(&cairo_destroy)> context_;
};

}  // namespace

std::unique_ptr<Canvas> make_png_canvas(double width, double height, double pixels_per_point) {
  return std::make_unique<PngCanvas>(width, height, pixels_per_point);
}

}  // namespace molbridge::plot
