#include "molbridge/service/library_build.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/encoders/spectrum/spectrum_input.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/spectrum_library.hpp"
#include "molbridge/service/evaluation_set.hpp"
#include "molbridge/service/model_target.hpp"

namespace molbridge::service {
namespace {

mass::Tolerance tolerance_of(const std::string& option, const std::string& text) {
  const auto tolerance = mass::Tolerance::parse(text);
  if (!tolerance) throw Error(ErrorCode::kUsage, option + ": " + tolerance.reason());
  return *tolerance;
}

retrieve::LibrarySearchSettings settings_of(const LibraryBuildOptions& options) {
  retrieve::LibrarySearchSettings settings;
  settings.similarity = {spectra::parse_similarity(options.similarity), tolerance_of("--tolerance", options.tolerance),
                         options.mz_power, options.intensity_power, options.remove_precursor};
  spectra::Similarity{settings.similarity};  // checks the ranges
  if (options.neighbours < 1 || options.min_matched_peaks < 1 ||
      options.min_matched_peaks > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorCode::kUsage, "--neighbours and --min-matched-peaks must be at least 1");
  }
  settings.neighbours = options.neighbours;
  settings.min_matched_peaks = static_cast<std::uint32_t>(options.min_matched_peaks);
  settings.any_ion_mode = options.any_ion_mode;
  if (!options.precursor_window.empty()) {
    settings.precursor_window = tolerance_of("--precursor-window", options.precursor_window);
  }
  return settings;
}

/// Molecules that some usable spectrum shows, and what the library says of them.
struct LibraryMolecules {
  std::vector<const EvaluationCompound*> compounds;
  std::vector<std::uint32_t> place_of;  ///< per compound of the set
};

LibraryMolecules take_spectra(EvaluationSet& set, retrieve::SpectrumLibrary& library, LibraryBuildReport& report) {
  constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
  LibraryMolecules molecules;
  molecules.place_of.assign(set.compounds.size(), kNone);
  std::map<std::string, std::uint64_t> reasons;
  for (EvaluationQuery& query : set.queries) {
    if (!query.skip_reason.empty()) {
      ++reasons[query.skip_reason];
      continue;
    }
    std::uint32_t& place = molecules.place_of[query.compound];
    if (place == kNone) {
      place = static_cast<std::uint32_t>(molecules.compounds.size());
      molecules.compounds.push_back(&set.compounds[query.compound]);
    }
    const encoders::SpectrumInput input = encoders::spectrum_input(query.spectrum);
    report.peaks += query.spectrum.peaks.size();
    library.spectra.push_back({query.spectrum.peaks, input.precursor_mz, input.ion_mode, place});
  }
  report.skip_reasons.assign(reasons.begin(), reasons.end());
  return molecules;
}

void encode(const encoders::MoleculeEncoder& encoder, const std::vector<const EvaluationCompound*>& compounds,
            std::size_t threads, retrieve::SpectrumLibrary& library) {
  constexpr std::size_t kChunk = 32;
  library.molecules = compounds.size();
  library.width = encoder.width();
  std::vector<chem::Molecule> molecules;
  for (const auto* compound : compounds) molecules.push_back(chem::Molecule::from_smiles(compound->smiles).value());
  if (!encoder.is_binary()) {
    library.vectors.resize(molecules.size() * library.width);
    encoder.encode_all(molecules, threads, library.vectors);
    return;
  }
  const std::size_t bytes = library.width / 8;
  library.bits.resize(molecules.size() * bytes);
  parallel_for(molecules.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      encoder.encode_bits(molecules[i], std::span(library.bits).subspan(i * bytes, bytes));
  });
}

void require_disjoint(const LibraryMolecules& molecules, const LibraryBuildOptions& options, Progress& progress) {
  if (options.held_out.empty()) return;
  const EvaluationSet held_out = load_evaluation_set({options.held_out, options.threads, {}}, progress);
  std::set<std::string> keys;
  for (const auto& compound : held_out.compounds) keys.insert(compound.inchikey14);
  std::size_t shared = 0;
  const EvaluationCompound* first = nullptr;
  for (const auto* compound : molecules.compounds) {
    if (!keys.contains(compound->inchikey14)) continue;
    if (first == nullptr) first = compound;
    ++shared;
  }
  if (first == nullptr) return;
  throw Error(ErrorCode::kUsage, format_count(shared) +
                                     " compounds stand in both the library and the held-out files, first " +
                                     first->inchikey14 + " (" + first->smiles + ")")
      .remedy("A compound belongs to one fold: remove it from the files of --spectra or of --held-out.");
}

void write_model(const LibraryBuildOptions& options, const retrieve::SpectrumLibrary& library,
                 const LibraryMolecules& molecules, const encoders::MoleculeEncoder& encoder) {
  nn::ModelFolderWriter writer;
  writer.manifest.text("kind", retrieve::kLibrarySearchKind);
  writer.manifest.text("name", options.name.empty() ? "library-" + options.similarity : options.name);
  writer.manifest.text("licence", options.licence);
  writer.manifest.text("tool_version", std::string(version()));
  writer.manifest.integer("training.spectra", static_cast<std::int64_t>(library.spectra.size()));
  writer.manifest.integer("training.molecules", static_cast<std::int64_t>(library.molecules));
  retrieve::write_spectrum_library(library, writer);
  writer.manifest.text("target.encoder", encoder.name());
  writer.manifest.text("target.encoder_digest", encoder.digest());
  std::string names = "inchikey14\tsmiles\n";
  for (const auto* compound : molecules.compounds) names += compound->inchikey14 + "\t" + compound->smiles + "\n";
  writer.add_side_file("training_molecules.tsv", std::move(names));
  writer.write(options.output);
}

}  // namespace

LibraryBuildReport build_library_model(const LibraryBuildOptions& options, Progress& progress) {
  if (options.output.empty()) throw Error(ErrorCode::kUsage, "no model folder is named: -o DIR");
  retrieve::SpectrumLibrary library;
  library.settings = settings_of(options);
  check_model_target(options.output, options.force);
  const auto encoder = encoders::make_molecule_encoder(options.encoder);
  EvaluationSet set = load_evaluation_set({options.spectra, options.threads, {}}, progress);
  LibraryBuildReport report;
  report.read = set.read;
  report.unlabelled = set.unlabelled;
  const LibraryMolecules molecules = take_spectra(set, library, report);
  if (library.spectra.empty()) {
    throw Error(ErrorCode::kUsage, "no spectrum with a usable structure in the files of the library")
        .remedy("A library needs MS/MS spectra with a SMILES field (MGF: SMILES=...).");
  }
  require_disjoint(molecules, options, progress);
  encode(*encoder, molecules.compounds, options.threads, library);
  write_model(options, library, molecules, *encoder);
  report.folder = options.output;
  report.digest = nn::ModelFolder::open(options.output).digest;
  report.spectra = library.spectra.size();
  report.molecules = library.molecules;
  return report;
}

}  // namespace molbridge::service
