#include "molbridge/spectra/mzml_scan.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/keys.hpp"
#include "molbridge/spectra/validate.hpp"

namespace molbridge::spectra {
namespace {

/// Names of terms are phrases; a key of MGF and MSP is one word: "[Thermo Trailer Extra]Monoisotopic M/Z:" becomes
/// "Thermo_Trailer_Extra_Monoisotopic_M/Z".
std::string as_key(std::string_view name) {
  std::string key;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '.' || static_cast<unsigned char>(c) > 127;
    if (plain) {
      key += c;
    } else if (!key.empty() && key.back() != '_') {
      key += '_';
    }
  }
  while (!key.empty() && key.back() == '_') key.pop_back();
  return key;
}

std::string length_problem(const Scan& scan) {
  const auto count = [](std::uint64_t n) { return format_count(n); };
  if (scan.mz.size() != scan.intensity.size()) {
    return "corrupt: the m/z array has " + count(scan.mz.size()) + " values, the intensity array " +
           count(scan.intensity.size());
  }
  if (scan.declared_peaks && *scan.declared_peaks != scan.mz.size()) {
    return "corrupt: " + count(*scan.declared_peaks) + " peaks are declared, " + count(scan.mz.size()) + " are there";
  }
  return "";
}

/// The charge carries no sign in either format; the polarity gives it.
void sign_charge(Spectrum& spectrum) {
  if (spectrum.ion_mode == mass::IonMode::kNegative) spectrum.charge = -std::abs(spectrum.charge);
}

}  // namespace

void Scan::field(std::string_view key, std::string_view written_key, std::string_view value) {
  if (value.empty()) return;
  text_bytes_ += key.size() + written_key.size() + value.size();
  if (++num_fields_ > kMaxScanParams || text_bytes_ > kMaxScanTextBytes)
    return fail("more parameters than any spectrum has");
  spectrum.fields.push_back({std::string(key), std::string(written_key), std::string(value)});
}

void Scan::other_field(std::string_view name, std::string_view value) {
  const std::string written = as_key(name);
  if (!written.empty()) field(canonical_key(written), written, value);
}

void Scan::set_ms_level(std::string_view text) {
  const auto level = parse_int(trim(text));
  if (!level || *level < 1 || *level > 20 || ms_level) return;
  ms_level = static_cast<int>(*level);
  spectrum.ms_level = *ms_level;
  if (*level > 1) field("ms_level", "MSLEVEL", std::to_string(*level));
}

void Scan::set_precursor_mz(std::string_view written_key, std::string_view text) {
  const auto value = parse_double(trim(text));
  if (!value || !(*value > 0) || *value > kMaxMz || spectrum.precursor_mz) return other_field(written_key, text);
  spectrum.precursor_mz = value;
  field("precursor_mz", written_key, trim(text));
}

void ScanSink::take(Scan scan) {
  scan.spectrum.index = num_scans_++;
  scan.spectrum.source = source_;
  // Without a level, a precursor tells an MS/MS spectrum from a survey scan, a UV spectrum or a blank.
  const int level = scan.ms_level.value_or(scan.spectrum.precursor_mz ? 2 : 1);
  if (level < 2) {
    ++counts_.ms1;
    return;
  }
  scan.spectrum.ms_level = level;
  push(to_record(std::move(scan)));
}

Record ScanSink::to_record(Scan scan) const {
  sign_charge(scan.spectrum);
  if (const std::string_view adduct = scan.spectrum.field("adduct"); !is_missing(adduct)) scan.spectrum.adduct = adduct;
  if (scan.profile && options_.refuse_profile && !options_.centroid_profile) {
    const std::uint64_t points = scan.mz.empty() ? scan.declared_peaks.value_or(0) : scan.mz.size();
    return skip(scan.spectrum, profile_reason(source_, points));
  }
  if (!scan.problem.empty()) return skip(scan.spectrum, scan.problem);
  // Empty scans of some mzXML writers hold one pair of zeros.
  if (scan.declared_peaks == 0) return finish_record(std::move(scan.spectrum), options_);
  if (std::string problem = length_problem(scan); !problem.empty()) return skip(scan.spectrum, std::move(problem));
  scan.spectrum.peaks.reserve(scan.mz.size());
  for (std::size_t i = 0; i < scan.mz.size(); ++i) scan.spectrum.peaks.push_back({scan.mz[i], scan.intensity[i]});
  return finish_record(std::move(scan.spectrum), options_, scan.profile);
}

void ScanSink::damage(std::string_view id, std::uint64_t line, std::string what) {
  if (std::exchange(damaged_, true)) return;
  Spectrum place;
  place.id = id;
  place.index = num_scans_;
  place.source = source_;
  place.line = line;
  push(damaged(place, std::move(what)));
}

void ScanSink::push(Record record) {
  ++(std::holds_alternative<Spectrum>(record) ? counts_.spectra : counts_.skipped);
  records_.push_back(std::move(record));
}

Record ScanSink::pop() {
  Record record = std::move(records_.front());
  records_.pop_front();
  return record;
}

std::string scan_number(std::string_view native_id) {
  constexpr std::string_view kKey = "scan=";
  const std::size_t at = native_id.rfind(kKey);
  if (at == std::string_view::npos || (at > 0 && native_id[at - 1] != ' ')) return "";
  const std::string_view rest = native_id.substr(at + kKey.size());
  const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  return digits == rest.size() ? std::string(rest) : "";
}

}  // namespace molbridge::spectra
