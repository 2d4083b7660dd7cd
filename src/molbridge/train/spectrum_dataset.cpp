#include "molbridge/train/spectrum_dataset.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <variant>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/spectra/reader.hpp"
#include "molbridge/spectra/strongest.hpp"

namespace molbridge::train {
namespace {

/// A spectrum whose structure is still the text of its file.
struct RawSpectrum {
  DatasetSpectrum spectrum;
  std::size_t structure = 0;  // index into the distinct SMILES
};

struct RawSet {
  std::vector<RawSpectrum> spectra;
  std::vector<std::string> structures;  // distinct SMILES as written
  DatasetCounts counts;
};

struct ParsedStructure {
  std::optional<DatasetMolecule> molecule;
  std::string failure;
};

class RawReader {
 public:
  explicit RawReader(int max_peaks) : max_peaks_(max_peaks) {}

  void read(const std::string& file, Progress& progress) {
    const auto reader = spectra::open_spectra(file, {.centroid_profile = true});  // libraries hold some
    progress.start("reading " + file, 0, "spectra");
    while (auto record = reader->next()) {
      check_interrupt();
      progress.advance(++set_.counts.read);
      take(std::move(*record));
    }
    progress.finish();
  }
  RawSet finish() { return std::move(set_); }

 private:
  void take(spectra::Record record) {
    if (std::holds_alternative<spectra::SkippedSpectrum>(record)) {
      const auto& skipped = std::get<spectra::SkippedSpectrum>(record);
      if (skipped.damaged_input) throw Error(ErrorCode::kInput, skipped.reason).at_line(skipped.source, skipped.line);
      ++set_.counts.skipped["unusable spectrum"];
      return;
    }
    auto& spectrum = std::get<spectra::Spectrum>(record);
    const std::string smiles(spectrum.field("smiles"));
    if (smiles.empty()) {
      ++set_.counts.skipped["no SMILES"];
      return;
    }
    const encoders::SpectrumInput input = encoders::spectrum_input(spectrum);
    RawSpectrum raw;
    raw.spectrum = {{}, input.precursor_mz, input.ion_mode, input.adduct, 0, input.acquisition};
    raw.spectrum.peaks = std::move(spectrum.peaks);
    spectra::keep_strongest(raw.spectrum.peaks, static_cast<std::size_t>(max_peaks_));
    raw.structure = index_.try_emplace(smiles, set_.structures.size()).first->second;
    if (raw.structure == set_.structures.size()) set_.structures.push_back(smiles);
    set_.spectra.push_back(std::move(raw));
  }

  int max_peaks_;
  RawSet set_;
  std::unordered_map<std::string, std::size_t> index_;
};

ParsedStructure parse_structure(const std::string& smiles) {
  const auto molecule = chem::standardize(smiles);
  if (!molecule) return {std::nullopt, molecule.reason()};
  const auto key = chem::inchikey14(*molecule);
  if (!key) return {std::nullopt, key.reason()};
  return {DatasetMolecule{*key, molecule->smiles(), molecule->formula().hill(), molecule->monoisotopic_mass()}, ""};
}

std::vector<ParsedStructure> parse_structures(const std::vector<std::string>& smiles, std::size_t threads) {
  std::vector<ParsedStructure> parsed(smiles.size());
  parallel_for(smiles.size(), threads, 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) parsed[i] = parse_structure(smiles[i]);
  });
  return parsed;
}

void drop_unused_molecules(SpectrumDataset& dataset) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> place(dataset.molecules.size(), kNone);
  std::vector<DatasetMolecule> kept;
  for (auto& spectrum : dataset.spectra) {
    std::size_t& at = place[spectrum.molecule];
    if (at == kNone) {
      at = kept.size();
      kept.push_back(dataset.molecules[spectrum.molecule]);
    }
    spectrum.molecule = at;
  }
  dataset.molecules = std::move(kept);
}

RawSet read_raw(const std::vector<std::string>& files, int max_peaks, Progress& progress) {
  RawReader reader(max_peaks);
  for (const auto& file : files) reader.read(file, progress);
  return reader.finish();
}

}  // namespace

SpectrumDataset load_spectrum_dataset(const DatasetOptions& options, Progress& progress) {
  RawSet raw = read_raw(options.files, options.max_peaks, progress);
  std::vector<ParsedStructure> parsed = parse_structures(raw.structures, options.threads);
  SpectrumDataset dataset;
  dataset.counts = std::move(raw.counts);
  std::unordered_map<std::string, std::size_t> molecule_of_key;
  for (RawSpectrum& entry : raw.spectra) {
    ParsedStructure& structure = parsed[entry.structure];
    if (!structure.molecule) {
      ++dataset.counts.skipped["structure not usable: " + structure.failure];
      continue;
    }
    const auto [at, is_new] = molecule_of_key.try_emplace(structure.molecule->inchikey14, dataset.molecules.size());
    if (is_new) dataset.molecules.push_back(*structure.molecule);
    entry.spectrum.molecule = at->second;
    dataset.spectra.push_back(std::move(entry.spectrum));
  }
  dataset.counts.used = dataset.spectra.size();
  if (dataset.spectra.empty()) {
    throw Error(ErrorCode::kUsage, "no spectrum with a usable structure in the training files")
        .remedy("Training needs MS/MS spectra with a SMILES field (MGF: SMILES=...).");
  }
  return dataset;
}

SpectrumDataset split_off_formulas(SpectrumDataset& dataset, double share, std::uint64_t seed) {
  std::set<std::string> distinct;
  for (const auto& molecule : dataset.molecules) distinct.insert(molecule.formula);
  std::vector<std::string> formulas(distinct.begin(), distinct.end());
  Rng rng(seed, "validation formulas");
  rng.shuffle(std::span(formulas));
  formulas.resize(static_cast<std::size_t>(share * static_cast<double>(formulas.size())));
  const std::set<std::string> taken(formulas.begin(), formulas.end());
  const auto is_taken = [&](const DatasetSpectrum& spectrum) {
    return taken.contains(dataset.molecules[spectrum.molecule].formula);
  };
  SpectrumDataset part;
  part.counts = dataset.counts;
  part.molecules = dataset.molecules;
  std::copy_if(dataset.spectra.begin(), dataset.spectra.end(), std::back_inserter(part.spectra), is_taken);
  std::erase_if(dataset.spectra, is_taken);
  drop_unused_molecules(part);
  drop_unused_molecules(dataset);
  return part;
}

std::int64_t fold_of_formula(std::string_view formula, std::int64_t folds) {
  MOLBRIDGE_CHECK(folds >= 1, std::to_string(folds) + " folds");
  const std::string digest = sha256(formula);
  return static_cast<std::int64_t>(std::stoull(digest.substr(0, 12), nullptr, 16) % static_cast<std::uint64_t>(folds));
}

void keep_spectra(SpectrumDataset& dataset, const std::function<bool(const DatasetSpectrum&)>& keep,
                  const std::string& reason) {
  const std::size_t dropped = std::erase_if(dataset.spectra, [&](const auto& spectrum) { return !keep(spectrum); });
  if (dropped == 0) return;
  dataset.counts.skipped[reason] += dropped;
  dataset.counts.used = dataset.spectra.size();
  drop_unused_molecules(dataset);
}

std::vector<std::string> compounds_of(const std::vector<std::string>& files, std::size_t threads, Progress& progress) {
  const RawSet raw = read_raw(files, 1, progress);
  std::set<std::string> keys;
  for (const auto& structure : parse_structures(raw.structures, threads)) {
    if (structure.molecule) keys.insert(structure.molecule->inchikey14);
  }
  return {keys.begin(), keys.end()};
}

void require_disjoint(const SpectrumDataset& training, const std::vector<std::string>& held_out_compounds) {
  const std::set<std::string> held_out(held_out_compounds.begin(), held_out_compounds.end());
  std::size_t shared = 0;
  const DatasetMolecule* first = nullptr;
  for (const auto& molecule : training.molecules) {
    if (!held_out.contains(molecule.inchikey14)) continue;
    if (first == nullptr) first = &molecule;
    ++shared;
  }
  if (first == nullptr) return;
  throw Error(ErrorCode::kUsage, format_count(shared) +
                                     " compounds stand in both the training and the held-out files, first " +
                                     first->inchikey14 + " (" + first->smiles + ")")
      .remedy("A compound belongs to one fold: remove it from the files of data.train or of data.held_out.");
}

}  // namespace molbridge::train
