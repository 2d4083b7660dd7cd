// MSP in the dialects of NIST, MoNA and RIKEN/MS-DIAL: docs/formats/spectra.md, section MSP.

#include <optional>
#include <utility>
#include <vector>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/escape.hpp"
#include "molbridge/spectra/key_table.hpp"
#include "molbridge/spectra/keys.hpp"
#include "molbridge/spectra/msp_comment.hpp"
#include "molbridge/spectra/msp_lines.hpp"
#include "molbridge/spectra/peak_line.hpp"
#include "molbridge/spectra/text_reader.hpp"

namespace molbridge::spectra {
namespace {

class MspReader final : public TextReader {
 public:
  using TextReader::TextReader;

 protected:
  bool read_record(Draft& draft) override;

 private:
  struct State {
    std::optional<std::uint64_t> declared;  // Num Peaks
    std::vector<std::string> comments;
    bool has_name = false;
    bool done = false;
  };
  bool skip_to_record(Draft& draft);
  void read_line(Draft& draft, State& state);
  void read_field(Draft& draft, State& state, std::string_view key, std::string_view value);
  void read_count(Draft& draft, State& state, std::string_view value);
  void check_count(Draft& draft, const State& state);

  std::vector<MspPeak> line_peaks_;
};

bool MspReader::skip_to_record(Draft& draft) {
  while (next_line()) {
    const std::string_view text = trim(line());
    if (text.empty() || text.front() == '#') continue;
    draft.spectrum.line = line_number();
    unread_line();
    return true;
  }
  return false;
}

void MspReader::read_count(Draft& draft, State& state, std::string_view value) {
  const auto count = parse_int(value);
  if (!count || *count < 0) {
    draft.fail("line " + std::to_string(line_number()) + ": Num Peaks " + in_quotes(value) + " is no count");
  } else {
    state.declared = static_cast<std::uint64_t>(*count);
  }
}

void MspReader::read_field(Draft& draft, State& state, std::string_view key, std::string_view value) {
  if (take_escaped(draft, key, value)) return;
  const std::string canonical = canonical_key(key);
  if (canonical == "num_peaks") return read_count(draft, state, value);
  if (normalise_key(key) == "name") state.has_name = true;
  const std::size_t nist = value.find("NIST#:");
  if (canonical == "cas" && nist != std::string_view::npos) {  // "CAS#: 64-17-5;  NIST#: 1234", two fields on a line
    std::string_view cas = trim(value.substr(0, nist));
    if (cas.ends_with(';')) cas.remove_suffix(1);
    draft.field(key, cas);
    draft.field("NIST#", value.substr(nist + 6));
    return;
  }
  draft.field(key, value);
  if (canonical == "comment") state.comments.push_back(to_utf8(value));
}

bool has_field(const Spectrum& spectrum, const std::string& key, const std::string& value) {
  for (const Field& field : spectrum.fields) {
    if (field.value == value && field.key == key) return true;
  }
  return false;
}

/// At the end of a record, so that the lines come before what a comment says, and what they say already is not said twice.
void add_comment_fields(Draft& draft, const std::vector<std::string>& comments) {
  constexpr std::size_t kMaxPairs = 1000;  // each is compared with all fields
  std::size_t num_pairs = 0;
  for (const std::string& comment : comments) {
    for (const auto& [key, value] : comment_pairs(comment)) {
      const std::string written = comment_field_key(key);
      if (++num_pairs > kMaxPairs) return;
      if (!has_field(draft.spectrum, canonical_key(written), value)) draft.field(written, value);
    }
  }
}

void MspReader::read_line(Draft& draft, State& state) {
  const std::string_view text = trim(line());
  if (text.empty()) {  // the end, but for blank lines in the head and between the head and its peaks
    state.done = draft.num_peaks() > 0 || state.declared == 0;
    return;
  }
  std::string_view key;
  std::string_view value;
  const bool is_field = split_msp_field(text, key, value);
  if (is_field && normalise_key(key) == "name" && (state.has_name || state.declared || draft.num_peaks() > 0)) {
    unread_line();  // the blank line before it is missing
    state.done = true;
  } else if (parse_msp_peaks(text, line_peaks_)) {
    for (const MspPeak& entry : line_peaks_) draft.peak(entry.peak, entry.annotation, options().max_peaks);
  } else if (is_field) {
    read_field(draft, state, key, value);
  } else if (text.front() != '#') {
    draft.fail("line " + std::to_string(line_number()) + ": " + peak_line_problem(text));
  }
}

void MspReader::check_count(Draft& draft, const State& state) {
  if (!state.declared) {
    if (draft.num_peaks() == 0) draft.cut_off = at_end();
    return;
  }
  if (*state.declared == draft.num_peaks()) return;
  draft.cut_off = at_end() && draft.num_peaks() < *state.declared;
  std::string reason = "Num Peaks says " + std::to_string(*state.declared) + ", the record has " +
                       std::to_string(draft.num_peaks()) + " peaks";
  if (!draft.cut_off) reason += "; correct the count, or delete the Num Peaks line to take the peaks as they are";
  draft.fail(std::move(reason));
}

bool MspReader::read_record(Draft& draft) {
  if (!skip_to_record(draft)) return false;
  State state;
  while (!state.done && next_line()) read_line(draft, state);
  check_count(draft, state);
  add_comment_fields(draft, state.comments);
  apply_escaped_annotations(draft);
  return true;
}

}  // namespace

std::unique_ptr<SpectrumReader> make_msp_reader(std::unique_ptr<LineSource> source, std::string name,
                                                const ReadOptions& options) {
  return std::make_unique<MspReader>(std::move(source), std::move(name), options);
}

}  // namespace molbridge::spectra
