// MassBank records, one or many per file: docs/formats/spectra.md, section MassBank.

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/keys.hpp"
#include "molbridge/spectra/massbank_tags.hpp"
#include "molbridge/spectra/peak_line.hpp"
#include "molbridge/spectra/text_reader.hpp"

namespace molbridge::spectra {
namespace {

enum class Block { kNone, kPeaks, kAnnotations, kContinuation };

class MassBankReader final : public TextReader {
 public:
  using TextReader::TextReader;

 protected:
  bool read_record(Draft& draft) override;

 private:
  struct AnnotationRow {
    double mz;
    std::string text;  // the whole row
    std::string rest;  // without m/z
  };
  struct State {
    Block block = Block::kNone;
    std::optional<std::uint64_t> declared;  // PK$NUM_PEAK
    std::vector<AnnotationRow> rows;
    bool ended = false;  // "//" was there
  };
  bool skip_to_record(Draft& draft);
  void read_line(Draft& draft, State& state);
  void read_tag(Draft& draft, State& state, std::string_view tag, std::string_view value);
  void read_block_line(Draft& draft, State& state, std::string_view text);
  void fail_line(Draft& draft, std::string_view text);
  void attach_annotations(Draft& draft, State& state);
  void check_end(Draft& draft, const State& state);
};

void MassBankReader::fail_line(Draft& draft, std::string_view text) {
  draft.fail("line " + std::to_string(line_number()) + ": " + peak_line_problem(text));
}

bool MassBankReader::skip_to_record(Draft& draft) {
  while (next_line()) {
    const std::string_view text = trim(line());
    if (text.empty() || text == "//" || text.front() == '#') continue;
    draft.spectrum.line = line_number();
    unread_line();
    return true;
  }
  return false;
}

void MassBankReader::read_tag(Draft& draft, State& state, std::string_view tag, std::string_view value) {
  state.block = Block::kContinuation;
  if (tag == "PK$PEAK") {
    state.block = Block::kPeaks;  // its value names the columns, which are the same in every record
  } else if (tag == "PK$NUM_PEAK") {
    const auto count = parse_int(value);
    if (count && *count >= 0) state.declared = static_cast<std::uint64_t>(*count);
  } else if (has_subtags(tag) && value.find(' ') != std::string_view::npos) {
    const std::size_t space = value.find(' ');
    draft.field(std::string(tag) + ":" + std::string(value.substr(0, space)), value.substr(space + 1));
  } else {
    draft.field(tag, value);
    if (tag == "PK$ANNOTATION") state.block = Block::kAnnotations;
  }
}

void MassBankReader::read_block_line(Draft& draft, State& state, std::string_view text) {
  if (state.block == Block::kPeaks) {
    Peak peak;
    std::string_view relative_intensity;  // computed from the intensity, see the format page
    if (!parse_peak_line(text, peak, relative_intensity)) return fail_line(draft, text);
    draft.peak(peak, {}, options().max_peaks);
  } else if (state.block == Block::kAnnotations) {
    AnnotationRow row{0, std::string(text), {}};
    std::string_view rest = text;
    if (!take_number(rest, row.mz)) row.mz = 0;  // matches no peak
    row.rest = trim(rest);
    if (state.rows.size() < options().max_peaks) state.rows.push_back(std::move(row));
  } else if (state.block == Block::kContinuation && !draft.spectrum.fields.empty()) {
    draft.continue_field(text);
  } else {
    fail_line(draft, text);
  }
}

void MassBankReader::read_line(Draft& draft, State& state) {
  const std::string_view text = trim(line());
  if (text.empty() || text.front() == '#') return;
  const bool indented = line().front() == ' ' || line().front() == '\t';
  if (indented) return read_block_line(draft, state, text);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return fail_line(draft, text);
  read_tag(draft, state, trim(text.substr(0, colon)), trim(text.substr(colon + 1)));
}

/// A row goes to the peak of exactly its m/z; the others (recalculated m/z, a second row for a peak) stay as fields.
void MassBankReader::attach_annotations(Draft& draft, State& state) {
  std::vector<std::pair<double, std::size_t>> by_mz;
  const std::vector<Peak>& peaks = draft.spectrum.peaks;
  if (state.rows.empty()) return;
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    if (!std::isnan(peaks[i].mz)) by_mz.emplace_back(peaks[i].mz, i);
  }
  std::sort(by_mz.begin(), by_mz.end());
  std::vector<std::string>& annotations = draft.spectrum.peak_annotations;
  for (AnnotationRow& row : state.rows) {
    const auto found = std::lower_bound(by_mz.begin(), by_mz.end(), std::pair(row.mz, std::size_t{0}));
    const bool match = found != by_mz.end() && found->first == row.mz && !row.rest.empty();
    if (match) annotations.resize(peaks.size());
    if (match && annotations[found->second].empty()) {
      annotations[found->second] = to_utf8(row.rest);
    } else {
      draft.field("PK$ANNOTATION_ROW", row.text);
    }
  }
}

void MassBankReader::check_end(Draft& draft, const State& state) {
  if (state.declared && *state.declared != draft.num_peaks()) {
    draft.cut_off = !state.ended && draft.num_peaks() < *state.declared;
    draft.fail("PK$NUM_PEAK says " + std::to_string(*state.declared) + ", the record has " +
               std::to_string(draft.num_peaks()) + " peaks");
  } else if (!state.ended && !(state.declared && draft.num_peaks() > 0)) {
    draft.cut_off = at_end();  // without "//" the count alone shows that the record is whole
    draft.fail("the line '//' is missing");
  }
}

bool MassBankReader::read_record(Draft& draft) {
  if (!skip_to_record(draft)) return false;
  State state;
  bool seen_accession = false;
  while (!state.ended && next_line()) {
    const bool accession = line().starts_with("ACCESSION:");
    if (accession && seen_accession) {
      unread_line();
      break;
    }
    seen_accession |= accession;
    const bool half_end = trim(line()) == "/" && source().peek(1).empty();  // the file was cut between the two
    if (trim(line()) == "//" || half_end) {
      state.ended = true;
    } else {
      read_line(draft, state);
    }
  }
  if (!seen_accession) draft.fail("no MassBank record: ACCESSION is missing");
  check_end(draft, state);
  attach_annotations(draft, state);
  return true;
}

}  // namespace

std::unique_ptr<SpectrumReader> make_massbank_reader(std::unique_ptr<LineSource> source, std::string name,
                                                     const ReadOptions& options) {
  return std::make_unique<MassBankReader>(std::move(source), std::move(name), options);
}

}  // namespace molbridge::spectra
