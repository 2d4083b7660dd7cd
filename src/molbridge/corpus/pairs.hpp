#pragma once
// Pairs of a molecule and a text that speaks of it: what text bridges are trained and measured on. Format page: docs/pairs.md.
//
// A table with a header line, plain or gzip: tab-separated without quoting, or comma- and semicolon-separated by RFC 4180. Every structure
// goes through chem::standardize; a molecule is its InChIKey first block, computed here and never taken from the file.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/line_source.hpp"
#include "molbridge/core/progress.hpp"

namespace molbridge::corpus {

struct MoleculeTextPair {
  std::string id;          ///< "" where the file has none
  std::string inchikey14;  ///< computed
  std::string smiles;      ///< standardised
  std::string name;        ///< of the molecule, "" where unknown; never part of a query
  std::string target;      ///< key of the group that the text speaks of (a protein); "" where there is none
  std::string text;
  std::string fold;      ///< value of the fold column; "" where there is none
  std::string scaffold;  ///< as the file has it, "" where it has none
  std::string licence;
  std::uint64_t line = 0;
};

/// A row stays only where a column holds a value, or does not.
struct RowFilter {
  std::string column, value;  ///< the cell without blanks at its ends, case counts; "" is an empty cell
  bool equal = true;
};
/// "COLUMN=VALUE" or "COLUMN!=VALUE". Errors: kUsage.
RowFilter parse_row_filter(std::string_view text);

/// Columns are found by their usual names unless one is named.
struct PairReadOptions {
  std::string text_column;    ///< "": query_text, text, description, caption, sentence, else name
  std::string smiles_column;  ///< "": chem's usual names
  std::string id_column;
  std::string name_column;
  std::string target_column;  ///< "": target_key, target_id, target_chembl_id, class, target
  /// "": fold, split. Named by "COLUMN=VALUE" (parse_fold) where only one fold is wanted.
  std::string fold_column;
  std::string fold;              ///< "": all
  std::vector<RowFilter> where;  ///< all must hold
  std::size_t threads = 1;
};

/// "fold_scaffold=val" into fold_column and fold; "val" into fold alone; "" changes nothing. Errors: kUsage.
void parse_fold(const std::string& text, PairReadOptions& options);

struct SkippedPair {
  std::uint64_t line = 0;
  std::string reason;
};

/// Where something first happened, and how often.
struct Occurrences {
  std::uint64_t count = 0;
  std::uint64_t first_line = 0;
  std::string first;  ///< in words
};

struct PairTable {
  std::string file;
  std::vector<MoleculeTextPair> pairs;  ///< in the order of the file
  std::uint64_t rows = 0;               ///< pairs + skipped + other_folds + left_out
  std::vector<SkippedPair> skipped;
  std::uint64_t other_folds = 0;
  std::uint64_t left_out = 0;  ///< by `where`
  Occurrences not_utf8;        ///< rows with bytes that are no UTF-8; read as Latin-1
  Occurrences key_mismatch;    ///< rows whose inchikey column says another molecule than their structure
  /// Columns that were taken, for reports: "smiles", "query_text", ...; "" for none.
  std::string text_column, target_column, fold_column, name_column;
};

/// Cost: about 1 ms per distinct SMILES and thread. Same result with any number of threads. Errors: kInput when the file cannot be
/// read, has no column for structures or texts, lacks a named one, has no row of the wanted fold (the folds are named), or none that `where` leaves.
PairTable read_pairs(const std::string& path, const PairReadOptions& options, Progress& progress);
PairTable read_pairs(LineSource& lines, const PairReadOptions& options, Progress& progress);

}  // namespace molbridge::corpus
