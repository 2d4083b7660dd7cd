#include "molbridge/chem/columns.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "molbridge/core/text.hpp"

namespace molbridge::chem {
namespace {

constexpr std::size_t kMaxTextBytes = 1'000;
constexpr std::size_t kMaxListedColumns = 20;

// MetFrag LocalCSV and PubChemLite, PubChem, ChEMBL, COCONUT, LOTUS, NPAtlas, CompTox, ZINC, HMDB, MassSpecGym and our own.
constexpr std::array<std::string_view, 20> kSmiles = {
    "smiles",          "isomericsmiles",    "isosmiles",       "smilesisomeric",     "canonicalsmiles", "cansmiles",
    "smilescanonical", "compoundsmiles",    "structuresmiles", "moleculesmiles",     "molsmiles",       "smi",
    "smilesstring",    "rdkitsmiles",       "openeyesmiles",   "connectivitysmiles", "absolutesmiles",  "msreadysmiles",
    "qsarreadysmiles", "structuresmiles2d",
};
constexpr std::array<std::string_view, 19> kName = {
    "compoundname",  "name",        "title",       "preferredname",  "prefname",     "commonname",
    "genericname",   "cmpdname",    "compound",    "compoundnames",  "chemicalname", "moleculename",
    "compoundtitle", "displayname", "recordtitle", "systematicname", "iupacname",    "pubchemiupacname",
    "trivialname",
};
constexpr std::array<std::string_view, 27> kId = {
    "identifier", "id",
    "compoundid", "cid",
    "pubchemcid", "pubchemcompoundcid",
    "dtxsid",     "dtxcid",
    "chebiid",    "chembl",
    "chemblid",   "moleculechemblid",
    "hmdbid",     "databaseid",
    "accession",  "zincid",
    "keggid",     "lmid",
    "npaid",      "npatlasid",
    "coconutid",  "lotusid",
    "drugbankid", "sid",
    "molid",      "structurewikidata",
    "casrn",
};
constexpr std::array<std::string_view, 7> kSource = {
    "source", "database", "sourcedatabase", "databasename", "datasource", "dataset", "db",
};

std::optional<std::size_t> find_exact(const std::vector<std::string>& header, std::string_view wanted) {
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (header[i] == wanted) return i;
  }
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (iequals(header[i], wanted)) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> find_synonym(const std::vector<std::string>& header,
                                        std::span<const std::string_view> synonyms) {
  std::vector<std::string> names;
  for (const auto& column : header) names.push_back(normalize_column(column));
  for (const std::string_view synonym : synonyms) {
    const auto found = std::find(names.begin(), names.end(), synonym);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  return std::nullopt;
}

/// Length of the UTF-8 sequence at `text[i]`, 0 if there is none.
std::size_t utf8_length(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0U; };
  const unsigned int first = byte(i);
  const std::size_t length = first < 0x80             ? 1
                             : (first & 0xe0) == 0xc0 ? 2
                             : (first & 0xf0) == 0xe0 ? 3
                             : (first & 0xf8) == 0xf0 ? 4
                                                      : 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xc0) != 0x80) return 0;
  }
  const unsigned int second = byte(i + 1);
  const bool overlong =
      (length == 2 && first < 0xc2) || (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool out_of_range = (first == 0xed && second >= 0xa0) || first > 0xf4 || (first == 0xf4 && second >= 0x90);
  return overlong || out_of_range ? 0 : length;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      out += c;
    } else if (code < 0xa0) {
      out += ' ';  // C1 controls; Windows-1252 has typographic quotes here, which nothing depends on
    } else {
      out += static_cast<char>(0xc0 | (code >> 6));
      out += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  return out;
}

}  // namespace

std::string normalize_column(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

std::span<const std::string_view> smiles_synonyms() { return kSmiles; }
std::span<const std::string_view> name_synonyms() { return kName; }
std::span<const std::string_view> id_synonyms() { return kId; }
std::span<const std::string_view> source_synonyms() { return kSource; }

std::optional<std::size_t> find_column(const std::vector<std::string>& header, const std::string& wanted,
                                       std::span<const std::string_view> synonyms, const std::string& file,
                                       std::uint64_t line) {
  if (wanted.empty()) return find_synonym(header, synonyms);
  if (auto found = find_exact(header, wanted)) return found;
  Error error(ErrorCode::kInput, "no column '" + wanted + "'; found: " + list_columns(header));
  error.at_line(file, line);
  if (const auto close = nearest(wanted, header)) error.remedy("Did you mean '" + *close + "'?");
  throw error;
}

ColumnMap map_columns(const std::vector<std::string>& header, const MoleculeReadOptions& options,
                      const std::string& file, std::uint64_t line) {
  ColumnMap map;
  map.smiles = find_column(header, options.smiles_column, kSmiles, file, line);
  map.name = find_column(header, options.name_column, kName, file, line);
  map.id = find_column(header, options.id_column, kId, file, line);
  map.source = find_synonym(header, kSource);
  return map;
}

bool has_smiles_column(const std::vector<std::string>& header, const MoleculeReadOptions& options) {
  return options.smiles_column.empty() ? find_synonym(header, kSmiles).has_value()
                                       : find_exact(header, options.smiles_column).has_value();
}

std::string list_columns(const std::vector<std::string>& header) {
  std::vector<std::string> shown;
  for (const auto& column : header) {
    if (shown.size() == kMaxListedColumns) {
      shown.push_back("... (" + std::to_string(header.size()) + " columns)");
      break;
    }
    shown.push_back(clean_text(std::string_view(column).substr(0, 60)));
  }
  return join(shown, ", ");
}

std::string as_utf8(std::string_view text) { return is_utf8(text) ? std::string(text) : latin1_to_utf8(text); }

std::string clean_text(std::string_view text) {
  std::string out = as_utf8(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  if (out.size() > kMaxTextBytes) {
    std::size_t end = kMaxTextBytes;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
    out.resize(end);
  }
  return std::string(trim(out));
}

}  // namespace molbridge::chem
