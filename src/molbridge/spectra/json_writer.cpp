#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/spectra/export_fields.hpp"
#include "molbridge/spectra/writers.hpp"

namespace molbridge::spectra {
namespace {

std::string text(const std::string& value) { return Json(value).dump(-1, ' ', false, Json::error_handler_t::replace); }

/// One member per call: ",\n  "name": value".
void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\n  \"";
  out += name;
  out += "\": ";
  out += value;
}

void append_number_member(std::string& out, std::string_view name, double value) {
  std::string number;
  append_number(number, value);
  append_member(out, name, number);
}

std::string fields_text(const std::vector<Field>& fields) {
  std::string out = "[";
  for (const Field& field : fields) {
    out += out.size() == 1 ? "\n    " : ",\n    ";
    out += "{\"key\": " + text(field.key) + ", \"written_key\": " + text(field.written_key) +
           ", \"value\": " + text(field.value) + "}";
  }
  return out + "]";
}

std::string peaks_text(const std::vector<Peak>& peaks) {
  std::string out = "[";
  for (const Peak& peak : peaks) {
    out += out.size() == 1 ? "[" : ", [";
    append_number(out, peak.mz);
    out += ", ";
    append_number(out, peak.intensity);
    out += ']';
  }
  return out + "]";
}

std::string annotations_text(const std::vector<std::string>& annotations) {
  std::string out = "[";
  for (const std::string& annotation : annotations) {
    if (out.size() > 1) out += ", ";
    out += text(annotation);
  }
  return out + "]";
}

class JsonWriter final : public SpectrumWriter {
 public:
  std::string header() const override { return "["; }
  std::string record(const Spectrum& spectrum) override;
  std::string footer() const override { return "\n]\n"; }

 private:
  bool first_ = true;
};

std::string JsonWriter::record(const Spectrum& spectrum) {
  std::string out = first_ ? "\n{" : ",\n{";
  first_ = false;
  out += "\"id\": " + text(spectrum.id);
  append_member(out, "ms_level", std::to_string(spectrum.ms_level));
  if (spectrum.precursor_mz) append_number_member(out, "precursor_mz", *spectrum.precursor_mz);
  if (spectrum.precursor_intensity) append_number_member(out, "precursor_intensity", *spectrum.precursor_intensity);
  if (spectrum.charge != 0) append_member(out, "charge", std::to_string(spectrum.charge));
  if (spectrum.ion_mode != mass::IonMode::kUnknown)
    append_member(out, "ion_mode", text(std::string(mass::name(spectrum.ion_mode))));
  if (!spectrum.adduct.empty()) append_member(out, "adduct", text(spectrum.adduct));
  if (spectrum.rt_seconds) append_number_member(out, "rt_seconds", *spectrum.rt_seconds);
  append_member(out, "num_peaks", std::to_string(spectrum.peaks.size()));
  append_member(out, "fields", fields_text(spectrum.fields));
  append_member(out, "peaks", peaks_text(spectrum.peaks));
  if (!spectrum.peak_annotations.empty())
    append_member(out, "annotations", annotations_text(spectrum.peak_annotations));
  return out + "}";
}

}  // namespace

std::unique_ptr<SpectrumWriter> make_json_writer() { return std::make_unique<JsonWriter>(); }

std::unique_ptr<SpectrumWriter> make_writer(OutputFormat format) {
  switch (format) {
    case OutputFormat::kMgf: return make_mgf_writer();
    case OutputFormat::kMsp: return make_msp_writer();
    case OutputFormat::kJson: return make_json_writer();
  }
  throw Error(ErrorCode::kInternal, "an output format without a writer");
}

}  // namespace molbridge::spectra
