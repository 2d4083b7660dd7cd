#pragma once
// Which format is this? By content first, then by the ending of the name. Thread-safe.

#include <string>
#include <string_view>

#include "molbridge/spectra/reader.hpp"

namespace molbridge::spectra {

inline constexpr std::size_t kSniffBytes = std::size_t{64} << 10;

/// Format of the first bytes (decompressed) of a source, kAuto when they fit none.
Format sniff_content(std::string_view head);
/// Format of a file name ending, ".gz" taken off; kAuto when it fits none or several.
Format sniff_name(std::string_view path);
/// NUL bytes or many control characters: no text format.
bool looks_binary(std::string_view head);

}  // namespace molbridge::spectra
