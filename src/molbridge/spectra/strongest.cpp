#include "molbridge/spectra/strongest.hpp"

#include <algorithm>

namespace molbridge::spectra {

void keep_strongest(std::vector<Peak>& peaks, std::size_t most) {
  if (peaks.size() <= most) return;
  std::sort(peaks.begin(), peaks.end(), [](const Peak& a, const Peak& b) {
    return a.intensity != b.intensity ? a.intensity > b.intensity : a.mz < b.mz;
  });
  peaks.resize(most);
  std::sort(peaks.begin(), peaks.end(), [](const Peak& a, const Peak& b) { return a.mz < b.mz; });
}

}  // namespace molbridge::spectra
