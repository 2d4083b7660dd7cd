#include "molbridge/spectra/writers.hpp"

#include <algorithm>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/escape.hpp"
#include "molbridge/spectra/export_fields.hpp"
#include "molbridge/spectra/keys.hpp"

namespace molbridge::spectra {
namespace {

void append_line(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  out += '=';
  out += value;
  out += '\n';
}

/// The reader would take the line for this key and this value and nothing else.
bool is_plain(std::string_view key, const Field& field) {
  if (key.empty() || !fits_line(key) || !fits_line(field.value)) return false;
  const bool other_meaning = key == kEscapedField || key == kEscapedAnnotations || iequals(key, "PEPMASS") ||
                             key.find('=') != std::string_view::npos ||
                             std::string_view("0123456789.+-#;!/").find(key.front()) != std::string_view::npos;
  return !other_meaning && canonical_key(key) == field.key && field.key != "num_peaks";
}

bool is_number(std::string_view text) {
  return fits_line(text) && !text.empty() && split_whitespace(text).size() == 1 && parse_double(text);
}

/// PEPMASS takes the intensity and the charge that follow it, as the reader has split them off.
class MgfWriter final : public SpectrumWriter {
 public:
  std::string record(const Spectrum& spectrum) override;

 private:
  std::size_t append_precursor(std::string& out, const std::vector<Field>& fields, std::size_t i);
  void append_peaks(std::string& out, const Spectrum& spectrum, bool annotated);
};

/// True for a field that the reader has split off a PEPMASS line.
bool belongs_to_pepmass(const Field& field, std::string_view key) {
  return field.key == key && iequals(field.written_key, "PEPMASS");
}

std::size_t MgfWriter::append_precursor(std::string& out, const std::vector<Field>& fields, std::size_t i) {
  std::string value = fields[i].value;
  std::size_t used = 1;
  const auto follows = [&](std::string_view key) {
    return i + used < fields.size() && belongs_to_pepmass(fields[i + used], key);
  };
  const bool is_mass = is_number(fields[i].value);
  if (is_mass && follows("precursor_intensity") && is_number(fields[i + used].value)) {
    value += " " + fields[i + used++].value;
    const bool charge = follows("charge") && split_whitespace(fields[i + used].value).size() == 1 &&
                        parse_charge(fields[i + used].value) != 0 && fits_line(fields[i + used].value);
    if (charge) value += " " + fields[i + used++].value;
  } else if (!is_mass && split_whitespace(value).size() > 1) {
    append_line(out, kEscapedField, escape_field(fields[i]));  // would be split by the reader
    return 1;
  }
  append_line(out, "PEPMASS", value);
  return used;
}

void MgfWriter::append_peaks(std::string& out, const Spectrum& spectrum, bool annotated) {
  for (std::size_t i = 0; i < spectrum.peaks.size(); ++i) {
    append_number(out, spectrum.peaks[i].mz);
    out += ' ';
    append_number(out, spectrum.peaks[i].intensity);
    if (annotated && !spectrum.peak_annotations[i].empty()) out += " " + spectrum.peak_annotations[i];
    out += '\n';
  }
}

std::string MgfWriter::record(const Spectrum& spectrum) {
  std::string out = "BEGIN IONS\n";
  const std::vector<Field> fields = fields_to_write(spectrum);
  Speller speller(kMgfDialect, fields);
  bool has_rt_in_seconds = false;
  for (std::size_t i = 0; i < fields.size();) {
    const std::string key = speller.spell(fields[i]);
    has_rt_in_seconds |= iequals(key, "RTINSECONDS");
    if (iequals(key, "PEPMASS") && fields[i].key == "precursor_mz" && fits_line(fields[i].value)) {
      i += append_precursor(out, fields, i);
      continue;
    }
    const bool plain = is_plain(key, fields[i]);
    append_line(out, plain ? key : std::string(kEscapedField), plain ? fields[i].value : escape_field(fields[i]));
    ++i;
  }
  if (spectrum.rt_seconds && !has_rt_in_seconds) {
    out += "RTINSECONDS=";
    append_number(out, *spectrum.rt_seconds);
    out += '\n';
  }
  const std::vector<std::string>& annotations = spectrum.peak_annotations;
  const bool plain_annotations = std::all_of(annotations.begin(), annotations.end(), fits_line);
  if (!plain_annotations) append_line(out, kEscapedAnnotations, escape_annotations(annotations));
  append_peaks(out, spectrum, plain_annotations && !annotations.empty());
  return out + "END IONS\n\n";
}

}  // namespace

std::unique_ptr<SpectrumWriter> make_mgf_writer() { return std::make_unique<MgfWriter>(); }

}  // namespace molbridge::spectra
