#pragma once
// What the readers of text formats share: lines with one step back, the totals, and the way from a parsed draft to a record.
// Not thread-safe.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/line_source.hpp"
#include "molbridge/spectra/keys.hpp"
#include "molbridge/spectra/reader.hpp"

namespace molbridge::spectra {

/// What a parser has found of the record it is in.
class Draft {
 public:
  explicit Draft(KeyCache& keys) : keys_(keys) {}

  Spectrum spectrum;
  std::string problem;                           ///< the first thing that forbids to use the record, "" if none
  bool cut_off = false;                          ///< the input ended inside the record
  bool ms_level_given = false;                   ///< spectrum.ms_level is what the file says, whatever the fields say
  std::vector<std::string> escaped_annotations;  ///< see escape.hpp

  void fail(std::string reason) {
    if (problem.empty()) problem = std::move(reason);
  }
  /// add_field, up to a bound on the text of one record: a file that never ends its record must not fill the memory.
  void field(std::string_view written_key, std::string_view value);
  /// A field whose key is given, not looked up; bounded in the same way. The strings are UTF-8.
  void field(Field field);
  /// Appends a further line to the value of the last field. Requires that there is one.
  void continue_field(std::string_view text);
  /// Keeps counting beyond `max_peaks` without storing.
  void peak(Peak peak, std::string_view annotation, std::uint64_t max_peaks);
  std::uint64_t num_peaks() const { return num_peaks_; }

 private:
  bool has_room(std::size_t bytes);

  KeyCache& keys_;
  std::uint64_t num_peaks_ = 0;
  std::size_t text_bytes_ = 0;
};

/// A parser gives one draft per record; everything after that is done here.
class TextReader : public SpectrumReader {
 public:
  TextReader(std::unique_ptr<LineSource> source, std::string name, const ReadOptions& options);

  std::optional<Record> next() final;
  ReadCounts counts() const final { return counts_; }
  std::uint64_t bytes_read() const final { return source_->bytes_read(); }
  std::uint64_t bytes_total() const final { return source_->bytes_total(); }

 protected:
  /// Fills `draft` with the next record; false when there is none. At the end of the input inside a record: sets cut_off.
  virtual bool read_record(Draft& draft) = 0;

  /// Advances; false at the end of the input or at the place where it breaks.
  bool next_line();
  /// The line that next_line() found; valid until the next call.
  std::string_view line() const { return line_; }
  /// The next next_line() gives this line again.
  void unread_line() { unread_ = true; }
  std::uint64_t line_number() const { return source_->line_number(); }
  /// next_line() has said false.
  bool at_end() const { return ended_; }
  LineSource& source() { return *source_; }
  const ReadOptions& options() const { return options_; }
  /// Runs `action`, taking an error of the input for the place where it breaks; false then.
  template <typename Action>
  bool until_break(Action action) {
    try {
      return action();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInput) throw;
      break_reason_ = error.what();
      return false;
    }
  }

 private:
  std::optional<Record> finish(Draft draft);
  Record cut_off_record(const Draft& draft);
  Record counted(Record record);

  std::unique_ptr<LineSource> source_;
  std::string name_;
  ReadOptions options_;
  ReadCounts counts_;
  KeyCache keys_;
  std::string line_;
  std::string break_reason_;
  bool unread_ = false;
  bool ended_ = false;
  bool done_ = false;
  std::uint64_t index_ = 0;
};

std::unique_ptr<SpectrumReader> make_mgf_reader(std::unique_ptr<LineSource> source, std::string name,
                                                const ReadOptions&);
std::unique_ptr<SpectrumReader> make_msp_reader(std::unique_ptr<LineSource> source, std::string name,
                                                const ReadOptions&);
std::unique_ptr<SpectrumReader> make_massbank_reader(std::unique_ptr<LineSource> source, std::string name,
                                                     const ReadOptions&);
/// Errors: kInput when the header line has no columns "mzs" and "intensities".
std::unique_ptr<SpectrumReader> make_massspecgym_reader(std::unique_ptr<LineSource> source, std::string name,
                                                        const ReadOptions&);
std::unique_ptr<SpectrumReader> make_json_reader(std::unique_ptr<LineSource> source, std::string name,
                                                 const ReadOptions&);

}  // namespace molbridge::spectra
