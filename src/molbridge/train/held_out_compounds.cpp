// Which compounds stand in files that will be evaluated.

#include <array>
#include <unordered_set>
#include <variant>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/spectra/reader.hpp"
#include "molbridge/train/molecule_rows.hpp"
#include "molbridge/train/molecule_set.hpp"

namespace molbridge::train {
namespace {

bool is_molecule_file(std::string_view path) {
  std::string name = to_lower(path);
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  constexpr std::array<std::string_view, 6> kEndings = {".tsv", ".csv", ".smi", ".smiles", ".sdf", ".mol"};
  for (const std::string_view ending : kEndings) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

using Structures = std::unordered_set<std::string>;  // SMILES as written

void read_spectra(const std::string& file, Progress& progress, Structures& structures) {
  const auto reader = spectra::open_spectra(file, {.refuse_profile = false});
  progress.start("reading " + file, 0, "spectra");
  std::uint64_t count = 0;
  while (auto record = reader->next()) {
    check_interrupt();
    progress.advance(++count);
    if (const auto* skipped = std::get_if<spectra::SkippedSpectrum>(&*record)) {
      if (skipped->damaged_input)
        throw Error(ErrorCode::kInput, skipped->reason).at_line(skipped->source, skipped->line);
      continue;
    }
    const std::string_view smiles = std::get<spectra::Spectrum>(*record).field("smiles");
    if (!smiles.empty()) structures.emplace(smiles);
  }
  progress.finish();
}

void read_structures(const std::string& file, Progress& progress, Structures& structures) {
  if (is_molecule_file(file)) {
    read_molecule_rows({file}, progress, [&](MoleculeTableRow& row, const std::string& failure) {
      if (failure.empty()) structures.insert(std::move(row.smiles));
    });
  } else {
    read_spectra(file, progress, structures);
  }
  if (!structures.empty()) return;
  throw Error(ErrorCode::kUsage, "holds no structure, so nothing of it can be left out")
      .in_file(file)
      .remedy("data.exclude names molecules, or spectra with a SMILES field.");
}

}  // namespace

HeldOutCompounds held_out_compounds(const std::vector<std::string>& files, bool with_formulas, std::size_t threads,
                                    Progress& progress) {
  HeldOutCompounds compounds;
  for (const std::string& file : files) {
    Structures structures;
    read_structures(file, progress, structures);
    const std::vector<std::string> smiles(structures.begin(), structures.end());
    std::vector<std::pair<std::string, std::string>> found(smiles.size());
    parallel_for(smiles.size(), threads, 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto molecule = chem::standardize(smiles[i]);
        if (!molecule) continue;
        if (with_formulas) found[i].second = molecule->formula().hill();
        if (auto key = chem::inchikey14(*molecule)) found[i].first = *key;
      }
    });
    for (auto& [key, formula] : found) {
      if (!key.empty()) compounds.inchikeys.insert(std::move(key));
      if (!formula.empty()) compounds.formulas.insert(std::move(formula));
    }
  }
  return compounds;
}

}  // namespace molbridge::train
