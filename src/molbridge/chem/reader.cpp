#include "molbridge/chem/reader.hpp"

#include <algorithm>
#include <array>

#include "molbridge/chem/columns.hpp"
#include "molbridge/chem/delimited.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/chem/readers.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::chem {
namespace {

constexpr std::size_t kHeadBytes = std::size_t{64} << 10;
constexpr std::string_view kFormats = "Structures are read from .smi, .csv, .tsv and .sdf files, each also as .gz.";

/// Ending without ".gz", lower case: "sdf".
std::string ending(const std::string& name) {
  std::string lower = to_lower(name);
  if (lower.ends_with(".gz")) lower.resize(lower.size() - 3);
  const std::size_t dot = lower.find_last_of("./");
  return dot == std::string::npos || lower[dot] == '/' ? std::string() : lower.substr(dot + 1);
}

bool is_any(std::string_view text, std::initializer_list<std::string_view> values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

void refuse_binary(const std::string& name, std::string_view head) {
  const auto control = [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return (code < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || code == 0x7f;
  };
  const auto count = static_cast<std::size_t>(std::count_if(head.begin(), head.end(), control));
  if (count * 50 <= head.size() && head.find('\0') == std::string_view::npos) return;
  throw Error(ErrorCode::kInput, "is binary, not a text file of structures")
      .in_file(name)
      .remedy(std::string(kFormats));
}

bool looks_like_sdf(std::string_view head) {
  return head.find("M  END") != std::string_view::npos || head.find(" V2000") != std::string_view::npos ||
         head.find(" V3000") != std::string_view::npos || head.find("$$$$") != std::string_view::npos;
}

/// The first line that is neither empty nor a comment; a comment that names columns counts.
std::string_view header_of(std::string_view head) {
  for (const std::string_view line : split(head, '\n')) {
    const std::string_view text = trim(line);
    if (text.empty() || (text.front() == '#' && !is_smiles_header(text))) continue;
    return text;
  }
  return {};
}

bool has_header_with_smiles(std::string_view line, const MoleculeReadOptions& options) {
  return has_smiles_column(split_line(line, sniff_delimiter(line)), options);
}

/// Whether at least half of the first lines begin with a word that is a structure.
bool looks_like_smiles(std::string_view head) {
  constexpr int kLines = 20;
  int lines = 0;
  int structures = 0;
  for (const std::string_view line : split(head, '\n')) {
    const auto words = split_whitespace(trim(line));
    if (words.empty() || words.front().front() == '#') continue;
    structures += static_cast<bool>(Molecule::from_smiles(words.front()));
    if (++lines == kLines) break;
  }
  return structures > 0 && 2 * structures >= lines;
}

}  // namespace

bool is_smiles_header(std::string_view line) {
  std::string_view text = trim(line);
  while (!text.empty() && text.front() == '#') text.remove_prefix(1);
  for (const std::string_view word : split_whitespace(text)) {
    const std::string column = normalize_column(word.substr(0, word.find_first_of(",;|")));
    const auto synonyms = smiles_synonyms();
    if (std::find(synonyms.begin(), synonyms.end(), column) != synonyms.end()) return true;
    break;
  }
  return has_smiles_column(split_line(text, sniff_delimiter(text)), {});
}

MoleculeFormat detect_format(const std::string& name, std::string_view head, const MoleculeReadOptions& options) {
  refuse_binary(name, head);
  if (trim(head).empty()) throw Error(ErrorCode::kInput, "is empty").in_file(name).remedy(std::string(kFormats));
  const std::string suffix = ending(name);
  if (is_any(suffix, {"sdf", "sd", "mol", "mdl"})) return MoleculeFormat::kSdf;
  if (is_any(suffix, {"smi", "smiles", "ism", "can"})) return MoleculeFormat::kSmiles;
  if (is_any(suffix, {"csv", "tsv", "tab", "psv"})) return MoleculeFormat::kDelimited;
  if (looks_like_sdf(head)) return MoleculeFormat::kSdf;
  const std::string_view header = header_of(head);
  if (has_header_with_smiles(header, options)) return MoleculeFormat::kDelimited;
  if (looks_like_smiles(head)) return MoleculeFormat::kSmiles;
  const bool other_markup = header.empty() || header.front() == '{' || header.front() == '<';  // JSON, XML
  if (!other_markup && split_line(header, sniff_delimiter(header)).size() > 1) return MoleculeFormat::kDelimited;
  throw Error(ErrorCode::kInput, "is not a file of structures in a known format")
      .in_file(name)
      .remedy(std::string(kFormats));
}

std::unique_ptr<MoleculeReader> make_reader(std::unique_ptr<LineSource> lines, const MoleculeReadOptions& options) {
  MoleculeFormat format = options.format;
  if (format == MoleculeFormat::kAuto) format = detect_format(lines->name(), lines->peek(kHeadBytes), options);
  switch (format) {
    case MoleculeFormat::kSdf: return make_sdf_reader(std::move(lines), options);
    case MoleculeFormat::kSmiles: return make_smiles_reader(std::move(lines), options);
    default: return make_delimited_reader(std::move(lines), options);
  }
}

std::unique_ptr<MoleculeReader> open_molecules(const std::string& path, const MoleculeReadOptions& options) {
  return make_reader(LineSource::open(path), options);
}

}  // namespace molbridge::chem
