#include "molbridge/retrieve/query.hpp"

#include <cmath>
#include <cstdlib>
#include <span>

#include "molbridge/core/text.hpp"

namespace molbridge::retrieve {
namespace {

using mass::Adduct;
using mass::IonMode;

IonMode mode_of_charge(int charge) {
  if (charge == 0) return IonMode::kUnknown;
  return charge > 0 ? IonMode::kPositive : IonMode::kNegative;
}

/// What the spectrum says about its mode, itself or through its charge; then what the user says.
IonMode mode_of(const spectra::Spectrum& spectrum, const QueryOptions& options) {
  if (spectrum.ion_mode != IonMode::kUnknown) return spectrum.ion_mode;
  if (spectrum.charge != 0) return mode_of_charge(spectrum.charge);
  return options.ion_mode;
}

std::string charge_text(int charge) { return std::to_string(std::abs(charge)) + (charge > 0 ? "+" : "-"); }

/// The charge that a spectrum's field contradicts a named adduct with, as a note. A file may give the charge without
/// sign.
void note_contradictions(const spectra::Spectrum& spectrum, const Adduct& adduct, Query& query) {
  const bool charge_differs = spectrum.charge != 0 && spectrum.charge != adduct.charge();
  const bool mode_differs = spectrum.ion_mode != IonMode::kUnknown && spectrum.ion_mode != adduct.ion_mode();
  if (charge_differs) {
    query.notes.push_back("charge " + charge_text(spectrum.charge) + " contradicts adduct " + adduct.str() +
                          ", which is used");
  } else if (mode_differs) {
    query.notes.push_back("ion mode " + std::string(name(spectrum.ion_mode)) + " contradicts adduct " + adduct.str() +
                          ", which is used");
  }
}

/// The adduct that options or spectrum name; nullopt when there is none that can be used.
std::optional<Adduct> named_adduct(const spectra::Spectrum& spectrum, const QueryOptions& options, Query& query) {
  std::optional<Adduct> written;
  if (!trim(spectrum.adduct).empty()) {
    const auto parsed = Adduct::parse(spectrum.adduct, mode_of(spectrum, options));
    if (parsed) written = *parsed;
    if (!parsed && !options.adduct) query.notes.push_back(parsed.reason() + "; taken as missing");
  }
  if (!options.adduct) return written;
  if (written && !(*written == *options.adduct)) {
    query.notes.push_back("adduct " + written->str() + " of the spectrum replaced by " + options.adduct->str());
  }
  return options.adduct;
}

std::vector<Adduct> assumed_adducts(const spectra::Spectrum& spectrum, const QueryOptions& options) {
  const IonMode mode = mode_of(spectrum, options);
  if (std::abs(spectrum.charge) > 1) {
    const std::string number = std::to_string(std::abs(spectrum.charge));
    const bool positive = spectrum.charge > 0;
    const auto multiple =
        Adduct::parse("[M" + std::string(positive ? "+" : "-") + number + "H]" + number + (positive ? "+" : "-"));
    if (multiple) return {*multiple};
  }
  const std::span<const Adduct> usual = mass::usual_adducts(mode);
  return {usual.begin(), usual.end()};
}

/// Of several adducts those under which the formula has the precursor; the first of all when none fits.
std::vector<Adduct> adducts_that_fit(std::vector<Adduct> adducts, const mass::Formula& formula, double precursor_mz,
                                     const QueryOptions& options, Query& query) {
  std::vector<Adduct> fitting;
  for (const Adduct& adduct : adducts) {
    if (options.tolerance.around(adduct.ion_mz(formula)).contains(precursor_mz)) fitting.push_back(adduct);
  }
  if (!fitting.empty()) return fitting;
  query.notes.push_back("precursor m/z fits formula '" + formula.hill() + "' under none of the usual adducts");
  adducts.erase(adducts.begin() + 1, adducts.end());
  return adducts;
}

/// Refuses a precursor that no molecule has. An absent one is not refused here.
std::optional<Failure> check_precursor(std::optional<double> precursor_mz) {
  if (!precursor_mz) return std::nullopt;
  if (std::isfinite(*precursor_mz) && *precursor_mz > 0 && *precursor_mz <= kMaxPrecursorMz) return std::nullopt;
  return Failure{"precursor m/z " + format_shortest(*precursor_mz) + " is not between 0 and " +
                 format_count(static_cast<std::uint64_t>(kMaxPrecursorMz))};
}

/// The formula that the user or the file gives.
std::optional<mass::Formula> known_formula(const spectra::Spectrum& spectrum, const QueryOptions& options) {
  if (options.formula) return options.formula;
  const auto parsed = mass::Formula::parse(spectrum.field("formula"));
  return parsed ? std::optional(*parsed) : std::nullopt;
}

/// The reader takes a field that holds no possible precursor ("0", "1e7", "n/a") as absent; the user wants to see it.
Failure missing_precursor(const spectra::Spectrum& spectrum) {
  const std::string_view written = trim(spectrum.field("precursor_mz"));
  if (written.empty()) return {"no precursor m/z (it can be derived where a formula and an adduct are given)"};
  return {"precursor m/z '" + std::string(written.substr(0, 40)) +
          "' is no usable number (0 < m/z <= " + format_count(static_cast<std::uint64_t>(kMaxPrecursorMz)) + ")"};
}

std::optional<Failure> set_precursor(const spectra::Spectrum& spectrum, const QueryOptions& options,
                                     const std::optional<Adduct>& adduct, Query& query) {
  if (auto failure = check_precursor(spectrum.precursor_mz)) return failure;
  if (spectrum.precursor_mz) {
    query.precursor_mz = *spectrum.precursor_mz;
    return std::nullopt;
  }
  const auto formula = known_formula(spectrum, options);
  if (!formula || !adduct) return missing_precursor(spectrum);
  query.precursor_mz = adduct->ion_mz(*formula);
  query.precursor_measured = false;
  query.notes.push_back("precursor m/z derived from formula '" + formula->hill() + "' and " + adduct->str());
  return check_precursor(query.precursor_mz);
}

/// With --formula and one named adduct the precursor is only checked.
void note_precursor_error(const Adduct& adduct, const QueryOptions& options, Query& query) {
  const double theoretical = adduct.ion_mz(*options.formula);
  if (!query.precursor_measured || options.tolerance.around(theoretical).contains(query.precursor_mz)) return;
  query.notes.push_back("precursor m/z is " + format_fixed(mass::ppm_error(query.precursor_mz, theoretical), 1) +
                        " ppm off '" + options.formula->hill() + "' as " + adduct.str());
}

std::vector<Adduct> choose_adducts(const spectra::Spectrum& spectrum, const QueryOptions& options,
                                   const std::optional<Adduct>& named, Query& query) {
  if (named) {
    note_contradictions(spectrum, *named, query);
    if (options.formula) note_precursor_error(*named, options, query);
    return {*named};
  }
  query.adduct_assumed = true;
  query.notes.insert(query.notes.begin(), "adduct assumed");
  std::vector<Adduct> adducts = assumed_adducts(spectrum, options);
  if (!options.formula) return adducts;
  return adducts_that_fit(std::move(adducts), *options.formula, query.precursor_mz, options, query);
}

}  // namespace

Result<Query> resolve_query(const spectra::Spectrum& spectrum, const QueryOptions& options) {
  Query query;
  const auto named = named_adduct(spectrum, options, query);
  if (auto failure = set_precursor(spectrum, options, named, query)) return *failure;
  for (const Adduct& adduct : choose_adducts(spectrum, options, named, query)) {
    const double neutral_mass = adduct.neutral_mass(query.precursor_mz);
    if (neutral_mass > 0) query.hypotheses.push_back({adduct, neutral_mass});
  }
  if (query.hypotheses.empty()) {
    return Failure{"precursor m/z " + format_shortest(query.precursor_mz) + " is too small for " +
                   (named ? named->str() : "every usual adduct")};
  }
  return query;
}

}  // namespace molbridge::retrieve
