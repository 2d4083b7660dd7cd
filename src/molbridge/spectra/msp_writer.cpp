#include <algorithm>
#include <optional>
#include <vector>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/escape.hpp"
#include "molbridge/spectra/export_fields.hpp"
#include "molbridge/spectra/keys.hpp"
#include "molbridge/spectra/msp_comment.hpp"
#include "molbridge/spectra/msp_lines.hpp"
#include "molbridge/spectra/writers.hpp"

namespace molbridge::spectra {
namespace {

void append_line(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  out += value.empty() ? ":" : ": ";
  out += value;
  out += '\n';
}

/// The reader would take the line for this key and this value and nothing else.
bool is_plain(const std::string& key, const Field& field) {
  if (key.empty() || key.front() == '#' || !fits_line(key) || !fits_line(field.value)) return false;
  if (key == kEscapedField || key == kEscapedAnnotations || field.key == "num_peaks") return false;
  if (field.key == "cas" && field.value.find("NIST#:") != std::string::npos) return false;  // would be split
  const std::string line = key + ": " + field.value;
  std::string_view read_key;
  std::string_view read_value;
  std::vector<MspPeak> peaks;
  return split_msp_field(trim(line), read_key, read_value) && read_key == key && read_value == field.value &&
         !parse_msp_peaks(line, peaks) && canonical_key(key) == field.key;
}

/// The reader takes comments apart; a comment that would give it fields which the record does not have is not plain.
bool gives_new_fields(const Field& field, const std::vector<Field>& fields) {
  if (field.key != "comment") return false;
  for (const auto& pair : comment_pairs(field.value)) {
    const std::string canonical = canonical_key(comment_field_key(pair.first));
    const auto same = [&](const Field& other) { return other.key == canonical && other.value == pair.second; };
    if (canonical != "num_peaks" && std::none_of(fields.begin(), fields.end(), same)) return true;
  }
  return false;
}

/// The comments that the reader will take apart again.
std::vector<const Field*> plain_comments(const std::vector<Field>& fields) {
  std::vector<const Field*> comments;
  for (const Field& field : fields) {
    if (field.key == "comment" && is_plain(field.written_key, field) && !gives_new_fields(field, fields)) {
      comments.push_back(&field);
    }
  }
  return comments;
}

/// A field that the reader has found inside a comment; it finds it there again.
bool repeats_comment(const Field& field, const std::vector<const Field*>& comments) {
  if (!field.written_key.starts_with("Comments:")) return false;
  for (const Field* comment : comments) {
    for (const auto& [key, value] : comment_pairs(comment->value)) {
      if (value == field.value && comment_field_key(key) == field.written_key) return true;
    }
  }
  return false;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return std::string(trim(text));
}

class MspWriter final : public SpectrumWriter {
 public:
  std::string record(const Spectrum& spectrum) override;

 private:
  static std::optional<std::size_t> name_field(const std::vector<Field>& fields,
                                               const std::vector<const Field*>& comments);
  static std::string key_of(const Field& field, Speller& speller);
  static void append_peaks(std::string& out, const Spectrum& spectrum);
};

/// The field that becomes the line Name, which must be the first: the first name, where that can stand on a line.
std::optional<std::size_t> MspWriter::name_field(const std::vector<Field>& fields,
                                                 const std::vector<const Field*>& comments) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].key != "compound_name" || repeats_comment(fields[i], comments)) continue;
    return fits_line(fields[i].value) && !fields[i].value.empty() ? std::optional(i) : std::nullopt;
  }
  return std::nullopt;
}

/// Without a name the id stands in for it. Where it cannot as it is, it would be lost if it came from the name.
void append_invented_name(std::string& out, const std::string& id) {
  const std::string name = one_line(id);
  append_line(out, "Name", name);
  if (name != id) append_line(out, kEscapedField, escape_field({"spectrum_id", "SPECTRUMID", id}));
}

std::string MspWriter::key_of(const Field& field, Speller& speller) {
  if (field.key != "compound_name") return speller.spell(field);
  return iequals(field.written_key, "Synonym") ? field.written_key : "Synon";  // a second Name would begin a record
}

void MspWriter::append_peaks(std::string& out, const Spectrum& spectrum) {
  const std::vector<std::string>& annotations = spectrum.peak_annotations;
  const bool plain = std::all_of(annotations.begin(), annotations.end(), [](const std::string& text) {
    return fits_line(text) && text.find('"') == std::string::npos;
  });
  if (!plain) append_line(out, kEscapedAnnotations, escape_annotations(annotations));
  append_line(out, "Num Peaks", std::to_string(spectrum.peaks.size()));
  for (std::size_t i = 0; i < spectrum.peaks.size(); ++i) {
    append_number(out, spectrum.peaks[i].mz);
    out += '\t';
    append_number(out, spectrum.peaks[i].intensity);
    if (plain && !annotations.empty() && !annotations[i].empty()) out += "\t\"" + annotations[i] + "\"";
    out += '\n';
  }
}

std::string MspWriter::record(const Spectrum& spectrum) {
  const std::vector<Field> fields = fields_to_write(spectrum);
  const std::vector<const Field*> comments = plain_comments(fields);
  const auto name = name_field(fields, comments);
  std::string out;
  if (name) {
    append_line(out, "Name", fields[*name].value);
  } else {
    append_invented_name(out, spectrum.id);
  }
  Speller speller(kMspDialect, fields);
  bool has_minutes = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    if (name == i || repeats_comment(field, comments)) continue;
    const std::string key = key_of(field, speller);
    has_minutes |= normalise_key(key) == "retentiontime";
    const bool plain = is_plain(key, field) && !gives_new_fields(field, fields);
    append_line(out, plain ? key : std::string(kEscapedField), plain ? field.value : escape_field(field));
  }
  if (spectrum.rt_seconds && !has_minutes) {
    std::string minutes;
    append_number(minutes, *spectrum.rt_seconds / 60);
    append_line(out, "RETENTIONTIME", minutes);
  }
  append_peaks(out, spectrum);
  return out + "\n";
}

}  // namespace

std::unique_ptr<SpectrumWriter> make_msp_writer() { return std::make_unique<MspWriter>(); }

}  // namespace molbridge::spectra
