#pragma once
// Several spectrum inputs one after the other, where one that cannot be opened does not stop the others.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/spectra/reader.hpp"

namespace molbridge::service {

/// Inputs that could not be opened, and why.
using FailedInputs = std::vector<std::pair<std::string, std::string>>;

/// Calls `read` for every input that opens. Errors: when none opens, that of the first; all but kInput at once.
FailedInputs for_each_input(const std::vector<std::string>& inputs, const spectra::ReadOptions& options,
                            const std::function<void(const std::string& input, spectra::SpectrumReader&)>& read);

}  // namespace molbridge::service
