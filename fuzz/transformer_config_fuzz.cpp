// config.json of a Hugging Face folder.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/transformer/transformer_config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto config =
        molbridge::encoders::parse_transformer_config({reinterpret_cast<const char*>(data), size}, "config.json");
    if (config.hidden % config.heads != 0 || (!config.rotary() && config.max_tokens() < 1)) __builtin_trap();
  } catch (const molbridge::Error& error) {
    if (error.code() != molbridge::ErrorCode::kModel) throw;
  }
  return 0;
}
