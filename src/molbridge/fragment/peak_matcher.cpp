#include "molbridge/fragment/peak_matcher.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace molbridge::fragment {
namespace {

const double kHydrogenMass = *mass::nuclide_mass({1, 0});

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
  std::vector<std::pair<double, std::uint32_t>> masses;
  masses.reserve(fragmentation.fragments.size());
  for (std::uint32_t i = 0; i < fragmentation.fragments.size(); ++i)
    masses.emplace_back(fragmentation.fragments[i].mass, i);
  std::sort(masses.begin(), masses.end());
  const int channels = context.metal_mass > 0 ? kChannels : kHydrogenShifts;
  for (std::uint32_t peak = 0; peak < peak_mz.size(); ++peak) {
    const double mz = peak_mz[peak], window = std::max(options.min_da, mz * options.ppm * 1e-6);
    for (int channel = 0; channel < channels; ++channel) {
      const double offset = ion_mz({}, channel, context);
      auto at = std::lower_bound(masses.begin(), masses.end(), std::pair(mz - offset - window, std::uint32_t{0}));
      for (; at != masses.end() && at->first <= mz - offset + window; ++at) {
        const Fragment& fragment = fragmentation.fragments[at->second];
        if (fragment.hydrogens() + shift_of_channel(channel) < 0) continue;
        const double error = (mz - offset - at->first) / mz * 1e6;
        out.push_back({peak, at->second, static_cast<std::uint8_t>(channel), static_cast<float>(error)});
      }
    }
  }
  return out;
}

}  // namespace molbridge::fragment
