#pragma once
// Pairs as a retrieval task: queries, what is ranked for them, and what is right. Private to the service.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/corpus/pairs.hpp"
#include "molbridge/service/pair_scorer.hpp"

namespace molbridge::service {

/// A row of the evaluated fold: asks for its molecule by its text, and for its text by its molecule. Indices into the gallery.
struct PairQuery {
  std::size_t row = 0;  ///< of the table
  std::size_t text = 0;
  std::size_t molecule = 0;
  std::size_t target = 0;  ///< PairTask::kNoTarget
};

/// Right answers come from all rows of the table whose molecule and text are in the gallery, whatever their fold.
struct PairTask {
  static constexpr std::size_t kNoTarget = static_cast<std::size_t>(-1);
  std::vector<PairQuery> queries;
  std::vector<std::string> texts;       ///< distinct
  std::vector<PairMolecule> molecules;  ///< distinct by InChIKey block; decoys last
  std::uint64_t decoys = 0;             ///< of the molecules
  std::vector<std::string> targets;     ///< distinct
  using Lists = std::vector<std::vector<std::size_t>>;
  Lists molecules_of_text, texts_of_molecule, molecules_of_target, texts_of_target;  ///< ascending, distinct
};

/// `fold`: of the queries, "" for all rows; `whole_gallery`: all rows give molecules and texts, not those of the fold alone.
PairTask make_pair_task(const corpus::PairTable& table, const std::string& fold, bool whole_gallery);

/// Molecules drawn from a bank that are not in the gallery yet. Errors: kUsage when the bank has too few.
void add_decoys(PairTask& task, const bank::Bank& bank, std::uint64_t count, std::uint64_t seed);

}  // namespace molbridge::service
