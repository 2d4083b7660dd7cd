#pragma once
// What a candidate has in common with known molecules whose spectra are like that of the query, as features of the second stage. The known ones are the
// bridge's (retrieve/analogs.hpp), which has only a linear opinion of them.

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/retrieve/analogs.hpp"

namespace molbridge::rerank {

struct KnownAnalog {
  double similarity = 0;  ///< of the spectra, above 0, at most 1
  const chem::BitFingerprint* molecule = nullptr;
};

/// Of a candidate: largest similarity of spectra times that of structures; mean similarity of structures weighted by the square, and by the fourth
/// power, of that of spectra; similarity to the first analog. Zeros without analogs.
inline constexpr std::size_t kAnalogFeatures = 4;
/// Of a query: similarity of the first analog's spectrum, mean of the first five.
inline constexpr std::size_t kAnalogPoolFeatures = 2;

/// Threads: const use is safe.
class AnalogLibrary {
 public:
  /// `molecules` has the chem::circular fingerprints of the library's. Takes its peaks.
  AnalogLibrary(retrieve::SpectrumLibrary library, std::vector<chem::BitFingerprint> molecules);
  /// Of a bridge's folder; null where it has no library. Errors: kModel. Cost: 0.2 s of one thread for 4,700 molecules.
  static std::shared_ptr<const AnalogLibrary> read(const nn::ModelFolder& bridge);

  /// Best first.
  std::vector<KnownAnalog> find(const retrieve::SpectrumQuery& query) const;

 private:
  std::vector<chem::BitFingerprint> molecules_;
  retrieve::AnalogFinder finder_;
};

std::array<float, kAnalogFeatures> analog_features(std::span<const KnownAnalog> analogs,
                                                   const chem::BitFingerprint& candidate);
std::array<float, kAnalogPoolFeatures> analog_pool_features(std::span<const KnownAnalog> analogs);

}  // namespace molbridge::rerank
