// Pickles: whatever the bytes say, a finite tree or an error; nothing is run.

#include <cstddef>
#include <cstdint>
#include <span>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/pickle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace molbridge;
  try {
    const auto tree = nn::pickle::parse(std::as_bytes(std::span(data, size)), "fuzz");
    MOLBRIDGE_CHECK(tree->bytes_read() <= size && tree->nodes().size() <= 2 * size + 3, "more values than bytes");
    MOLBRIDGE_CHECK(nn::pickle::describe(tree->root()).size() <= 1000, "a long description");
    for (const nn::pickle::Node& node : tree->nodes()) {
      node.find("state_dict");
      node.attribute("lr");
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kModel) throw;
  }
  return 0;
}
