// Spectra as JSON: what our writer gives, and the flat objects of matchms and GNPS: docs/formats/spectra.md, section JSON.

#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/spectra/escape.hpp"
#include "molbridge/spectra/json_scanner.hpp"
#include "molbridge/spectra/keys.hpp"
#include "molbridge/spectra/peak_line.hpp"
#include "molbridge/spectra/text_reader.hpp"
#include "molbridge/spectra/validate.hpp"

namespace molbridge::spectra {
namespace {

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The value of a text, a discarded one when it is no JSON or nests too deep.
Json parse_json(std::string_view json) {
  return nests_too_deep(json) ? Json(Json::value_t::discarded) : Json::parse(json, nullptr, false);
}

/// [m/z, intensity], [m/z, intensity, "annotation"] or {"mz": ..., "intensity": ...}.
bool add_peak(Draft& draft, const Json& entry, std::uint64_t max_peaks) {
  const bool pair = entry.is_array() && entry.size() >= 2 && entry[0].is_number() && entry[1].is_number();
  if (pair) {
    const std::string annotation = entry.size() > 2 && entry[2].is_string() ? entry[2].get<std::string>() : "";
    draft.peak({entry[0].get<double>(), entry[1].get<double>()}, annotation, max_peaks);
    return true;
  }
  if (!entry.is_object()) return false;
  const auto mz = entry.find("mz");
  const auto intensity = entry.find("intensity");
  if (mz == entry.end() || intensity == entry.end() || !mz->is_number() || !intensity->is_number()) return false;
  draft.peak({mz->get<double>(), intensity->get<double>()}, {}, max_peaks);
  return true;
}

void add_peaks(Draft& draft, const Json& value, std::uint64_t max_peaks) {
  if (value.is_string()) {  // GNPS puts JSON into a string
    const Json inner = parse_json(value.get_ref<const std::string&>());
    if (inner.is_array()) return add_peaks(draft, inner, max_peaks);
  }
  if (!value.is_array()) return draft.fail("the peaks are no array");
  for (const Json& entry : value) {
    if (!add_peak(draft, entry, max_peaks))
      return draft.fail("a peak is not [m/z, intensity]: " + in_quotes(text_of(entry)));
  }
}

void add_annotations(Draft& draft, const Json& value) {
  if (!value.is_array()) return draft.fail("the annotations are no array");
  for (const Json& entry : value) draft.escaped_annotations.push_back(text_of(entry));
}

std::string member_text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? std::string() : text_of(*found);
}

/// The fields of our own writer.
void add_fields(Draft& draft, const Json& fields) {
  for (const Json& entry : fields) {
    if (!entry.is_object()) return draft.fail("an entry of 'fields' is no object");
    draft.field(Field{member_text(entry, "key"), member_text(entry, "written_key"), member_text(entry, "value")});
  }
}

/// A number that the member may have, by the rules that hold for fields.
std::optional<double> number_in(const Json& value, double least, double most) {
  const double number = value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
  return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

bool take_number_member(Spectrum& spectrum, const std::string& name, const Json& value) {
  constexpr double kSmallest = std::numeric_limits<double>::denorm_min();
  constexpr double kLargest = std::numeric_limits<double>::max();
  if (name == "precursor_mz") return (spectrum.precursor_mz = number_in(value, kSmallest, kMaxMz)).has_value();
  if (name == "precursor_intensity") return (spectrum.precursor_intensity = number_in(value, 0, kLargest)).has_value();
  if (name == "rt_seconds") return (spectrum.rt_seconds = number_in(value, 0, kLargest)).has_value();
  if (name == "charge" && value.is_number_integer()) return (spectrum.charge = parse_charge(value.dump())) != 0;
  const auto level = name == "ms_level" && value.is_number_integer() ? number_in(value, 1, 20) : std::nullopt;
  if (level) spectrum.ms_level = static_cast<int>(*level);
  return level.has_value();
}

/// True when `name` is a typed member of our own writer and was taken.
bool take_typed(Spectrum& spectrum, const std::string& name, const Json& value) {
  if (name == "num_peaks") return true;
  if (name == "id" && value.is_string()) {
    spectrum.id = value.get<std::string>();
  } else if (name == "ion_mode" && value.is_string()) {
    spectrum.ion_mode = mass::parse_ion_mode(value.get_ref<const std::string&>());
  } else if (name == "adduct" && value.is_string()) {
    spectrum.adduct = value.get<std::string>();
  } else {
    return take_number_member(spectrum, name, value);
  }
  return true;
}

class JsonReader final : public TextReader {
 public:
  JsonReader(std::unique_ptr<LineSource> text, std::string name, const ReadOptions& options)
      : TextReader(std::move(text), std::move(name), options), scanner_(source()) {}

 protected:
  bool read_record(Draft& draft) override;

 private:
  void read_object(Draft& draft, const Json& object);
  void read_member(Draft& draft, const std::string& name, const Json& value, bool own);

  JsonScanner scanner_;
  std::string text_;
};

void JsonReader::read_member(Draft& draft, const std::string& name, const Json& value, bool own) {
  if (own && name == "fields") return add_fields(draft, value);
  if (own && name == "annotations") return add_annotations(draft, value);
  if (own && take_typed(draft.spectrum, name, value)) return;
  if (name == "peaks" || name == "peaks_json") return add_peaks(draft, value, options().max_peaks);
  if (!value.is_null()) draft.field(name, text_of(value));
}

void JsonReader::read_object(Draft& draft, const Json& object) {
  const auto fields = object.find("fields");
  const bool own = fields != object.end() && fields->is_array();
  draft.ms_level_given = own && object.contains("ms_level");
  for (const auto& [name, value] : object.items()) read_member(draft, name, value, own);
  const bool named = !draft.spectrum.field("spectrum_id").empty() || !draft.spectrum.field("title").empty();
  if (!own && !named) draft.spectrum.id = draft.spectrum.field("id");
}

bool JsonReader::read_record(Draft& draft) {
  auto status = JsonScanner::Status::kEnd;
  const bool whole = until_break([&] {
    status = scanner_.next(text_);
    return true;
  });
  draft.spectrum.line = scanner_.line();
  if (!whole || status == JsonScanner::Status::kEnd) return false;
  if (status == JsonScanner::Status::kCutOff) {
    draft.cut_off = true;
    draft.fail(text_.empty() ? "the array is not closed" : "the object is not closed");
  } else if (status == JsonScanner::Status::kTooLong) {
    draft.fail("the object is longer than 256 MiB");
  } else if (status == JsonScanner::Status::kStray) {
    draft.fail("text between the objects: " + in_quotes(text_));
  } else if (const Json object = parse_json(text_); object.is_object()) {
    read_object(draft, object);
    apply_escaped_annotations(draft);
  } else {
    draft.fail("line " + std::to_string(scanner_.line()) + ": no valid JSON object, or one nested too deep");
  }
  return true;
}

}  // namespace

std::unique_ptr<SpectrumReader> make_json_reader(std::unique_ptr<LineSource> source, std::string name,
                                                 const ReadOptions& options) {
  return std::make_unique<JsonReader>(std::move(source), std::move(name), options);
}

}  // namespace molbridge::spectra
