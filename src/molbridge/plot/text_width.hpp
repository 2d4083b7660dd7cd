#pragma once
// How wide a text is drawn, by a table and not by the fonts at hand, so that a layout is the same everywhere.

#include <string>
#include <string_view>

namespace molbridge::plot {

/// Points. The widths are those of DejaVu Sans, wider than the Helvetica-like fonts that a viewer may take instead.
double text_width(std::string_view text, double size, bool bold = false);

/// The text, or its beginning and "..." where it is wider than `width`.
std::string shortened(const std::string& text, double width, double size, bool bold = false);

}  // namespace molbridge::plot
