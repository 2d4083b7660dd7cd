#pragma once
// Items that a search is about, from files or the command line: texts or molecules, as queries or as what is ranked. Private to the service.

#include <cstdint>
#include <string>
#include <vector>

namespace molbridge::service {

struct QueryItem {
  std::string id;
  std::string content;  ///< text or SMILES, as given
  std::string source;   ///< file; "" for an argument
  std::uint64_t line = 0;
  std::string failure;  ///< why it has no content, "" where it has
};

/// Ids are numbers from 1.
std::vector<QueryItem> items_of_arguments(const std::vector<std::string>& contents);

/// Texts of a file, plain or gzip, "-" for standard input. A table with a header that has a text column (`column`, else query_text, text, query,
/// description, caption, sentence), id from id, query_id, pair_id, else the line; otherwise a text per line, or "id TAB text". Empty lines are items, too.
/// Errors: kInput when it cannot be read or lacks the named column.
std::vector<QueryItem> read_text_items(const std::string& path, const std::string& column = "");
/// Molecules of a structure file (docs/formats/molecules.md).
std::vector<QueryItem> read_molecule_items(const std::string& path);

}  // namespace molbridge::service
