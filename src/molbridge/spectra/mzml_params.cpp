#include "molbridge/spectra/mzml_params.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "molbridge/core/text.hpp"

namespace molbridge::spectra {
namespace {

using Action = void (*)(const MzmlParam& param, const MzmlTargets& targets);

/// `number` is that of the accession, "MS:1000511" -> 1000511.
struct Term {
  int number;
  Action action;
};

double number_or_zero(const std::string& text) {
  const auto value = parse_double(trim(text));
  return value && std::isfinite(*value) ? *value : 0;
}

void keep(const MzmlParam& param, const MzmlTargets& to) { to.scan.other_field(param.name, param.value); }
void drop(const MzmlParam&, const MzmlTargets&) {}

// Terms of the spectrum and of its scan.

void polarity(Scan& scan, mass::IonMode mode) {
  if (scan.spectrum.ion_mode != mass::IonMode::kUnknown) return;
  scan.spectrum.ion_mode = mode;
  scan.field("ionmode", "IONMODE", name(mode));
}

/// Seconds are the unit where none is given.
double seconds_per(const MzmlParam& param) {
  if (param.unit_accession == "UO:0000031" || param.unit_accession == "MS:1000038" || param.unit_name == "minute")
    return 60;
  if (param.unit_accession == "UO:0000032" || param.unit_name == "hour") return 3600;
  if (param.unit_accession == "UO:0000028" || param.unit_name == "millisecond") return 1e-3;
  return 1;
}

void retention_time(const MzmlParam& param, const MzmlTargets& to) {
  Scan& scan = to.scan;
  const auto time = parse_double(trim(param.value));
  if (!time || !std::isfinite(*time) || scan.spectrum.rt_seconds) return keep(param, to);
  scan.spectrum.rt_seconds = *time * seconds_per(param);
  scan.field("retention_time", "RTINSECONDS", format_shortest(*scan.spectrum.rt_seconds));
}

constexpr Term kSpectrumTerms[] = {
    {1000016, retention_time},
    {1000128, [](const MzmlParam&, const MzmlTargets& to) { to.scan.profile = true; }},
    {1000129, [](const MzmlParam&, const MzmlTargets& to) { polarity(to.scan, mass::IonMode::kNegative); }},
    {1000130, [](const MzmlParam&, const MzmlTargets& to) { polarity(to.scan, mass::IonMode::kPositive); }},
    {1000511, [](const MzmlParam& param, const MzmlTargets& to) { to.scan.set_ms_level(param.value); }},
    {1000796, [](const MzmlParam& param, const MzmlTargets& to) { to.scan.field("title", param.name, param.value); }},
    {1000894, retention_time},
    {1000895, retention_time},
};

constexpr Term kIsolationTerms[] = {
    {1000827, [](const MzmlParam& param, const MzmlTargets& to) { to.isolation.target = param.value; }},
    {1000828, [](const MzmlParam& param, const MzmlTargets& to) { to.isolation.lower = number_or_zero(param.value); }},
    {1000829, [](const MzmlParam& param, const MzmlTargets& to) { to.isolation.upper = number_or_zero(param.value); }},
};

// Terms of the selected ion. A further ion of the same spectrum keeps its values as fields only.

void ion_charge(const MzmlParam& param, const MzmlTargets& to) {
  const auto charge = parse_int(trim(param.value));
  constexpr int kLargest = 200;
  if (!charge || *charge == 0 || std::abs(*charge) > kLargest || to.scan.spectrum.charge != 0) return keep(param, to);
  to.scan.spectrum.charge = static_cast<int>(*charge);
  to.scan.field("charge", param.name, trim(param.value));
}

void ion_intensity(const MzmlParam& param, const MzmlTargets& to) {
  const auto intensity = parse_double(trim(param.value));
  if (!intensity || !std::isfinite(*intensity) || *intensity < 0 || to.scan.spectrum.precursor_intensity) {
    return keep(param, to);
  }
  to.scan.spectrum.precursor_intensity = intensity;
  to.scan.field("precursor_intensity", param.name, trim(param.value));
}

void ion_mz(const MzmlParam& param, const MzmlTargets& to) { to.scan.set_precursor_mz(param.name, param.value); }

constexpr Term kSelectedIonTerms[] = {
    {1000040, ion_mz},  // mzML before 1.1
    {1000041, ion_charge},
    {1000042, ion_intensity},
    {1000744, ion_mz},
};

// Terms of the activation.

void collision_energy(const MzmlParam& param, const MzmlTargets& to) {
  const bool electronvolt = param.unit_name.empty() || starts_with_icase(param.unit_name, "electron");
  to.scan.field("collision_energy", param.name,
                std::string(trim(param.value)) + (electronvolt ? "" : " " + param.unit_name));
}

void normalised_energy(const MzmlParam& param, const MzmlTargets& to) {
  if (!trim(param.value).empty()) {
    to.scan.field("collision_energy", param.name, std::string(trim(param.value)) + " NCE");
  }
}

constexpr Term kActivationTerms[] = {
    {1000045, collision_energy},
    {1000138, normalised_energy},
};

// Terms of a binary array.

template <NumberType kType>
void number_type(const MzmlParam&, const MzmlTargets& to) {
  to.array.encoding.type = kType;
}

template <Numpress kNumpress, bool kZlib>
void packing(const MzmlParam&, const MzmlTargets& to) {
  if (kNumpress != Numpress::kNone) to.array.encoding.numpress = kNumpress;
  to.array.encoding.zlib |= kZlib;  // some writers give numpress and zlib as two terms
}

void unknown_packing(const MzmlParam& param, const MzmlTargets& to) { to.array.encoding.unsupported = param.name; }

constexpr Term kArrayTerms[] = {
    {1000514, [](const MzmlParam&, const MzmlTargets& to) { to.array.kind = ArrayKind::kMz; }},
    {1000515, [](const MzmlParam&, const MzmlTargets& to) { to.array.kind = ArrayKind::kIntensity; }},
    {1000519, number_type<NumberType::kInt32>},
    {1000521, number_type<NumberType::kFloat32>},
    {1000522, number_type<NumberType::kInt64>},
    {1000523, number_type<NumberType::kFloat64>},
    {1000574, packing<Numpress::kNone, true>},
    {1002312, packing<Numpress::kLinear, false>},
    {1002313, packing<Numpress::kPic, false>},
    {1002314, packing<Numpress::kSlof, false>},
    {1002746, packing<Numpress::kLinear, true>},
    {1002747, packing<Numpress::kPic, true>},
    {1002748, packing<Numpress::kSlof, true>},
    {1003088, packing<Numpress::kNone, true>},  // truncation: the values were rounded before
    {1003089, unknown_packing},                 // truncation, delta prediction and zlib
    {1003090, unknown_packing},                 // truncation, linear prediction and zlib
};

/// Compressions that were added to the vocabulary later than this table must not be read as plain numbers.
void other_array_param(const MzmlParam& param, const MzmlTargets& to) {
  if (param.accession == "IMS:1000101") to.array.external = param.value != "false";
  const std::string lower = to_lower(param.name);
  const bool packed =
      lower.find("compression") != std::string::npos && lower.find("no compression") == std::string::npos;
  const bool modern = lower.find("zstd") != std::string::npos || lower.find("shuffle") != std::string::npos;
  if (packed || modern) unknown_packing(param, to);
}

/// Terms without a value are the methods ("beam-type collision-induced dissociation").
void other_activation_param(const MzmlParam& param, const MzmlTargets& to) {
  if (param.value.empty()) {
    to.scan.field("fragmentation_mode", "FRAGMENTATION_METHOD", param.name);
  } else {
    keep(param, to);
  }
}

struct Table {
  const Term* begin;
  const Term* end;
  Action other;
};

template <std::size_t N>
constexpr Table table_of(const Term (&terms)[N], Action other) {
  return {terms, terms + N, other};
}

Table table_of(MzmlPart part) {
  switch (part) {
    case MzmlPart::kSpectrum:
    case MzmlPart::kScan: return table_of(kSpectrumTerms, keep);
    case MzmlPart::kIsolationWindow: return table_of(kIsolationTerms, keep);
    case MzmlPart::kSelectedIon: return table_of(kSelectedIonTerms, keep);
    case MzmlPart::kActivation: return table_of(kActivationTerms, other_activation_param);
    case MzmlPart::kArray: return table_of(kArrayTerms, other_array_param);
    case MzmlPart::kIgnored: break;
  }
  return {nullptr, nullptr, drop};
}

/// 0 for terms of other vocabularies.
int accession_number(std::string_view accession) {
  if (!accession.starts_with("MS:")) return 0;
  return static_cast<int>(std::clamp<std::int64_t>(parse_int(accession.substr(3)).value_or(0), 0, 99'999'999));
}

}  // namespace

MzmlParam read_param(const XmlAttributes& attributes) {
  return {attributes.get("accession"), attributes.get("name"), attributes.get("value"), attributes.get("unitAccession"),
          attributes.get("unitName")};
}

void apply_param(MzmlPart part, const MzmlParam& param, const MzmlTargets& targets) {
  const Table table = table_of(part);
  const int number = accession_number(param.accession);
  const Term* found = std::find_if(table.begin, table.end, [&](const Term& term) { return term.number == number; });
  (found == table.end ? table.other : found->action)(param, targets);
}

void finish_precursor(Scan& scan, IsolationWindow& isolation) {
  if (!isolation.target.empty()) {
    if (scan.spectrum.precursor_mz) {
      scan.other_field("isolation window target m/z", isolation.target);
    } else {
      scan.set_precursor_mz("isolation window target m/z", isolation.target);
    }
  }
  const double width = isolation.lower + isolation.upper;
  if (width > 0 && std::isfinite(width)) scan.field("isolation_window", "ISOLATION_WINDOW", format_shortest(width));
  isolation = {};
}

}  // namespace molbridge::spectra
