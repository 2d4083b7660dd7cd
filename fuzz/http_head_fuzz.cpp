// The head of an HTTP answer, and what its values hold. The first line of the input is resolved as a redirect.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "molbridge/core/text.hpp"
#include "molbridge/fetch/http_head.hpp"
#include "molbridge/fetch/url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace molbridge;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = split(text, '\n');
  const auto base = fetch::parse_url("https://example.org/a/b");
  static_cast<void>(fetch::resolve_url(*base, lines.front()));
  fetch::HeadCollector collector;
  try {
    for (const auto line : lines) {
      if (!collector.take(line)) continue;
      const fetch::ResponseHead& head = collector.head();
      const auto range = fetch::parse_content_range(head.content_range);
      if (range && range->first && *range->first > *range->last) __builtin_trap();
      static_cast<void>(fetch::parse_retry_after(head.retry_after, 0));
      static_cast<void>(fetch::is_strong_etag(head.etag));
      static_cast<void>(fetch::resolve_url(*base, head.location));
    }
  } catch (const Error&) {  // lengths that contradict
  }
  return 0;
}
