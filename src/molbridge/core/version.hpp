#pragma once
#include <string_view>
namespace molbridge {
/// "0.1.0", from the file VERSION.
std::string_view version();
}  // namespace molbridge
