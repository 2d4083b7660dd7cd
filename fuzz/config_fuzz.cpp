// TOML documents: manifests and training configs from unknown hands.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "molbridge/core/config.hpp"
#include "molbridge/core/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto config = molbridge::Config::parse({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
    for (const auto& key : config.keys()) {
      try {
        config.texts(key);
        config.number(key, 0.0);
      } catch (const molbridge::Error&) {  // a value of another type
      }
    }
    config.reject_unused();
  } catch (const molbridge::Error&) {
  }
  return 0;
}
