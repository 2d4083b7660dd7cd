#pragma once
// From a spectrum as it was read to a query: which precursor, which adduct, which mass of the molecule, and what had to
// be assumed. Pure functions; thread-safe.

#include <optional>
#include <string>
#include <vector>

#include "molbridge/core/result.hpp"
#include "molbridge/mass/adduct.hpp"
#include "molbridge/mass/tolerance.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::retrieve {

/// Precursors beyond this are no molecule that this program ranks, and mostly a corrupt file. Th.
inline constexpr double kMaxPrecursorMz = 1e5;

struct QueryOptions {
  /// Of the measured precursor m/z around the theoretical one. Default 10 ppm; 5 for well calibrated Orbitrap data.
  mass::Tolerance tolerance = mass::Tolerance::ppm(10);
  /// Candidates are exactly the molecules of this formula; the precursor then is checked only.
  std::optional<mass::Formula> formula;
  /// Overrides what the spectra say.
  std::optional<mass::Adduct> adduct;
  /// For spectra that say nothing about their mode; kUnknown tries the usual adducts of both.
  mass::IonMode ion_mode = mass::IonMode::kUnknown;
};

/// One reading of the ion.
struct Hypothesis {
  mass::Adduct adduct;
  double neutral_mass = 0;  ///< u, of the atoms of one molecule (see mass::Adduct::mz)
};

struct Query {
  double precursor_mz = 0;  ///< Th; measured, or derived from formula and adduct
  bool precursor_measured = true;
  std::vector<Hypothesis> hypotheses;  ///< at least one; in the order in which they are to be named
  bool adduct_assumed = false;         ///< neither the spectrum nor the options name an adduct that can be used
  std::vector<std::string> notes;      ///< what was assumed or contradictory, one short sentence each
};

/// Rules, in this order:
///  - the adduct of the options; else that of the spectrum, if it can be read (a missing charge in it follows from the
///    mode); else the usual ones of the ion mode, which is the spectrum's, or its charge's sign, or the options', or both. A
///    charge of two or more assumes [M+zH]z+ or [M-zH]z-. With a formula and a precursor, those that fit it.
///  - a charge or mode that contradicts a named adduct loses, and a note says so.
///  - the precursor of the spectrum; else the one that follows from a formula (of the options, then of the spectrum)
///    and one named adduct.
/// Failure, with the remedy: no precursor, one outside (0, kMaxPrecursorMz], or too small for every adduct.
Result<Query> resolve_query(const spectra::Spectrum& spectrum, const QueryOptions& options);

}  // namespace molbridge::retrieve
