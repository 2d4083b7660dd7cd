#pragma once
// Drug mechanisms of ChEMBL as pairs of a molecule and a text. Format page: docs/pairs.md, "ChEMBL".
//
// Takes what users get: exports of the web page (semicolons, quoted), dumps of the tables drug_mechanism, molecule and target (CSV, TSV), and pages of
// the web API as JSON (/mechanism, /molecule, /target); plain or gzip. Structures and target names may stand in the rows of the
// mechanisms or in files of their own.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/corpus/pairs.hpp"

namespace molbridge::corpus {

/// Several files each where an export comes in pages.
struct ChemblFiles {
  std::vector<std::string> mechanisms;
  std::vector<std::string> molecules;
  std::vector<std::string> targets;
};

/// One drug (flat structure) and one target: columns as in docs/pairs.md.
struct DrugTargetPair {
  std::string inchikey14, smiles, drug_name, drug_ids;  ///< ids joined by |
  std::string target_key, target_name, gene_symbol, uniprot, target_chembl_id, target_type, organism;
  std::string mechanism_of_action, mechanism_other, action_type, max_phase;
  std::string query_text, query_short;  ///< names of the drug masked
  bool masked = false;                  ///< query_text held a name
  std::string scaffold, fold_random, fold_scaffold;
};

struct ChemblSkip {
  std::string where;  ///< "file:line", for JSON "file, entry 3"
  std::string reason;
};

struct ChemblTable {
  std::vector<DrugTargetPair> pairs;  ///< by InChIKey block, then target
  std::uint64_t rows = 0;             ///< of mechanisms
  std::uint64_t merged = 0;           ///< rows that joined the pair of an earlier one
  std::vector<ChemblSkip> skipped;    ///< rows + these: rows == pairs + merged + skipped
  std::uint64_t masked = 0;
};

/// A row is skipped, with its reason, that has no structure (biologics), no target, no mechanism or "Unknown", or a structure that cannot
/// be used. Same result with any number of threads. Errors: kInput: a file that cannot be read or lacks its key columns.
ChemblTable read_chembl(const ChemblFiles& files, std::size_t threads, Progress& progress);

/// "Mechanism. Target: NAME, gene SYMBOL. Organism: X. Action: y." The short one ends with the target. Human is not said; empty parts
/// are left out. Names are not masked here.
std::string drug_target_text(const DrugTargetPair& pair, bool with_details);

/// A table that read_pairs() takes.
std::string drug_target_tsv(const ChemblTable& table);

}  // namespace molbridge::corpus
