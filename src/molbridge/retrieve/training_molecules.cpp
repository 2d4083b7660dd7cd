#include "molbridge/retrieve/training_molecules.hpp"

#include "molbridge/core/text.hpp"

namespace molbridge::retrieve {
namespace {

constexpr const char* kTrainingMoleculesFile = "training_molecules.tsv";

}  // namespace

std::vector<TrainingMolecule> read_training_molecules(const nn::ModelFolder& folder) {
  const std::string path = folder.side_file(kTrainingMoleculesFile);
  const std::string text = read_text_file(path);
  std::vector<TrainingMolecule> molecules;
  std::uint64_t line_number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++line_number;
    if (line_number == 1 || line.empty()) continue;
    const auto cells = split(line, '\t');
    if (cells.size() != 2) throw Error(ErrorCode::kModel, "expected inchikey14 and smiles").at_line(path, line_number);
    molecules.push_back({std::string(cells[0]), std::string(cells[1])});
  }
  return molecules;
}

}  // namespace molbridge::retrieve
