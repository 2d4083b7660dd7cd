#include "molbridge/plot/text_width.hpp"

#include <array>
#include <cstdint>

namespace molbridge::plot {
namespace {

/// Of ' ' to '~', thousandths of the size.
constexpr std::array<std::uint16_t, 95> kAdvance{
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361,  318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635,  611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352,  635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592,  525, 636, 337, 636, 838};
constexpr double kBold = 1.13;
constexpr double kOther = 0.7, kWide = 1.0;  // letters beyond ASCII; those of East Asian scripts

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

double advance(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  if (code >= 0x20 && code < 0x7F) return kAdvance[code - 0x20] / 1000.0;
  if (code < 0x20) return 0;
  return code >= 0xE3 ? kWide : kOther;  // the first byte of U+3000 and above in UTF-8
}

}  // namespace

double text_width(std::string_view text, double size, bool bold) {
  double width = 0;
  for (const char byte : text) {
    if (!is_continuation(byte)) width += advance(byte);
  }
  return width * size * (bold ? kBold : 1);
}

std::string shortened(const std::string& text, double width, double size, bool bold) {
  if (text_width(text, size, bold) <= width) return text;
  std::string out = text;
  while (!out.empty() && text_width(out + "...", size, bold) > width) {
    while (!out.empty() && is_continuation(out.back())) out.pop_back();
    if (!out.empty()) out.pop_back();
  }
  return out + "...";
}

}  // namespace molbridge::plot
