#pragma once
// Controls of an evaluation: the same queries and pools with spectra that say nothing of the molecule. What a model still reaches then, it knows
// from mass, adduct and pool alone.

#include <cstdint>
#include <string>

#include "molbridge/service/evaluation_set.hpp"

namespace molbridge::service {

enum class Control {
  kNone,
  kShuffledSpectra,  ///< the peaks of another compound's spectrum of the same ion mode and nearly the same precursor
  kNoPeaks,          ///< one peak at the precursor: what the model believes without a spectrum
};
/// "none", "shuffled-spectra", "no-peaks". Errors: kUsage with the list.
Control parse_control(const std::string& text);
std::string control_text(Control control);

/// Changes the peaks of every answerable query and nothing else. Shuffled: the peaks come from the compound whose precursor m/z is nearest (of
/// equally near ones the first by InChIKey), from one of its spectra within 0.01 Th of the nearest, drawn by seed and query; peaks above the
/// query's own precursor are left out, and where nothing remains the next compound is taken. A query without precursor, or without any
/// such spectrum, is skipped with its reason, so it counts as a miss. Requires queries of one spectrum each.
void apply_control(EvaluationSet& set, Control control, std::uint64_t seed);

}  // namespace molbridge::service
