#pragma once
// Where the files that travel with molbridge stand: beside the sources it was built from, or below the prefix it was installed to.

#include <string>
#include <vector>

namespace molbridge::service {

/// Folders that may hold "models" and "examples": those above the executable (build/release/molbridge -> the source tree),
/// "../share/molbridge" beside it, and the current folder. Nearest first, absolute.
std::vector<std::string> installation_roots();

/// First root that has `relative` ("models/fingerprint-ffn"), as a path; "" when none has.
std::string find_shipped(const std::string& relative);

}  // namespace molbridge::service
