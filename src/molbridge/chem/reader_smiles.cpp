// SMILES files: one structure per line, its name behind blanks or a tab.

#include <string>
#include <utility>

#include "molbridge/chem/columns.hpp"
#include "molbridge/chem/readers.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::chem {
namespace {

class SmilesReader : public MoleculeReader {
 public:
  explicit SmilesReader(std::unique_ptr<LineSource> lines) : lines_(std::move(lines)) {}

  std::optional<MoleculeRow> next() override {
    while (lines_->next_line(text_)) {
      const std::string_view line = trim(text_);
      if (line.empty() || line.front() == '#') continue;
      if (!seen_first_ && std::exchange(seen_first_, true) == false && is_smiles_header(line)) continue;
      return row(line);
    }
    return std::nullopt;
  }
  std::uint64_t bytes_read() const override { return lines_->bytes_read(); }
  std::uint64_t bytes_total() const override { return lines_->bytes_total(); }

 private:
  MoleculeRow row(std::string_view line) const {
    MoleculeRow row{.line = lines_->line_number()};
    std::size_t end = line.find_first_of(" \t");
    const std::size_t extension = line.find_first_not_of(" \t", end);
    if (end != std::string_view::npos && line[extension] == '|') {  // ChemAxon extension: "CCO |...| name"
      const std::size_t close = line.find('|', extension + 1);
      if (close != std::string_view::npos) {
        row.smiles =
            std::string(line.substr(0, end)) + " " + std::string(line.substr(extension, close + 1 - extension));
        row.name = clean_text(line.substr(close + 1));
        return row;
      }
    }
    row.smiles = line.substr(0, end);
    if (end != std::string_view::npos) row.name = clean_text(line.substr(end));
    return row;
  }

  std::unique_ptr<LineSource> lines_;
  std::string text_;
  bool seen_first_ = false;
};

}  // namespace

std::unique_ptr<MoleculeReader> make_smiles_reader(std::unique_ptr<LineSource> lines, const MoleculeReadOptions&) {
  return std::make_unique<SmilesReader>(std::move(lines));
}

}  // namespace molbridge::chem
