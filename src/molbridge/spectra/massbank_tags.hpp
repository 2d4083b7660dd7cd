#pragma once
// Tags of the MassBank record format 2.6 that are divided into sub-tags. Thread-safe.

#include <array>
#include <string_view>

namespace molbridge::spectra {

/// "AC$MASS_SPECTROMETRY: MS_TYPE MS2" is the field "AC$MASS_SPECTROMETRY:MS_TYPE" with the value "MS2".
inline bool has_subtags(std::string_view tag) {
  constexpr std::array<std::string_view, 7> kTags = {"CH$LINK",           "SP$LINK",        "AC$MASS_SPECTROMETRY",
                                                     "AC$GENERAL",        "MS$FOCUSED_ION", "AC$CHROMATOGRAPHY",
                                                     "MS$DATA_PROCESSING"};
  for (const std::string_view known : kTags) {
    if (tag == known) return true;
  }
  return false;
}

}  // namespace molbridge::spectra
