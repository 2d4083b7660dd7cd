// Any text: an adduct or a reason; what is read must spell, read back and keep its mass.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "molbridge/mass/adduct.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using molbridge::mass::Adduct;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto adduct = Adduct::parse(text);
  if (!adduct) return 0;
  const auto again = Adduct::parse(adduct->str());
  if (!again || !(*again == *adduct) || again->str() != adduct->str()) std::abort();
  if (std::abs(adduct->mz(adduct->neutral_mass(500.0)) - 500.0) > 1e-8) std::abort();
  return 0;
}
