#pragma once
// Molecules of a split in the terms of its definitions. Private to the service.

#include <span>
#include <string>
#include <vector>

#include "molbridge/chem/mces.hpp"
#include "molbridge/eval/split.hpp"
#include "molbridge/service/split_inputs.hpp"

namespace molbridge::service {

/// What molecules of one group have in common: formula, InChIKey block, scaffold ("acyclic" for none), histogram ("acyclic" for none). Not for kMces.
std::vector<std::string> split_keys(eval::SplitBy by, std::span<const SplitMolecule> molecules, std::size_t threads);
std::vector<chem::McesGraph> mces_graphs(std::span<const SplitMolecule> molecules, std::size_t threads);
std::vector<chem::MurckoHistogram> murcko_histograms(std::span<const SplitMolecule> molecules, std::size_t threads);

}  // namespace molbridge::service
