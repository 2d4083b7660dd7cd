#pragma once
// A folder as one source of spectra. Not thread-safe.

#include <memory>
#include <string>

#include "molbridge/spectra/reader.hpp"

namespace molbridge::spectra {

/// All spectrum files below `path`, in the order of their paths; `index` counts through. See open_spectra for what is passed
/// over. Errors: kInput when there is no spectrum file.
std::unique_ptr<SpectrumReader> open_folder(const std::string& path, const ReadOptions& options);

}  // namespace molbridge::spectra
