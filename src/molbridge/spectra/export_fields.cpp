#include "molbridge/spectra/export_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/keys.hpp"

namespace molbridge::spectra {
namespace {

std::string number(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

std::string charge_text(int charge) { return std::to_string(std::abs(charge)) + (charge > 0 ? "+" : "-"); }

/// What a reader would make of the fields alone.
Spectrum members_of_fields(const Spectrum& spectrum) {
  Spectrum copy;
  copy.fields = spectrum.fields;
  copy.index = spectrum.index;
  apply_fields(copy);
  return copy;
}

bool knows(const Field& field, Dialect dialect) {
  const KeyEntry* entry = find_key(normalise_key(field.written_key));
  return entry != nullptr && entry->canonical == field.key && (entry->dialects & dialect) != 0;
}

/// Whether the value says the same under another key: seconds under RTINSECONDS are minutes under RETENTIONTIME.
bool means_the_same(const Field& field, std::string_view key) {
  return field.key != "retention_time" ||
         parse_retention_time(field.written_key, field.value) == parse_retention_time(key, field.value);
}

}  // namespace

std::vector<Field> fields_to_write(const Spectrum& spectrum) {
  const Spectrum known = members_of_fields(spectrum);
  std::vector<Field> out;
  const auto add = [&](std::string_view key, std::string_view written, std::string value) {
    out.push_back({std::string(key), std::string(written), std::move(value)});
  };
  const bool has_id = !spectrum.id.empty() && spectrum.id != "index=" + std::to_string(spectrum.index);
  if (has_id && spectrum.id != known.id) add("spectrum_id", "SPECTRUMID", spectrum.id);
  if (spectrum.precursor_mz && spectrum.precursor_mz != known.precursor_mz) {
    add("precursor_mz", "PEPMASS", number(*spectrum.precursor_mz));
  }
  if (spectrum.precursor_intensity && spectrum.precursor_intensity != known.precursor_intensity) {
    add("precursor_intensity", "PEPMASS", number(*spectrum.precursor_intensity));
  }
  if (spectrum.charge != 0 && spectrum.charge != known.charge) add("charge", "CHARGE", charge_text(spectrum.charge));
  if (spectrum.ion_mode != mass::IonMode::kUnknown && spectrum.ion_mode != known.ion_mode) {
    add("ionmode", "IONMODE", std::string(mass::name(spectrum.ion_mode)));
  }
  if (!spectrum.adduct.empty() && spectrum.adduct != known.adduct) add("adduct", "ADDUCT", spectrum.adduct);
  if (spectrum.rt_seconds && spectrum.rt_seconds != known.rt_seconds) {
    add("retention_time", "RTINSECONDS", number(*spectrum.rt_seconds));
  }
  if (spectrum.ms_level != known.ms_level) add("ms_level", "MSLEVEL", std::to_string(spectrum.ms_level));
  out.insert(out.end(), spectrum.fields.begin(), spectrum.fields.end());
  return out;
}

Speller::Speller(Dialect dialect, const std::vector<Field>& fields) : dialect_(dialect) {
  for (const Field& field : fields) {
    if (iequals(field.written_key, spelling(field.key, dialect))) used_.push_back(field.key);
  }
}

std::string Speller::spell(const Field& field) {
  const std::string_view own = spelling(field.key, dialect_);
  const bool free = std::find(used_.begin(), used_.end(), field.key) == used_.end();
  const bool renamed = !own.empty() && free && !knows(field, dialect_) && means_the_same(field, own);
  if (renamed) used_.push_back(field.key);
  if (renamed) return std::string(own);
  if (canonical_key(field.written_key) == field.key) return field.written_key;
  return own.empty() ? field.key : std::string(own);
}

void append_number(std::string& out, double value) {
  std::array<char, 64> buffer{};
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-5 && size < 1e15);
  const auto [end, error] =
      plain ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed)
            : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), error == std::errc() ? end : buffer.data());
}

}  // namespace molbridge::spectra
