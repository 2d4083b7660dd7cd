#include "molbridge/train/molecule_rows.hpp"

#include <algorithm>
#include <optional>

#include "molbridge/chem/columns.hpp"
#include "molbridge/chem/delimited.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/chem/reader.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::train {
namespace {

constexpr std::uint64_t kRowsBetweenLooks = 4096;  // at interrupts and at the progress
constexpr std::size_t kKeyBlock = 14;

struct StatedColumns {
  std::size_t smiles = 0, inchikey = 0;
  std::optional<std::size_t> formula;
  std::size_t last() const { return std::max({smiles, inchikey, formula.value_or(0)}); }
};

std::optional<std::size_t> find_column(const std::vector<std::string>& header,
                                       std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (chem::normalize_column(header[i]) == name) return i;
    }
  }
  return std::nullopt;
}

StatedColumns find_columns(const std::vector<std::string>& header, bool formulas, const LineSource& lines) {
  constexpr std::string_view kKeys[] = {"inchikey1", "inchikey14", "inchikeyfirstblock", "inchikey"};
  constexpr std::string_view kFormulas[] = {"molecularformula", "formula"};
  const auto smiles = chem::map_columns(header, {}, lines.name(), lines.line_number()).smiles;
  const auto key = find_column(header, kKeys), formula = find_column(header, kFormulas);
  const char* missing = !smiles ? "SMILES" : !key ? "InChIKey" : formulas && !formula ? "MolecularFormula" : nullptr;
  if (missing == nullptr) return {*smiles, *key, formulas ? formula : std::nullopt};
  throw Error(ErrorCode::kInput, std::string("no column ") + missing + "; found: " + chem::list_columns(header))
      .at_line(lines.name(), lines.line_number())
      .remedy("data.standardized = true needs it; false computes it from the SMILES.");
}

/// Counts rows over all files, and looks up now and then.
class RowCount {
 public:
  explicit RowCount(Progress& progress) : progress_(progress) { progress.start("reading molecules", 0, "molecules"); }
  ~RowCount() { progress_.finish(); }
  void next() {
    if (++count_ % kRowsBetweenLooks != 0) return;
    check_interrupt();
    progress_.advance(count_);
  }

 private:
  Progress& progress_;
  std::uint64_t count_ = 0;
};

std::string molblock_smiles(const std::string& block, std::string& failure) {
  const auto molecule = chem::Molecule::from_molblock(block);
  if (molecule) return molecule->smiles();
  failure = molecule.reason();
  return "";
}

std::string take_fields(std::vector<std::string>& fields, const StatedColumns& columns, MoleculeTableRow& row) {
  if (fields.size() <= columns.last()) return "too few columns";
  row.smiles = std::move(fields[columns.smiles]);
  row.inchikey14 = fields[columns.inchikey].substr(0, kKeyBlock);
  row.formula = columns.formula ? std::move(fields[*columns.formula]) : "";
  if (row.smiles.empty()) return "no SMILES";
  return row.inchikey14.size() == kKeyBlock ? "" : "no InChIKey";
}

void read_stated_file(const std::string& file, bool formulas, RowCount& count, const RowVisitor& visit) {
  const auto lines = LineSource::open(file);
  std::string header_line;
  if (!lines->next_line(header_line)) throw Error(ErrorCode::kInput, "is empty: no header line").in_file(file);
  const char delimiter = chem::sniff_delimiter(header_line);
  const StatedColumns columns = find_columns(chem::split_line(header_line, delimiter), formulas, *lines);
  chem::RecordSource records(*lines, delimiter);
  MoleculeTableRow row{.file = &file};
  while (auto record = records.next()) {
    count.next();
    row.line = record->line;
    visit(row, take_fields(record->fields, columns, row));
  }
}

}  // namespace

void read_molecule_rows(const std::vector<std::string>& files, Progress& progress, const RowVisitor& visit) {
  RowCount count(progress);
  for (const std::string& file : files) {
    const auto reader = chem::open_molecules(file);
    while (auto given = reader->next()) {
      count.next();
      MoleculeTableRow row{.smiles = std::move(given->smiles), .file = &file, .line = given->line};
      std::string failure = given->failure.value_or("");
      if (!given->molblock.empty()) row.smiles = molblock_smiles(given->molblock, failure);
      visit(row, failure);
    }
  }
}

void read_stated_rows(const std::vector<std::string>& files, bool formulas, Progress& progress,
                      const RowVisitor& visit) {
  RowCount count(progress);
  for (const std::string& file : files) read_stated_file(file, formulas, count, visit);
}

}  // namespace molbridge::train
