#include <cmath>
#include <utility>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/mzml_binary.hpp"
#include "molbridge/spectra/mzml_document.hpp"

namespace molbridge::spectra {
namespace {

/// xs:duration without date part ("PT434.07S", "PT7M14S", "PT1H2M"), or a bare number of seconds.
std::optional<double> parse_duration(std::string_view text) {
  text = trim(text);
  if (!text.starts_with("PT")) return parse_double(text);
  text.remove_prefix(2);
  double seconds = 0;
  bool any = false;
  while (!text.empty()) {
    const std::size_t unit = text.find_first_of("HMS");
    if (unit == std::string_view::npos) return std::nullopt;
    const auto value = parse_double(text.substr(0, unit));
    if (!value) return std::nullopt;
    seconds += *value * (text[unit] == 'H' ? 3600 : text[unit] == 'M' ? 60 : 1);
    any = true;
    text.remove_prefix(unit + 1);
  }
  return any ? std::optional(seconds) : std::nullopt;
}

/// Attributes of a scan that become fields of another name or are told by the peaks.
bool is_read_elsewhere(std::string_view name) {
  for (const std::string_view known : {"num", "msLevel", "peaksCount", "polarity", "retentionTime", "collisionEnergy",
                                       "centroided", "msInstrumentID", "contentType"}) {
    if (name == known) return true;
  }
  return false;
}

enum class Text { kNone, kPrecursor, kPeaks };

class MzxmlDocument : public ScanDocument {
 public:
  explicit MzxmlDocument(ScanSink& sink) : sink_(sink) {}

  void start_element(std::string_view name, const XmlAttributes& attributes) override;
  void end_element(std::string_view name) override;
  void text(std::string_view piece) override;
  bool wants_text() const override { return text_ != Text::kNone; }
  std::string open_id() const override { return open_ ? scan_.spectrum.id : ""; }
  std::string place() const override;

 private:
  void start_scan(const XmlAttributes& attributes);
  void read_scan_attributes(const XmlAttributes& attributes);
  void start_precursor(const XmlAttributes& attributes);
  void end_precursor();
  void start_peaks(const XmlAttributes& attributes);
  void end_peaks();
  void flush();

  ScanSink& sink_;
  bool open_ = false;  ///< a scan whose own part is not complete: nested scans come after it
  Scan scan_;
  bool run_ended_ = false;
  std::optional<std::uint64_t> run_count_;
  std::string instrument_;
  ArrayEncoding encoding_;
  Text text_ = Text::kNone;
  bool too_long_ = false;
  std::string content_;
};

void MzxmlDocument::start_element(std::string_view name, const XmlAttributes& attributes) {
  if (name == "scan") {
    start_scan(attributes);
  } else if (open_ && name == "precursorMz") {
    start_precursor(attributes);
  } else if (open_ && name == "peaks") {
    start_peaks(attributes);
  } else if (open_ && name == "nameValue") {
    scan_.other_field(attributes.get("name"), attributes.get("value"));
  } else if (name == "msRun") {
    run_count_ = parse_count(attributes.get("scanCount"));
  } else if (name == "msModel" && instrument_.empty()) {
    instrument_ = attributes.get("value");
  } else if (name == "instrument" && instrument_.empty()) {  // mzXML 1
    instrument_ = attributes.get("model");
  }
}

/// MS/MS scans may be written inside their survey scan; the outer one is complete when the inner one starts.
void MzxmlDocument::start_scan(const XmlAttributes& attributes) {
  flush();
  open_ = true;
  scan_ = {};
  const std::string number = attributes.get("num");
  if (!number.empty()) scan_.spectrum.id = "scan=" + number;
  scan_.field("scans", "SCANS", number);
  scan_.set_ms_level(attributes.get("msLevel"));
  scan_.declared_peaks = parse_count(attributes.get("peaksCount"));
  scan_.profile = attributes.get("centroided") == "0";
  read_scan_attributes(attributes);
}

void MzxmlDocument::read_scan_attributes(const XmlAttributes& attributes) {
  const std::string polarity = attributes.get("polarity");
  scan_.spectrum.ion_mode = polarity == "any" ? mass::IonMode::kUnknown : mass::parse_ion_mode(polarity);
  if (scan_.spectrum.ion_mode != mass::IonMode::kUnknown) {
    scan_.field("ionmode", "IONMODE", mass::name(scan_.spectrum.ion_mode));
  }
  const auto time = parse_duration(attributes.get("retentionTime"));
  if (time && std::isfinite(*time)) {
    scan_.spectrum.rt_seconds = time;
    scan_.field("retention_time", "RTINSECONDS", format_shortest(*time));
  }
  scan_.field("collision_energy", "collisionEnergy", attributes.get("collisionEnergy"));
  attributes.for_each([&](std::string_view name, const std::string& value) {
    if (!is_read_elsewhere(name)) scan_.other_field(name, value);
  });
}

void MzxmlDocument::start_precursor(const XmlAttributes& attributes) {
  const auto intensity = parse_double(attributes.get("precursorIntensity"));
  if (intensity && std::isfinite(*intensity) && *intensity >= 0 && !scan_.spectrum.precursor_intensity) {
    scan_.spectrum.precursor_intensity = intensity;
    scan_.field("precursor_intensity", "precursorIntensity", attributes.get("precursorIntensity"));
  }
  const auto charge = parse_int(attributes.get("precursorCharge"));
  if (charge && *charge != 0 && std::abs(*charge) <= 200 && scan_.spectrum.charge == 0) {
    scan_.spectrum.charge = static_cast<int>(*charge);
    scan_.field("charge", "precursorCharge", attributes.get("precursorCharge"));
  }
  scan_.field("fragmentation_mode", "activationMethod", attributes.get("activationMethod"));
  scan_.field("isolation_window", "windowWideness", attributes.get("windowWideness"));
  scan_.other_field("precursorScanNum", attributes.get("precursorScanNum"));
  scan_.other_field("possibleCharges", attributes.get("possibleCharges"));
  content_.clear();
  too_long_ = false;
  text_ = Text::kPrecursor;
}

void MzxmlDocument::end_precursor() {
  text_ = Text::kNone;
  scan_.set_precursor_mz("precursorMz", too_long_ ? std::string_view() : std::string_view(content_));
}

void MzxmlDocument::start_peaks(const XmlAttributes& attributes) {
  encoding_ = {};
  encoding_.big_endian = true;
  encoding_.type = attributes.get("precision") == "64" ? NumberType::kFloat64 : NumberType::kFloat32;
  const std::string packing = attributes.get("compressionType");
  encoding_.zlib = packing == "zlib";
  if (!packing.empty() && packing != "none" && packing != "zlib") encoding_.unsupported = packing;
  const std::string order = attributes.get("byteOrder");
  if (!order.empty() && order != "network") scan_.fail("the byte order of its peaks is '" + order + "', not 'network'");
  std::string content = attributes.get("contentType");
  if (content.empty()) content = attributes.get("pairOrder");  // mzXML 2
  if (!content.empty() && content != "m/z-int") {
    scan_.fail("its peaks are '" + content + "', not 'm/z-int'; convert: msconvert FILE --mzML");
  }
  content_.clear();
  too_long_ = false;
  text_ = scan_.is_ms1() ? Text::kNone : Text::kPeaks;
}

void MzxmlDocument::text(std::string_view piece) {
  constexpr std::size_t kMaxNumberChars = 100;
  const std::size_t limit =
      text_ == Text::kPrecursor ? kMaxNumberChars : max_base64_chars(2 * sink_.options().max_peaks);
  if (content_.size() + piece.size() > limit) {
    too_long_ = true;
  } else {
    content_ += piece;
  }
}

void MzxmlDocument::end_peaks() {
  const bool wanted = text_ == Text::kPeaks;
  text_ = Text::kNone;
  if (!wanted || !scan_.mz.empty()) return;
  if (too_long_) return scan_.fail("more than " + format_count(sink_.options().max_peaks) + " peaks");
  const auto values = decode_array(content_, encoding_, 2 * sink_.options().max_peaks);
  if (!values) return scan_.fail("the peak array " + values.reason());
  if (values->size() % 2 != 0) return scan_.fail("corrupt: the peak array has an odd number of values");
  scan_.mz.reserve(values->size() / 2);
  scan_.intensity.reserve(values->size() / 2);
  for (std::size_t i = 0; i < values->size(); i += 2) {
    scan_.mz.push_back((*values)[i]);
    scan_.intensity.push_back((*values)[i + 1]);
  }
}

void MzxmlDocument::flush() {
  if (!open_) return;
  open_ = false;
  scan_.field("instrument", "SOURCE_INSTRUMENT", instrument_);
  sink_.take(std::exchange(scan_, {}));
}

void MzxmlDocument::end_element(std::string_view name) {
  if (open_ && name == "scan") {
    flush();
  } else if (open_ && name == "precursorMz") {
    end_precursor();
  } else if (open_ && name == "peaks") {
    end_peaks();
  } else if (name == "msRun") {
    run_ended_ = true;
    check_list_count(sink_, run_count_);
  }
}

std::string MzxmlDocument::place() const {
  if (open_)
    return "in " + (scan_.spectrum.id.empty() ? "spectrum " + std::to_string(sink_.num_scans()) : scan_.spectrum.id);
  if (run_ended_) return "after the last spectrum";
  return sink_.num_scans() > 0 ? "between spectra" : "before the first spectrum";
}

}  // namespace

std::unique_ptr<ScanDocument> make_mzxml_document(ScanSink& sink) { return std::make_unique<MzxmlDocument>(sink); }

}  // namespace molbridge::spectra
