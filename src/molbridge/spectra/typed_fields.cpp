#include <charconv>
#include <cmath>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/key_table.hpp"
#include "molbridge/spectra/keys.hpp"
#include "molbridge/spectra/validate.hpp"

namespace molbridge::spectra {
namespace {

/// The number a text begins with, and what follows it. nullopt when it begins with none or the number is not finite.
std::optional<double> leading_number(std::string_view text, std::string_view& rest) {
  text = trim(text);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  rest = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  return value;
}

/// "315.23", "315.23 Da", and of a list ("447.1/285.0", "447.1,285.0", the path of an MSn spectrum) the first: the ion that
/// the adduct names.
std::optional<double> parse_precursor(std::string_view text) {
  std::string_view rest;
  const auto value = leading_number(text, rest);
  if (!value || *value <= 0 || *value > kMaxMz) return std::nullopt;
  return value;
}

mass::IonMode parse_mode(std::string_view text) {
  const mass::IonMode mode = mass::parse_ion_mode(trim(text));
  if (mode != mass::IonMode::kUnknown) return mode;
  if (starts_with_icase(trim(text), "positive")) return mass::IonMode::kPositive;  // "Positive-20eV" is seen in GNPS
  if (starts_with_icase(trim(text), "negative")) return mass::IonMode::kNegative;
  return mode;
}

/// 1 of "MS", "MS1", "1"; n of "MSn", "MS^3", "3", "MS/MS"; 0 when it says something else.
int parse_ms_level(std::string_view text) {
  text = trim(text);
  if (iequals(text, "MS")) return 1;
  if (iequals(text, "MS/MS") || iequals(text, "MSMS")) return 2;
  if (starts_with_icase(text, "MS")) text.remove_prefix(2);
  if (!text.empty() && text.front() == '^') text.remove_prefix(1);
  const auto level = parse_double(text);
  return level && *level >= 1 && *level <= 20 && *level == std::floor(*level) ? static_cast<int>(*level) : 0;
}

/// The sign that a charge without one has: of the ion mode, else of the adduct, else plus.
int default_sign(const Spectrum& spectrum) {
  if (spectrum.ion_mode != mass::IonMode::kUnknown) return spectrum.ion_mode == mass::IonMode::kNegative ? -1 : 1;
  const std::string_view adduct = trim(spectrum.adduct);
  return !adduct.empty() && adduct.back() == '-' ? -1 : 1;
}

void apply_first_pass(Spectrum& spectrum, const Field& field) {
  using namespace std::string_view_literals;  // compare lengths first: this runs for every field of every record
  if (field.key == "precursor_mz"sv && !spectrum.precursor_mz) {
    spectrum.precursor_mz = parse_precursor(field.value);
  } else if (field.key == "precursor_intensity"sv && !spectrum.precursor_intensity) {
    std::string_view rest;
    const auto value = leading_number(field.value, rest);
    if (value && *value >= 0) spectrum.precursor_intensity = value;
  } else if (field.key == "ionmode"sv && spectrum.ion_mode == mass::IonMode::kUnknown) {
    spectrum.ion_mode = parse_mode(field.value);
  } else if (field.key == "adduct"sv && spectrum.adduct.empty() && !is_missing(field.value)) {
    spectrum.adduct = field.value;
  } else if (field.key == "retention_time"sv && !spectrum.rt_seconds) {
    spectrum.rt_seconds = parse_retention_time(field.written_key, field.value);
  }
}

/// MassBank names the ion of many MS2 records as ION_TYPE only; a list of ions says nothing about the precursor.
void apply_ion_type(Spectrum& spectrum) {
  const std::string_view ion = spectrum.field("ion_type");
  if (spectrum.adduct.empty() && !is_missing(ion) && ion.find(',') == std::string_view::npos) spectrum.adduct = ion;
}

void apply_ms_level(Spectrum& spectrum) {
  using namespace std::string_view_literals;
  for (const Field& field : spectrum.fields) {
    const int level = field.key == "ms_level"sv ? parse_ms_level(field.value) : 0;
    if (level == 0) continue;
    spectrum.ms_level = level;
    return;
  }
}

void apply_id(Spectrum& spectrum) {
  for (const std::string_view key : {"spectrum_id", "title", "feature_id", "scans", "compound_name"}) {
    if (!spectrum.id.empty()) return;
    const std::string_view value = spectrum.field(key);
    if (is_missing(value) || (key == "scans" && value == "-1")) continue;
    spectrum.id = (key == "scans" ? "scan=" : "") + std::string(value);
  }
}

}  // namespace

int parse_charge(std::string_view text, int sign_if_none) {
  text = trim(text);
  while (!text.empty() && (text.front() == '(' || text.front() == '[')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ')' || text.back() == ']')) text.remove_suffix(1);
  int sign = 0;
  int num_signs = 0;
  std::string digits;
  for (const char c : text) {
    if (c == '+' || c == '-') {
      if (sign != 0 && sign != (c == '+' ? 1 : -1)) return 0;
      sign = c == '+' ? 1 : -1;
      ++num_signs;
    } else {
      if (c != '.' && (c < '0' || c > '9')) return 0;  // lists, words
      digits += c;
    }
  }
  if (digits.empty()) return num_signs <= 20 ? sign * num_signs : 0;
  const auto magnitude = parse_double(digits);
  if (!magnitude || num_signs > 1 || *magnitude > 200 || *magnitude != std::floor(*magnitude)) return 0;
  return static_cast<int>(*magnitude) * (sign != 0 ? sign : sign_if_none);
}

std::optional<double> parse_retention_time(std::string_view written_key, std::string_view value) {
  std::string_view unit;
  const auto number = leading_number(value, unit);
  if (!number || *number < 0) return std::nullopt;
  const std::string key = normalise_key(written_key);
  if (key.find("sec") != std::string::npos || starts_with_icase(unit, "s")) return *number;
  if (starts_with_icase(unit, "h")) return *number * 3600;
  if (!unit.empty() && !starts_with_icase(unit, "m")) return std::nullopt;
  constexpr double kLongestRunMinutes = 180;
  return unit.empty() && *number > kLongestRunMinutes ? *number : *number * 60;
}

void apply_fields(Spectrum& spectrum) {
  using namespace std::string_view_literals;
  for (const Field& field : spectrum.fields) apply_first_pass(spectrum, field);
  apply_ion_type(spectrum);
  for (const Field& field : spectrum.fields) {  // after ion mode and adduct, which give the sign
    if (spectrum.charge == 0 && field.key == "charge"sv)
      spectrum.charge = parse_charge(field.value, default_sign(spectrum));
  }
  if (spectrum.ms_level == 2) apply_ms_level(spectrum);
  apply_id(spectrum);
}

}  // namespace molbridge::spectra
