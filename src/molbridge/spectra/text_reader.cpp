#include "molbridge/spectra/text_reader.hpp"

#include <utility>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/keys.hpp"
#include "molbridge/spectra/validate.hpp"

namespace molbridge::spectra {
namespace {

constexpr std::size_t kMaxRecordText = std::size_t{256} << 20;
constexpr std::size_t kMaxFields = 100'000;

}  // namespace

bool Draft::has_room(std::size_t bytes) {
  text_bytes_ += bytes;
  if (text_bytes_ <= kMaxRecordText && spectrum.fields.size() < kMaxFields) return true;
  fail("the record has more than 100,000 fields or 256 MiB of text");
  return false;
}

void Draft::field(std::string_view written_key, std::string_view value) {
  if (has_room(written_key.size() + value.size())) add_field(spectrum, written_key, value, keys_);
}

void Draft::field(Field field) {
  if (has_room(field.written_key.size() + field.value.size())) spectrum.fields.push_back(std::move(field));
}

void Draft::continue_field(std::string_view text) {
  if (has_room(text.size())) spectrum.fields.back().value += " " + to_utf8(text);
}

void Draft::peak(Peak peak, std::string_view annotation, std::uint64_t max_peaks) {
  ++num_peaks_;
  text_bytes_ += annotation.size();
  if (num_peaks_ > max_peaks || text_bytes_ > kMaxRecordText) {
    fail("more than " + format_count(max_peaks) + " peaks, or 256 MiB of annotations");
    return;
  }
  std::vector<std::string>& annotations = spectrum.peak_annotations;
  if (!annotation.empty()) {
    annotations.resize(spectrum.peaks.size());
    annotations.push_back(to_utf8(annotation));
  } else if (!annotations.empty()) {
    annotations.emplace_back();
  }
  spectrum.peaks.push_back(peak);
}

TextReader::TextReader(std::unique_ptr<LineSource> source, std::string name, const ReadOptions& options)
    : source_(std::move(source)), name_(std::move(name)), options_(options) {}

bool TextReader::next_line() {
  if (unread_) {
    unread_ = false;
    return true;
  }
  if (!ended_ && !until_break([&] { return source_->next_line(line_); })) {
    ended_ = true;
    line_.clear();
  }
  return !ended_;
}

std::optional<Record> TextReader::next() {
  while (!done_) {
    Draft draft(keys_);
    draft.spectrum.source = name_;
    draft.spectrum.index = index_;
    const bool found = read_record(draft);
    done_ = !found || draft.cut_off;
    if (!found && break_reason_.empty()) return std::nullopt;
    draft.cut_off |= !found;
    ++index_;
    if (auto record = finish(std::move(draft))) return record;
  }
  return std::nullopt;
}

std::optional<Record> TextReader::finish(Draft draft) {
  const int ms_level = draft.spectrum.ms_level;
  apply_fields(draft.spectrum);
  if (draft.ms_level_given) draft.spectrum.ms_level = ms_level;
  if (draft.cut_off) return counted(cut_off_record(draft));
  if (draft.problem.empty()) draft.problem = field_problem(draft.spectrum);
  if (!draft.problem.empty()) return counted(skip(draft.spectrum, draft.problem));
  if (draft.spectrum.ms_level == 1) {
    ++counts_.ms1;
    return std::nullopt;
  }
  return counted(finish_record(std::move(draft.spectrum), options_));
}

Record TextReader::cut_off_record(const Draft& draft) {
  if (!break_reason_.empty()) return damaged(draft.spectrum, break_reason_);
  std::string reason = "the file ends inside this record, after line " + std::to_string(line_number());
  if (!draft.problem.empty()) reason += ": " + draft.problem;
  return damaged(draft.spectrum, std::move(reason));
}

Record TextReader::counted(Record record) {
  ++(std::holds_alternative<Spectrum>(record) ? counts_.spectra : counts_.skipped);
  return record;
}

}  // namespace molbridge::spectra
