#include "molbridge/core/version.hpp"

namespace molbridge {
std::string_view version() { return MOLBRIDGE_VERSION; }
}  // namespace molbridge
