#pragma once
// Which column or data field of a structure file means what. For chem, and for tables of texts in service.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/chem/reader.hpp"

namespace molbridge::chem {

/// Lower case without spaces, '_', '-', '.', '#' and brackets: "Pub_Chem CID" is "pubchemcid".
std::string normalize_column(std::string_view name);

/// Synonyms in normalised form, the preferred first.
std::span<const std::string_view> smiles_synonyms();
std::span<const std::string_view> name_synonyms();
std::span<const std::string_view> id_synonyms();
std::span<const std::string_view> source_synonyms();

struct ColumnMap {
  std::optional<std::size_t> smiles;
  std::optional<std::size_t> name;
  std::optional<std::size_t> id;
  std::optional<std::size_t> source;
};

/// Columns that `options` names must exist: throws kInput with the columns found (and the nearest one) otherwise. `smiles`
/// is empty where no column has that meaning; a column is given one meaning only.
ColumnMap map_columns(const std::vector<std::string>& header, const MoleculeReadOptions& options,
                      const std::string& file, std::uint64_t line);
/// The column called `wanted`, or, where that is empty, the first of the synonyms (normalised) that occurs. Errors: kInput for a
/// wanted column that is missing, with the columns found and the nearest one.
std::optional<std::size_t> find_column(const std::vector<std::string>& header, const std::string& wanted,
                                       std::span<const std::string_view> synonyms, const std::string& file,
                                       std::uint64_t line);
bool has_smiles_column(const std::vector<std::string>& header, const MoleculeReadOptions& options);
/// "found: id, mass, ..." for messages.
std::string list_columns(const std::vector<std::string>& header);

/// Text of a file as UTF-8: what is not UTF-8 is taken as Windows-1252 / Latin-1. Nothing else is changed.
std::string as_utf8(std::string_view text);
/// Text of a file as UTF-8: what is not UTF-8 is taken as Windows-1252 / Latin-1, as spreadsheets write it. Control characters
/// become spaces; ends trimmed; at most 1,000 bytes are kept.
std::string clean_text(std::string_view text);

}  // namespace molbridge::chem
