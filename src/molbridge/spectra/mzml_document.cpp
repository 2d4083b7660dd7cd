#include "molbridge/spectra/mzml_document.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/mzml_head.hpp"
#include "molbridge/spectra/mzml_params.hpp"

namespace molbridge::spectra {
namespace {

enum class Tag {
  kOther,
  kActivation,
  kArray,
  kBinary,
  kComponentList,
  kCvParam,
  kInstrument,
  kIonSelection,
  kIsolationWindow,
  kMzml,
  kParamGroup,
  kParamGroupRef,
  kPrecursor,
  kProduct,
  kRun,
  kScan,
  kScanWindowList,
  kSelectedIon,
  kSpectrum,
  kSpectrumList,
  kUserParam,
};

// Names of mzML 1.1, and those that only 0.99 has (instrument, ionSelection, selectionWindowList).
constexpr std::pair<std::string_view, Tag> kTags[] = {
    {"cvParam", Tag::kCvParam},
    {"userParam", Tag::kUserParam},
    {"binary", Tag::kBinary},
    {"binaryDataArray", Tag::kArray},
    {"spectrum", Tag::kSpectrum},
    {"scan", Tag::kScan},
    {"precursor", Tag::kPrecursor},
    {"isolationWindow", Tag::kIsolationWindow},
    {"selectedIon", Tag::kSelectedIon},
    {"activation", Tag::kActivation},
    {"scanWindowList", Tag::kScanWindowList},
    {"referenceableParamGroupRef", Tag::kParamGroupRef},
    {"product", Tag::kProduct},
    {"spectrumList", Tag::kSpectrumList},
    {"referenceableParamGroup", Tag::kParamGroup},
    {"instrumentConfiguration", Tag::kInstrument},
    {"componentList", Tag::kComponentList},
    {"run", Tag::kRun},
    {"mzML", Tag::kMzml},
    {"instrument", Tag::kInstrument},
    {"ionSelection", Tag::kIonSelection},
    {"selectionWindowList", Tag::kScanWindowList},
};

Tag tag_of(std::string_view name) {
  for (const auto& [known, tag] : kTags) {
    if (known == name) return tag;
  }
  return Tag::kOther;
}

class MzmlDocument : public ScanDocument {
 public:
  explicit MzmlDocument(ScanSink& sink) : sink_(sink) {}

  void start_element(std::string_view name, const XmlAttributes& attributes) override;
  void end_element(std::string_view name) override;
  void text(std::string_view piece) override;
  bool wants_text() const override { return in_binary_; }
  std::string open_id() const override { return in_spectrum_ ? scan_.spectrum.id : ""; }
  std::string place() const override;

 private:
  void start_in_head(Tag tag, const XmlAttributes& attributes);
  void start_in_spectrum(Tag tag, const XmlAttributes& attributes);
  void end_in_spectrum(Tag tag);
  void start_spectrum(const XmlAttributes& attributes);
  void start_array(const XmlAttributes& attributes);
  void end_array();
  void end_spectrum();
  void apply(const MzmlParam& param);
  MzmlPart part() const;
  bool inside(Tag tag) const { return std::find(path_.begin(), path_.end(), tag) != path_.end(); }

  ScanSink& sink_;
  MzmlHead head_;
  bool big_endian_ = false;  ///< mzML 0.99: the files that its one writer made are; later versions are little-endian
  std::vector<Tag> path_;
  bool in_list_ = false;
  bool list_ended_ = false;
  std::optional<std::uint64_t> list_count_;
  bool in_spectrum_ = false;
  Scan scan_;
  std::string instrument_ref_;
  IsolationWindow isolation_;
  MzmlArray array_;
  std::optional<std::uint64_t> array_length_;
  bool have_mz_ = false;
  bool have_intensity_ = false;
  std::size_t num_params_ = 0;
  bool in_binary_ = false;
  bool binary_too_long_ = false;
  std::string binary_;
};

void MzmlDocument::start_element(std::string_view name, const XmlAttributes& attributes) {
  const Tag tag = tag_of(name);
  if (in_spectrum_) {
    start_in_spectrum(tag, attributes);
  } else if (in_list_ && tag == Tag::kSpectrum) {
    start_spectrum(attributes);
  } else {
    start_in_head(tag, attributes);
  }
  path_.push_back(tag);
}

void MzmlDocument::start_in_head(Tag tag, const XmlAttributes& attributes) {
  switch (tag) {
    case Tag::kSpectrumList:
      in_list_ = true;
      list_count_ = parse_count(attributes.get("count"));
      break;
    case Tag::kMzml: big_endian_ = attributes.get("version").starts_with("0."); break;
    case Tag::kRun:
      head_.set_default_instrument(attributes.get("defaultInstrumentConfigurationRef"));
      head_.set_default_instrument(attributes.get("instrumentRef"));
      break;
    case Tag::kParamGroup: head_.open_group(attributes.get("id")); break;
    case Tag::kInstrument: head_.open_instrument(attributes.get("id")); break;
    case Tag::kParamGroupRef:
      if (!inside(Tag::kComponentList)) {
        for (const MzmlParam& param : head_.group(attributes.get("ref"))) head_.instrument_param(param);
      }
      break;
    case Tag::kCvParam:
    case Tag::kUserParam:
      if (inside(Tag::kParamGroup)) {
        head_.group_param(read_param(attributes));
      } else if (inside(Tag::kInstrument) && !inside(Tag::kComponentList)) {
        head_.instrument_param(read_param(attributes));
      }
      break;
    default: break;
  }
}

void MzmlDocument::start_spectrum(const XmlAttributes& attributes) {
  in_spectrum_ = true;
  scan_ = {};
  isolation_ = {};
  instrument_ref_.clear();
  have_mz_ = have_intensity_ = false;
  num_params_ = 0;
  scan_.spectrum.id = attributes.get("id");
  scan_.declared_peaks = parse_count(attributes.get("defaultArrayLength"));
  std::string number = scan_number(scan_.spectrum.id);
  if (number.empty()) number = attributes.get("scanNumber");  // mzML 0.99
  scan_.field("scans", "SCANS", number);
  scan_.set_ms_level(attributes.get("msLevel"));  // mzML 0.99
}

void MzmlDocument::start_in_spectrum(Tag tag, const XmlAttributes& attributes) {
  switch (tag) {
    case Tag::kCvParam:
    case Tag::kUserParam: apply(read_param(attributes)); break;
    case Tag::kParamGroupRef:
      if (num_params_ > kMaxScanParams) break;  // a flood of references to large groups
      for (const MzmlParam& param : head_.group(attributes.get("ref"))) apply(param);
      break;
    case Tag::kScan:
      instrument_ref_ = attributes.get("instrumentConfigurationRef");
      if (instrument_ref_.empty()) instrument_ref_ = attributes.get("instrumentRef");
      break;
    case Tag::kPrecursor: scan_.other_field("precursor spectrum", attributes.get("spectrumRef")); break;
    case Tag::kArray: start_array(attributes); break;
    case Tag::kBinary:
      in_binary_ = !scan_.is_ms1() && array_.kind != ArrayKind::kOther;
      binary_.clear();
      binary_too_long_ = false;
      break;
    default: break;
  }
}

/// Which part of the spectrum a parameter at this place belongs to: that of the innermost element that is one.
MzmlPart MzmlDocument::part() const {
  for (auto tag = path_.rbegin(); tag != path_.rend(); ++tag) {
    switch (*tag) {
      case Tag::kArray: return MzmlPart::kArray;
      case Tag::kActivation: return MzmlPart::kActivation;
      case Tag::kSelectedIon:
      case Tag::kIonSelection: return MzmlPart::kSelectedIon;
      case Tag::kProduct:
      case Tag::kScanWindowList: return MzmlPart::kIgnored;
      case Tag::kIsolationWindow: return inside(Tag::kProduct) ? MzmlPart::kIgnored : MzmlPart::kIsolationWindow;
      case Tag::kScan: return MzmlPart::kScan;
      case Tag::kSpectrum: return MzmlPart::kSpectrum;
      default: break;
    }
  }
  return MzmlPart::kIgnored;
}

void MzmlDocument::apply(const MzmlParam& param) {
  if (++num_params_ > kMaxScanParams) return scan_.fail("more parameters than any spectrum has");
  apply_param(part(), param, {scan_, isolation_, array_});
}

void MzmlDocument::start_array(const XmlAttributes& attributes) {
  array_ = {};
  array_.encoding.big_endian = big_endian_;
  array_length_ = parse_count(attributes.get("arrayLength"));
}

void MzmlDocument::text(std::string_view piece) {
  if (binary_.size() + piece.size() > max_base64_chars(sink_.options().max_peaks)) {
    binary_too_long_ = true;
    return;
  }
  binary_ += piece;
}

void MzmlDocument::end_array() {
  const bool is_mz = array_.kind == ArrayKind::kMz;
  bool& have = is_mz ? have_mz_ : have_intensity_;
  if (scan_.is_ms1() || array_.kind == ArrayKind::kOther || std::exchange(have, true)) return;
  const std::string what = is_mz ? "the m/z array " : "the intensity array ";
  if (array_.external) return scan_.fail("the peaks are in another file (imzML), which is not read");
  if (binary_too_long_)
    return scan_.fail(what + "holds more than " + format_count(sink_.options().max_peaks) + " values");
  auto values = decode_array(binary_, array_.encoding, sink_.options().max_peaks);
  if (!values) return scan_.fail(what + values.reason());
  if (array_length_ && *array_length_ != values->size()) {
    return scan_.fail("corrupt: " + what + "declares " + format_count(*array_length_) + " values and has " +
                      format_count(values->size()));
  }
  if (array_length_) scan_.declared_peaks = array_length_;  // takes the place of the default length
  (is_mz ? scan_.mz : scan_.intensity) = std::move(*values);
}

void MzmlDocument::end_in_spectrum(Tag tag) {
  switch (tag) {
    case Tag::kBinary: in_binary_ = false; break;
    case Tag::kArray:
      end_array();
      binary_.clear();
      break;
    case Tag::kPrecursor: finish_precursor(scan_, isolation_); break;
    case Tag::kSpectrum: end_spectrum(); break;
    default: break;
  }
}

void MzmlDocument::end_spectrum() {
  in_spectrum_ = false;
  scan_.field("instrument", "SOURCE_INSTRUMENT", head_.instrument(instrument_ref_));
  sink_.take(std::exchange(scan_, {}));
}

void MzmlDocument::end_element(std::string_view) {
  const Tag tag = path_.back();  // Expat has checked that the names match
  path_.pop_back();
  if (in_spectrum_) return end_in_spectrum(tag);
  switch (tag) {
    case Tag::kSpectrumList:
      in_list_ = false;
      list_ended_ = true;
      check_list_count(sink_, list_count_);
      break;
    case Tag::kParamGroup: head_.close_group(); break;
    case Tag::kInstrument: head_.close_instrument(); break;
    default: break;
  }
}

std::string MzmlDocument::place() const {
  if (in_spectrum_)
    return "in spectrum " + (scan_.spectrum.id.empty() ? std::to_string(sink_.num_scans()) : scan_.spectrum.id);
  if (list_ended_) return "after the last spectrum";
  return in_list_ ? "between spectra" : "before the first spectrum";
}

}  // namespace

std::unique_ptr<ScanDocument> make_mzml_document(ScanSink& sink) { return std::make_unique<MzmlDocument>(sink); }

std::optional<std::uint64_t> parse_count(std::string_view text) {
  const auto value = parse_int(trim(text));
  return value && *value >= 0 ? std::optional<std::uint64_t>(*value) : std::nullopt;
}

void check_list_count(ScanSink& sink, std::optional<std::uint64_t> declared) {
  if (!declared || *declared <= sink.num_scans()) return;
  sink.damage("", 0,
              "the file declares " + format_count(*declared) + " spectra and has " + format_count(sink.num_scans()) +
                  ": the rest was cut off; convert or copy it again from its source");
}

}  // namespace molbridge::spectra
