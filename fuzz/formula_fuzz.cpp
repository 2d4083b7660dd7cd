// Any text: a formula or a reason; what is read must spell and read back.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "molbridge/mass/formula.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using molbridge::mass::Formula;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto formula = Formula::parse(text);
  if (!formula) return 0;
  if (!std::isfinite(formula->monoisotopic_mass())) std::abort();
  const auto again = Formula::parse(formula->hill());
  if (!again || !(*again == *formula)) std::abort();
  return 0;
}
