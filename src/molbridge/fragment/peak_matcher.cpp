#include "molbridge/fragment/peak_matcher.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace molbridge::fragment {
namespace {

const double kHydrogenMass = *mass::nuclide_mass({1, 0});

/// Masses of fragments ascending, equal ones by index, with the place where each whole u begins: sorting and search by halves cost more than all else.
class SortedMasses {
 public:
  explicit SortedMasses(const std::vector<Fragment>& fragments) : entries_(fragments.size()) {
    if (fragments.empty()) return;
    double lightest = fragments[0].mass, heaviest = lightest;
    for (const Fragment& fragment : fragments) {
      lightest = std::min(lightest, fragment.mass);
      heaviest = std::max(heaviest, fragment.mass);
    }
    low_ = std::floor(lightest);
    begin_.assign(static_cast<std::size_t>(std::floor(heaviest) - low_) + 2, 0);
    for (const Fragment& fragment : fragments) ++begin_[bucket(fragment.mass) + 1];
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    std::vector<std::uint32_t> next(begin_.begin(), begin_.end() - 1);
    for (std::uint32_t i = 0; i < fragments.size(); ++i) insert(next, fragments[i].mass, i);
  }

  struct Entry {
    double mass;
    std::uint32_t fragment;
  };
  /// Calls `visit` with every entry of a mass within [low, high], ascending.
  template <typename Visit>
  void for_each_within(double low, double high, const Visit& visit) const {
    if (entries_.empty() || !(high >= low_ && low < low_ + static_cast<double>(begin_.size() - 1))) return;
    std::size_t at = low < low_ ? 0 : begin_[bucket(low)];
    while (at < entries_.size() && entries_[at].mass < low) ++at;
    for (; at < entries_.size() && entries_[at].mass <= high; ++at) visit(entries_[at]);
  }

 private:
  std::size_t bucket(double mass) const { return static_cast<std::size_t>(mass - low_); }
  /// Into its place among those of the same u that came before.
  void insert(std::vector<std::uint32_t>& next, double mass, std::uint32_t fragment) {
    const std::size_t first = begin_[bucket(mass)];
    std::size_t at = next[bucket(mass)]++;
    for (; at > first && entries_[at - 1].mass > mass; --at) entries_[at] = entries_[at - 1];
    entries_[at] = {mass, fragment};
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> begin_;  // [u from the lightest to the heaviest, + 1]
  double low_ = 0;
};

}  // namespace

IonContext IonContext::of(const mass::Adduct& adduct) {
  IonContext context;
  context.charge_sign = adduct.charge() > 0 ? 1 : -1;
  for (const char* symbol : {"Na", "K", "Li"}) {
    if (adduct.gained().count(symbol) != 1) continue;
    context.metal = *mass::atomic_number(symbol);
    context.metal_mass = *mass::nuclide_mass({context.metal, 0});
  }
  return context;
}

double ion_mz(const Fragment& fragment, int channel, const IonContext& context) {
  const double metal = channel < kHydrogenShifts ? 0 : context.metal_mass;
  return fragment.mass + metal + shift_of_channel(channel) * kHydrogenMass - context.charge_sign * mass::kElectronMass;
}

std::vector<PeakMatch> match_peaks(const Fragmentation& fragmentation, std::span<const double> peak_mz,
                                   const IonContext& context, const MatchOptions& options) {
  std::vector<PeakMatch> out;
  if (peak_mz.empty()) return out;
  const SortedMasses masses(fragmentation.fragments);
  const int channels = context.metal_mass > 0 ? kChannels : kHydrogenShifts;
  for (std::uint32_t peak = 0; peak < peak_mz.size(); ++peak) {
    const double mz = peak_mz[peak], window = std::max(options.min_da, mz * options.ppm * 1e-6);
    for (int channel = 0; channel < channels; ++channel) {
      const double offset = ion_mz({}, channel, context);
      masses.for_each_within(mz - offset - window, mz - offset + window, [&](const SortedMasses::Entry& entry) {
        const Fragment& fragment = fragmentation.fragments[entry.fragment];
        if (fragment.hydrogens() + shift_of_channel(channel) < 0) return;
        const double error = (mz - offset - entry.mass) / mz * 1e6;
        out.push_back({peak, entry.fragment, static_cast<std::uint8_t>(channel), static_cast<float>(error)});
      });
    }
  }
  return out;
}

}  // namespace molbridge::fragment
