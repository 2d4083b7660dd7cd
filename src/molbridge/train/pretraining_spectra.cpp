#include "molbridge/train/pretraining_spectra.hpp"

#include <set>
#include <unordered_map>
#include <utility>
#include <variant>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/mass/formula.hpp"
#include "molbridge/spectra/reader.hpp"

namespace molbridge::train {
namespace {

constexpr std::size_t kInchikeyBlock = 14;

/// What is known of the compound of a spectrum. The structure and the fields are two witnesses: a spectrum is held out by either.
struct Identity {
  std::set<std::string> inchikeys, formulas;

  const std::set<std::string>& by(Exclusion exclusion) const {
    return exclusion == Exclusion::kInchikey ? inchikeys : formulas;
  }
  void add(const Identity& other) {
    inchikeys.insert(other.inchikeys.begin(), other.inchikeys.end());
    formulas.insert(other.formulas.begin(), other.formulas.end());
  }
};

struct RawSpectrum {
  PretrainingSpectrum spectrum;
  Identity fields;
  std::size_t structure = 0;  ///< index into the distinct SMILES; 0 is none
  std::string hash;           ///< of what the spectrum is, whatever file it stands in
};

struct RawSpectra {
  std::vector<RawSpectrum> spectra;
  std::vector<std::string> structures = {""};
  std::uint64_t read = 0;
  std::map<std::string, std::uint64_t> skipped;
};

Identity identity_of_fields(const spectra::Spectrum& spectrum) {
  Identity identity;
  const std::string_view key = trim(spectrum.field("inchikey"));
  if (key.size() >= kInchikeyBlock) identity.inchikeys.insert(to_upper(key.substr(0, kInchikeyBlock)));
  if (const auto formula = mass::Formula::parse(trim(spectrum.field("formula")))) {
    identity.formulas.insert(formula->hill());
  }
  return identity;
}

Identity identity_of_structure(const std::string& smiles) {
  Identity identity;
  if (smiles.empty()) return identity;
  const auto molecule = chem::standardize(smiles);
  if (!molecule) return identity;
  identity.formulas.insert(molecule->formula().hill());
  if (const auto key = chem::inchikey14(*molecule)) identity.inchikeys.insert(*key);
  return identity;
}

std::string hash_of(const encoders::DreamsTokens& tokens) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(tokens.peaks)));
  return hash.finish();
}

/// Reads files into memory, their peaks too where tokens are wanted.
class RawReader {
 public:
  RawReader(const PretrainingOptions& options, bool with_tokens) : options_(options), with_tokens_(with_tokens) {}

  RawSpectra read(const std::vector<std::string>& files, Progress& progress) {
    for (std::size_t i = 0; i < files.size(); ++i) read_file(files[i], static_cast<std::int32_t>(i), progress);
    return std::move(raw_);
  }

 private:
  void read_file(const std::string& file, std::int32_t number, Progress& progress) {
    const auto reader = spectra::open_spectra(file, {.centroid_profile = true});  // libraries hold some
    progress.start("reading " + file, 0, "spectra");
    while (auto record = reader->next()) {
      check_interrupt();
      progress.advance(++raw_.read);
      take(std::move(*record), number);
    }
    progress.finish();
  }

  void take(spectra::Record record, std::int32_t number) {
    if (const auto* skipped = std::get_if<spectra::SkippedSpectrum>(&record)) {
      if (skipped->damaged_input)
        throw Error(ErrorCode::kInput, skipped->reason).at_line(skipped->source, skipped->line);
      ++raw_.skipped["unusable spectrum"];
      return;
    }
    const auto& spectrum = std::get<spectra::Spectrum>(record);
    RawSpectrum raw;
    raw.spectrum.file = number;
    if (spectrum.rt_seconds) raw.spectrum.rt_seconds = static_cast<float>(*spectrum.rt_seconds);
    if (with_tokens_) {
      if (const std::string why = refusal(spectrum); !why.empty()) {
        ++raw_.skipped[why];
        return;
      }
      raw.spectrum.tokens = tokens_of(spectrum);
      raw.hash = hash_of(raw.spectrum.tokens);
    }
    raw.fields = identity_of_fields(spectrum);
    raw.structure = structure_number(std::string(spectrum.field("smiles")));
    raw_.spectra.push_back(std::move(raw));
  }

  std::string refusal(const spectra::Spectrum& spectrum) const {
    if (!(spectrum.precursor_mz.value_or(0) > 0)) return "no precursor m/z";
    std::int64_t peaks = 0;
    for (const auto& peak : spectrum.peaks) peaks += peak.intensity > 0 ? 1 : 0;
    return peaks < options_.min_peaks ? "fewer than " + std::to_string(options_.min_peaks) + " peaks" : "";
  }

  encoders::DreamsTokens tokens_of(const spectra::Spectrum& spectrum) const {
    std::vector<double> mz, intensity;
    for (const auto& peak : spectrum.peaks) {
      mz.push_back(peak.mz);
      intensity.push_back(peak.intensity);
    }
    encoders::DreamsTokens tokens =
        encoders::dreams_tokens({.mz = mz, .intensity = intensity, .precursor_mz = *spectrum.precursor_mz},
                                {.peaks = options_.max_peaks, .padding_tokens = false});
    tokens.peaks.shrink_to_fit();
    return tokens;
  }

  std::size_t structure_number(std::string smiles) {
    if (smiles.empty()) return 0;
    const auto [at, is_new] = index_.try_emplace(smiles, raw_.structures.size());
    if (is_new) raw_.structures.push_back(std::move(smiles));
    return at->second;
  }

  const PretrainingOptions& options_;
  bool with_tokens_;
  RawSpectra raw_;
  std::unordered_map<std::string, std::size_t> index_;
};

std::vector<Identity> identities_of(const std::vector<std::string>& structures, std::size_t threads) {
  std::vector<Identity> identities(structures.size());
  parallel_for(structures.size(), threads, 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) identities[i] = identity_of_structure(structures[i]);
  });
  return identities;
}

std::set<std::string> excluded_names(const PretrainingOptions& options, Progress& progress) {
  std::set<std::string> names;
  if (options.exclude.empty()) return names;
  const RawSpectra raw = RawReader(options, false).read(options.exclude, progress);
  const auto take = [&](const Identity& identity) {
    const auto& some = identity.by(options.exclude_by);
    names.insert(some.begin(), some.end());
  };
  for (const auto& identity : identities_of(raw.structures, options.threads)) take(identity);
  for (const auto& spectrum : raw.spectra) take(spectrum.fields);
  if (names.empty()) {
    throw Error(ErrorCode::kUsage,
                "no spectrum of the files to exclude names its " + std::string(name(options.exclude_by)))
        .in_file(options.exclude.front())
        .remedy("They need a SMILES field, or INCHIKEY or FORMULA.");
  }
  return names;
}

/// A number in [0, 1) that follows from seed and text alone.
double share_of(std::uint64_t seed, const std::string& text) { return Rng(seed, "validation share " + text).uniform(); }

/// Sorts the spectra into training, validation and those left out.
class Sorter {
 public:
  Sorter(const PretrainingOptions& options, const std::set<std::string>& excluded)
      : options_(options), excluded_(excluded) {}

  void take(RawSpectrum raw, const Identity& structure) {
    Identity identity = structure;
    identity.add(raw.fields);
    if (const std::string why = left_out(identity); !why.empty()) {
      ++result.skipped[why];
      return;
    }
    raw.spectrum.compound = compound_of(structure.inchikeys.empty() ? identity : structure);
    const std::string text = identity.formulas.empty() ? raw.hash : *identity.formulas.begin();
    const bool held_out = share_of(options_.seed, text) < options_.validation_share;
    (held_out ? result.validation : result.training).push_back(std::move(raw.spectrum));
  }

  PretrainingSpectra result;

 private:
  std::string left_out(const Identity& identity) const {
    const auto& names = identity.by(options_.exclude_by);
    for (const auto& one : names) {
      if (excluded_.contains(one)) return std::string(name(options_.exclude_by)) + " is held out";
    }
    if (names.empty() && !options_.keep_unknown) return "unknown compound, which may be a held-out one";
    return "";
  }

  std::int64_t compound_of(const Identity& identity) {
    if (identity.inchikeys.empty()) return next_++;
    const auto [at, is_new] = compounds_.try_emplace(*identity.inchikeys.begin(), next_);
    if (is_new) ++next_;
    result.compounds = compounds_.size();
    return at->second;
  }

  const PretrainingOptions& options_;
  const std::set<std::string>& excluded_;
  std::unordered_map<std::string, std::int64_t> compounds_;
  std::int64_t next_ = 0;
};

}  // namespace

Exclusion parse_exclusion(std::string_view text) {
  for (const auto exclusion : {Exclusion::kInchikey, Exclusion::kFormula}) {
    if (text == name(exclusion)) return exclusion;
  }
  throw Error(ErrorCode::kUsage, "compounds cannot be excluded by '" + std::string(text) + "'")
      .remedy("use inchikey or formula");
}

std::string_view name(Exclusion exclusion) { return exclusion == Exclusion::kInchikey ? "inchikey" : "formula"; }

PretrainingSpectra load_pretraining_spectra(const PretrainingOptions& options, Progress& progress) {
  const std::set<std::string> excluded = excluded_names(options, progress);
  RawSpectra raw = RawReader(options, true).read(options.files, progress);
  const std::vector<Identity> structures = identities_of(raw.structures, options.threads);
  Sorter sorter(options, excluded);
  sorter.result.read = raw.read;
  sorter.result.skipped = std::move(raw.skipped);
  for (RawSpectrum& one : raw.spectra) sorter.take(std::move(one), structures[one.structure]);
  if (sorter.result.training.empty()) {
    throw Error(ErrorCode::kUsage, "no spectrum is left to train on")
        .remedy("Training needs MS/MS spectra with a precursor m/z and at least data.min_peaks peaks.");
  }
  return std::move(sorter.result);
}

}  // namespace molbridge::train
