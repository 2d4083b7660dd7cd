// Mascot Generic Format as it is met: docs/formats/spectra.md, section MGF.

#include <utility>
#include <vector>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/escape.hpp"
#include "molbridge/spectra/keys.hpp"
#include "molbridge/spectra/peak_line.hpp"
#include "molbridge/spectra/text_reader.hpp"

namespace molbridge::spectra {
namespace {

constexpr std::string_view kBegin = "BEGIN IONS";
constexpr std::string_view kEnd = "END IONS";

bool is_comment(std::string_view line) {
  return !line.empty() && (line.front() == '#' || line.front() == ';' || line.front() == '!' || line.front() == '/');
}

bool may_begin_number(char c) {
  return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == ' ' || c == '\t';
}

class MgfReader final : public TextReader {
 public:
  using TextReader::TextReader;

 protected:
  bool read_record(Draft& draft) override;

 private:
  bool find_begin(Draft& draft);
  bool take_outside_line(std::string_view text);
  void read_line(Draft& draft);
  void read_field(Draft& draft, std::string_view text, std::size_t equals);
  void add_defaults(Draft& draft) const;

  std::vector<std::pair<std::string, std::string>> defaults_;  // KEY=VALUE above the first record holds for all
  bool seen_record_ = false;
};

/// "PEPMASS=m/z [intensity [charge]]" becomes one field each; what does not look so stays whole.
void add_precursor(Draft& draft, std::string_view written_key, std::string_view value) {
  const auto parts = split_whitespace(value);
  const bool known = parts.size() >= 2 && parts.size() <= 3 && parse_double(parts[0]) && parse_double(parts[1]) &&
                     (parts.size() == 2 || parse_charge(parts[2]) != 0);
  draft.field(written_key, known ? parts[0] : value);
  if (!known) return;
  draft.field(Field{"precursor_intensity", std::string(written_key), std::string(parts[1])});
  if (parts.size() == 3) draft.field(Field{"charge", std::string(written_key), std::string(parts[2])});
}

bool MgfReader::take_outside_line(std::string_view text) {
  if (text.empty() || is_comment(text)) return true;
  const std::size_t equals = text.find('=');
  constexpr std::size_t kMaxDefaults = 1000;
  if (seen_record_ || equals == std::string_view::npos || equals == 0 || may_begin_number(text.front())) return false;
  if (defaults_.size() == kMaxDefaults) return false;
  defaults_.emplace_back(trim(text.substr(0, equals)), trim(text.substr(equals + 1)));
  return true;
}

/// True at the line after BEGIN IONS. Lines that stand outside of records are one skipped record: what they held is lost, and
/// that must be seen.
bool MgfReader::find_begin(Draft& draft) {
  std::uint64_t num_stray = 0;
  std::string first_stray;
  std::string last_line;
  while (next_line()) {
    const std::string_view text = trim(line());
    if (iequals(text, kBegin) && num_stray == 0) {
      draft.spectrum.line = line_number();
      return true;
    }
    if (iequals(text, kBegin)) {
      unread_line();
      break;
    }
    last_line = text;
    if (take_outside_line(text)) continue;
    if (num_stray++ == 0) {
      draft.spectrum.line = line_number();
      first_stray = in_quotes(text);
    }
  }
  if (num_stray > 0) {
    draft.fail(std::to_string(num_stray) + " line(s) outside of BEGIN IONS ... END IONS, the first is " + first_stray);
    draft.cut_off = at_end() && starts_with_icase(kBegin, last_line);
  }
  return false;
}

void MgfReader::read_field(Draft& draft, std::string_view text, std::size_t equals) {
  const std::string_view key = trim(text.substr(0, equals));
  const std::string_view value = trim(text.substr(equals + 1));
  if (take_escaped(draft, key, value)) return;
  if (iequals(key, "PEPMASS")) return add_precursor(draft, key, value);
  draft.field(key, value);
}

void MgfReader::read_line(Draft& draft) {
  Peak peak;
  std::string_view rest;
  const std::string_view raw = line();
  if (!raw.empty() && may_begin_number(raw.front()) && parse_peak_line(raw, peak, rest)) {
    draft.peak(peak, rest, options().max_peaks);
    return;
  }
  const std::string_view text = trim(raw);
  if (text.empty() || is_comment(text)) return;
  const std::size_t equals = text.find('=');
  if (equals != std::string_view::npos && equals > 0) return read_field(draft, text, equals);
  if (parse_peak_line(text, peak, rest)) return draft.peak(peak, rest, options().max_peaks);  // "nan 100"
  draft.fail("line " + std::to_string(line_number()) + ": " + peak_line_problem(text));
}

void MgfReader::add_defaults(Draft& draft) const {
  for (const auto& [key, value] : defaults_) {
    if (draft.spectrum.field(canonical_key(key)).empty()) draft.field(key, value);
  }
}

bool MgfReader::read_record(Draft& draft) {
  if (!find_begin(draft)) return !draft.problem.empty();
  seen_record_ = true;
  for (;;) {
    if (!next_line()) {
      draft.cut_off = true;
      draft.fail("END IONS is missing");
      break;
    }
    const char first = line().empty() ? '\0' : line().front();
    if (!(first >= '0' && first <= '9')) {
      if (iequals(trim(line()), kEnd)) break;
      if (iequals(trim(line()), kBegin)) {
        draft.fail("END IONS is missing: a new BEGIN IONS follows on line " + std::to_string(line_number()));
        unread_line();
        break;
      }
    }
    read_line(draft);
  }
  add_defaults(draft);
  apply_escaped_annotations(draft);
  return true;
}

}  // namespace

std::unique_ptr<SpectrumReader> make_mgf_reader(std::unique_ptr<LineSource> source, std::string name,
                                                const ReadOptions& options) {
  return std::make_unique<MgfReader>(std::move(source), std::move(name), options);
}

}  // namespace molbridge::spectra
