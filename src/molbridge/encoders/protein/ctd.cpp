// Composition, transition, distribution.

#include <algorithm>
#include <array>

#include "molbridge/encoders/protein/descriptor.hpp"
#include "molbridge/encoders/protein/residues.hpp"

namespace molbridge::encoders {
namespace {

using Classes = std::array<std::string_view, 3>;
constexpr std::array<Classes, 7> kProperties = {{
    {"RKEDQN", "GASTPHY", "CLVIMFW"},  // hydrophobicity: polar, neutral, hydrophobic
    {"GASTPDC", "NVEQIL", "MHKFRYW"},  // normalised van der Waals volume
    {"LIFWCMVY", "PATGS", "HQRKNED"},  // polarity
    {"GASDT", "CPNVEQIL", "KMHFRYW"},  // polarizability
    {"KR", "ANCQGHILMFPSTWYV", "DE"},  // charge: positive, neutral, negative
    {"EALMQKRH", "VIYCWFT", "GNPSD"},  // secondary structure: helix, strand, coil
    {"ALFCGIVW", "RKQEND", "MPSTHY"},  // solvent accessibility: buried, exposed, intermediate
}};
constexpr std::array<std::array<int, 2>, 3> kChanges = {{{0, 1}, {0, 2}, {1, 2}}};
constexpr std::array<double, 5> kQuantiles = {0, 0.25, 0.5, 0.75, 1};
constexpr std::size_t kTransitions = 21, kDistribution = 42, kWidth = 147;

/// What one property says of a sequence: 3 shares, 3 changes, 15 positions.
struct PropertyProfile {
  std::array<double, 3> shares{}, changes{};
  std::array<double, 15> positions{};
};

std::size_t change_index(std::int8_t a, std::int8_t b) {
  return static_cast<std::size_t>(std::min(a, b) + std::max(a, b) - 1);  // 0-1, 0-2, 1-2
}

/// Positions of a class, counted from 1 over the whole sequence: first, 25 %, 50 %, 75 % and last of them, as shares of the length.
void place_quantiles(std::span<const std::size_t> places, std::size_t length, std::span<double> out) {
  if (places.empty()) return;
  for (std::size_t q = 0; q < kQuantiles.size(); ++q) {
    const auto nth = static_cast<std::size_t>(kQuantiles[q] * static_cast<double>(places.size()));
    out[q] = static_cast<double>(places[std::max<std::size_t>(nth, 1) - 1]) / static_cast<double>(length);
  }
}

PropertyProfile profile_of(std::span<const std::int8_t> residues,
                           const std::array<std::int8_t, kNumResidues>& class_of) {
  PropertyProfile profile;
  std::array<std::vector<std::size_t>, 3> places;
  double known = 0, pairs = 0;
  std::int8_t before = -1;
  for (std::size_t i = 0; i < residues.size(); ++i) {
    const std::int8_t now = residues[i] < 0 ? std::int8_t{-1} : class_of[static_cast<std::size_t>(residues[i])];
    if (now >= 0) {
      known += 1;
      places[static_cast<std::size_t>(now)].push_back(i + 1);
    }
    if (now >= 0 && before >= 0) pairs += 1;
    if (now >= 0 && before >= 0 && now != before) profile.changes[change_index(now, before)] += 1;
    before = now;
  }
  for (std::size_t c = 0; c < 3; ++c) {
    profile.shares[c] = static_cast<double>(places[c].size()) / std::max(known, 1.0);
    profile.changes[c] /= std::max(pairs, 1.0);
    place_quantiles(places[c], residues.size(), std::span(profile.positions).subspan(c * 5, 5));
  }
  return profile;
}

PropertyProfile expected_profile(const Classes& classes) {
  const std::vector<double> background = class_background(classes);
  PropertyProfile profile;
  for (std::size_t c = 0; c < 3; ++c) {
    const auto [a, b] = kChanges[c];
    profile.shares[c] = background[c];
    profile.changes[c] = 2 * background[static_cast<std::size_t>(a)] * background[static_cast<std::size_t>(b)];
    std::copy(kQuantiles.begin(), kQuantiles.end(), profile.positions.begin() + static_cast<std::ptrdiff_t>(c * 5));
  }
  return profile;
}

class Ctd : public ProteinBlock {
 public:
  explicit Ctd(bool less_expected) {
    for (std::size_t p = 0; p < kProperties.size(); ++p) {
      class_of_[p] = residue_classes(kProperties[p]);
      if (less_expected) expected_[p] = expected_profile(kProperties[p]);
    }
  }

  std::uint64_t width() const override { return kWidth; }
  void encode(std::span<const std::int8_t> residues, std::span<float> out) const override {
    for (std::size_t p = 0; p < kProperties.size(); ++p) {
      const PropertyProfile profile = profile_of(residues, class_of_[p]);
      const PropertyProfile& expected = expected_[p];
      put(profile.shares, expected.shares, out.subspan(p * 3));
      put(profile.changes, expected.changes, out.subspan(kTransitions + p * 3));
      put(profile.positions, expected.positions, out.subspan(kDistribution + p * 15));
    }
  }

 private:
  static void put(std::span<const double> found, std::span<const double> expected, std::span<float> out) {
    for (std::size_t i = 0; i < found.size(); ++i) out[i] = static_cast<float>(found[i] - expected[i]);
  }

  std::array<std::array<std::int8_t, kNumResidues>, 7> class_of_;
  std::array<PropertyProfile, 7> expected_;
};

}  // namespace

std::unique_ptr<ProteinBlock> make_ctd(bool less_expected) { return std::make_unique<Ctd>(less_expected); }

}  // namespace molbridge::encoders
