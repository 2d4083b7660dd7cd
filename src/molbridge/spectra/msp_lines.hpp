#pragma once
// The two kinds of lines of an MSP record. Thread-safe.

#include <string>
#include <string_view>
#include <vector>

#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

struct MspPeak {
  Peak peak;
  std::string annotation;
};

/// "KEY: VALUE", split at the first colon, and at the second one where the key is a tag of MassBank with a sub-tag ("CH$LINK:CAS:
/// 64-17-5"). False when the line is no field.
bool split_msp_field(std::string_view text, std::string_view& key, std::string_view& value);

/// One or several peaks: pairs of numbers with blanks, tabs or any of ",;:()[]{}" around them, each pair perhaps followed by an
/// annotation in quotes; or one pair followed by a bare annotation. False when the line is not that.
bool parse_msp_peaks(std::string_view text, std::vector<MspPeak>& peaks);

}  // namespace molbridge::spectra
