// Lines of any bytes, gzip included: numbered without gaps, without line ends, and the same text however it is read.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "molbridge/core/error.hpp"
#include "molbridge/core/line_source.hpp"

namespace {

using namespace molbridge;

/// All bytes that read() gives, up to a limit: a few kilobytes of gzip may hold gigabytes.
std::string bytes_of(LineSource& source) {
  constexpr std::size_t kLimit = std::size_t{1} << 22;
  std::string text;
  std::array<std::byte, 1000> chunk{};
  while (text.size() < kLimit) {
    const std::size_t got = source.read(chunk);
    if (got == 0) break;
    text.append(reinterpret_cast<const char*>(chunk.data()), got);
  }
  return text;
}

void read_lines(std::string_view input) {
  const auto source = LineSource::from_memory("fuzz", input);
  source->peek(100);
  constexpr std::size_t kLimit = std::size_t{1} << 22;
  std::string line;
  std::size_t total = 0;
  for (std::uint64_t number = 1; total < kLimit && source->next_line(line); ++number) {
    if (source->line_number() != number || line.find('\n') != std::string::npos) std::abort();
    total += line.size() + 1;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const bool lines : {true, false}) {
    try {
      if (lines) {
        read_lines(input);
      } else {
        bytes_of(*LineSource::from_memory("fuzz", input));
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInput) std::abort();
    }
  }
  return 0;
}
