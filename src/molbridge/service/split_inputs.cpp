#include "molbridge/service/split_inputs.hpp"

#include <optional>
#include <unordered_map>
#include <utility>

#include "molbridge/core/files.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/service/molecule_import.hpp"

namespace molbridge::service {
namespace {

/// A file as records of either kind; the reader that fits.
struct OpenedInput {
  std::unique_ptr<spectra::SpectrumReader> spectra;
  std::unique_ptr<chem::MoleculeReader> molecules;
};

std::unique_ptr<chem::MoleculeReader> open_table(const std::string& file, const SplitReadOptions& options) {
  chem::MoleculeReadOptions read;
  read.smiles_column = options.smiles_column;
  // The name of a row is its id unless the column of folds takes that place.
  if (!options.fold_column.empty()) read.id_column = options.fold_column;
  return chem::open_molecules(file, read);
}

OpenedInput open_input(const std::string& file, const SplitReadOptions& options) {
  OpenedInput input;
  const bool table = options.kind == "molecules" || (options.kind == "auto" && !options.smiles_column.empty());
  if (!table) {
    try {
      input.spectra = spectra::open_spectra(file, {.refuse_profile = false});
      return input;
    } catch (const Error& e) {
      // Standard input cannot be opened again to look for structures.
      if (options.kind == "spectra" || e.code() != ErrorCode::kInput || file == "-" || !file_exists(file)) throw;
    }
  }
  input.molecules = open_table(file, options);
  return input;
}

struct Structure {
  std::optional<SplitMolecule> molecule;
  std::string reason;
};

Structure parse(const chem::MoleculeRow& row) {
  const auto molecule = standardized_molecule(row, {});
  if (!molecule) return {std::nullopt, "structure not usable: " + molecule.reason()};
  const auto key = chem::inchikey14(*molecule);
  if (!key) return {std::nullopt, "structure not usable: " + key.reason()};
  return {SplitMolecule{*key, *molecule}, ""};
}

/// Records with the number of their distinct structure text in `molecule`, until finish().
class Collector {
 public:
  explicit Collector(const SplitReadOptions& options) : options_(options) {}

  void read(const std::string& file, Progress& progress) {
    const OpenedInput input = open_input(file, options_);
    inputs_.files.push_back(file);
    inputs_.are_spectra.push_back(input.spectra != nullptr);
    progress.start("reading " + file, 0, "records");
    if (input.spectra) {
      while (auto record = input.spectra->next()) {
        take(std::move(*record));
        step(progress);
      }
    } else {
      while (auto row = input.molecules->next()) {
        take(std::move(*row));
        step(progress);
      }
    }
    progress.finish();
  }

  SplitInputs finish(Progress& progress) {
    constexpr std::size_t kBlock = 1024;
    std::vector<Structure> parsed(structures_.size());
    progress.start("standardising", structures_.size(), "structures");
    for (std::size_t begin = 0; begin < parsed.size(); begin += kBlock) {
      check_interrupt();
      const std::size_t count = std::min(kBlock, parsed.size() - begin);
      parallel_for(count, options_.threads, 8, [&](std::size_t first, std::size_t last) {
        for (std::size_t k = begin + first; k < begin + last; ++k) parsed[k] = parse(structures_[k]);
      });
      progress.advance(begin + count);
    }
    progress.finish();
    for (SplitRecord& record : inputs_.records) assign(record, parsed);
    return std::move(inputs_);
  }

 private:
  void step(Progress& progress) {
    check_interrupt();
    progress.advance(inputs_.records.size());
  }

  SplitRecord& add(std::string id, std::uint64_t line) {
    inputs_.records.push_back(
        {.input = inputs_.files.size() - 1, .line = line, .id = std::move(id), .fold = "", .reason = ""});
    return inputs_.records.back();
  }

  void take(spectra::Record&& read) {
    if (const auto* skipped = std::get_if<spectra::SkippedSpectrum>(&read)) {
      add(skipped->id, skipped->line).reason = skipped->reason;
      return;
    }
    const auto& spectrum = std::get<spectra::Spectrum>(read);
    SplitRecord& record = add(spectrum.id, spectrum.line);
    record.fold = spectrum.field("fold");
    chem::MoleculeRow row;
    row.smiles = spectrum.field("smiles");
    if (row.smiles.empty()) {
      record.reason = "names no structure";
    } else {
      record.molecule = structure(std::move(row));
    }
  }

  void take(chem::MoleculeRow&& row) {
    const bool folds = !options_.fold_column.empty();
    const std::string& id = !folds && !row.id.empty() ? row.id : row.name;
    SplitRecord& record = add(id.empty() ? "line " + std::to_string(row.line) : id, row.line);
    if (folds) record.fold = row.id;
    if (row.failure) {
      record.reason = *row.failure;
      return;
    }
    record.molecule = structure(std::move(row));
  }

  std::size_t structure(chem::MoleculeRow&& row) {
    const auto [at, is_new] = index_.try_emplace(row.smiles.empty() ? row.molblock : row.smiles, structures_.size());
    if (is_new) structures_.push_back(std::move(row));
    return at->second;
  }

  void assign(SplitRecord& record, std::vector<Structure>& parsed) {
    if (record.molecule == SplitRecord::kNone) return;
    const Structure& structure = parsed[record.molecule];
    record.molecule = SplitRecord::kNone;
    record.reason = structure.reason;
    if (!structure.molecule) return;
    const auto [at, is_new] = molecule_of_key_.try_emplace(structure.molecule->inchikey14, inputs_.molecules.size());
    if (is_new) inputs_.molecules.push_back(*structure.molecule);
    record.molecule = at->second;
  }

  const SplitReadOptions& options_;
  SplitInputs inputs_;
  std::vector<chem::MoleculeRow> structures_;
  std::unordered_map<std::string, std::size_t> index_;
  std::unordered_map<std::string, std::size_t> molecule_of_key_;
};

[[noreturn]] void changed(const std::string& file) {
  throw Error(ErrorCode::kInput, "has changed since it was read for the split")
      .in_file(file)
      .remedy("run the split again");
}

}  // namespace

SplitInputs read_split_inputs(const SplitReadOptions& options, Progress& progress) {
  Collector collector(options);
  for (const std::string& file : options.files) collector.read(file, progress);
  return collector.finish(progress);
}

void read_split_inputs_again(const SplitReadOptions& options, const SplitInputs& inputs,
                             const std::function<void(std::size_t, const spectra::Spectrum&)>& spectrum,
                             const std::function<void(std::size_t, const chem::MoleculeRow&)>& row) {
  std::size_t index = 0;
  for (std::size_t k = 0; k < inputs.files.size(); ++k) {
    const OpenedInput input = open_input(inputs.files[k], options);
    const auto expect = [&](std::uint64_t line) {
      check_interrupt();
      if (index >= inputs.records.size() || inputs.records[index].input != k || inputs.records[index].line != line)
        changed(inputs.files[k]);
    };
    while (input.spectra) {
      const auto record = input.spectra->next();
      if (!record) break;
      const auto* read = std::get_if<spectra::Spectrum>(&*record);
      expect(read != nullptr ? read->line : std::get<spectra::SkippedSpectrum>(*record).line);
      if (read != nullptr) spectrum(index, *read);
      ++index;
    }
    while (input.molecules) {
      const auto read = input.molecules->next();
      if (!read) break;
      expect(read->line);
      row(index++, *read);
    }
  }
  if (index != inputs.records.size()) changed(inputs.files.empty() ? "" : inputs.files.back());
}

}  // namespace molbridge::service
