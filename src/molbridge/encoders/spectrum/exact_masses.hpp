#pragma once
// A vocabulary of exact masses: the m/z values (or neutral losses) at which peaks of many training molecules gather, and how near a peak
// lies to them. Bins alone give away what an instrument measures finer than their width, and cut clusters at their borders.
//
// The scale is warped so that one unit is one tolerance anywhere: max(floor, ppm) in m/z. A peak speaks for the vocabulary masses within
// 2.5 units of it, with the weight exp(-d^2 / 2) of its distance d in units.

#include <cstdint>
#include <vector>

namespace molbridge::encoders {

/// One unit in Th at m: max(floor, m * ppm * 1e-6). Threads: const use is safe.
class MassScale {
 public:
  /// ppm 0: the floor everywhere. Requires floor > 0, ppm >= 0.
  MassScale(double floor, double ppm);
  /// Distance from 0 in units; rises with `mass`. Requires mass >= 0.
  double units(double mass) const;

 private:
  double floor_, relative_, border_;  ///< border: mass from which on the relative tolerance is the larger one
};

class ExactMasses {
 public:
  /// `masses` ascending, Th.
  ExactMasses(const MassScale& scale, std::vector<double> masses);

  struct Match {
    std::int32_t index;  ///< into masses()
    float weight;        ///< exp(-d^2 / 2), at least 0.04
  };
  /// Calls nothing for masses that are near none. Appends, ascending by index.
  void match(double mass, std::vector<Match>& out) const;

  const std::vector<double>& masses() const { return masses_; }

 private:
  MassScale scale_;
  std::vector<double> masses_, units_;
};

/// Finds the vocabulary: the masses near which most molecules (not spectra) have a peak, none within 2 units of another. Deterministic.
/// Cost: memory of 16 bytes per peak added.
class ExactMassBuilder {
 public:
  explicit ExactMassBuilder(const MassScale& scale) : scale_(scale) {}
  void add(double mass, std::uint64_t molecule);
  /// At most `limit` masses, each seen in at least `min_molecules`.
  ExactMasses build(std::size_t limit, std::size_t min_molecules) const;

 private:
  struct Entry {
    std::int32_t cell;
    std::uint32_t molecule;
    double mass;
  };
  MassScale scale_;
  std::vector<Entry> entries_;
};

}  // namespace molbridge::encoders
