// tokenizer.json from unknown hands, and a text for it: the file, a line "%%", the text.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/tokenizers/pipeline.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kBetween = "\n%%\n";
  const auto between = all.find(kBetween);
  const auto file = all.substr(0, between);
  const auto text = between == std::string_view::npos ? std::string_view("CC(=O)O the [MASK] 12")
                                                      : all.substr(between + kBetween.size());
  try {
    const auto tokenizer = molbridge::encoders::read_tokenizer_json(file, "tokenizer.json", {});
    const auto encoding = tokenizer->encode(text, true, true);
    if (encoding.ids.size() != encoding.special.size() || encoding.ids.size() != encoding.tokens.size())
      __builtin_trap();
  } catch (const molbridge::Error&) {
  }
  return 0;
}
