#pragma once
// The last step of every reader: decides whether a parsed record is a spectrum or a skipped one, by the same rules for all
// formats. Values only; thread-safe.

#include <string>

#include "molbridge/spectra/reader.hpp"

namespace molbridge::spectra {

/// Limits beyond which a number cannot be a measurement; they keep later arithmetic (bins, sums of squares) in range.
inline constexpr double kMaxMz = 1e6;
inline constexpr double kMaxIntensity = 1e30;

/// Sorts the peaks (and their annotations with them) by m/z and checks them. `spectrum` has index, source, line, fields and the
/// typed members set; an empty id becomes "index=<index>". The record is skipped, in this order, when it has: no peaks; more than
/// options.max_peaks; an m/z that is not finite, <= 0 or > kMaxMz; an intensity that is not finite, negative or > kMaxIntensity;
/// only zero intensities; profile data (detected, or `declared_profile` by the file), unless the options say otherwise.
///
/// Does not look at ms_level: readers pass over level 1 (and count it) before they call this.
/// Requires peak_annotations to be empty or as long as peaks.
/// Cost     one pass, and a sort only when the peaks are not in order.
Record finish_record(Spectrum spectrum, const ReadOptions& options, bool declared_profile = false);

/// The skipped record of what could be parsed of `spectrum`.
SkippedSpectrum skip(const Spectrum& spectrum, std::string reason);

/// Where the input breaks off: `what` is one sentence. damaged_input is set.
SkippedSpectrum damaged(const Spectrum& spectrum, std::string what);

}  // namespace molbridge::spectra
