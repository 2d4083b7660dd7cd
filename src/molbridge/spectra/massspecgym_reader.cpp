// The table of MassSpecGym: one spectrum per row, peaks in two columns: docs/formats/spectra.md, section MassSpecGym.

#include <utility>
#include <vector>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/peak_line.hpp"
#include "molbridge/spectra/text_reader.hpp"

namespace molbridge::spectra {
namespace {

constexpr std::string_view kMzColumn = "mzs";
constexpr std::string_view kIntensityColumn = "intensities";

/// A cell as pandas writes it: in quotes, inner quotes doubled, when it has quotes itself.
std::string unquoted(std::string_view cell) {
  if (cell.size() < 2 || cell.front() != '"' || cell.back() != '"') return std::string(cell);
  std::string out;
  for (std::size_t i = 1; i + 1 < cell.size(); ++i) {
    out += cell[i];
    if (cell[i] == '"' && cell[i + 1] == '"' && i + 2 < cell.size()) ++i;
  }
  return out;
}

/// "95.04,97.03" or "[95.04, 97.03]"; "" or the reason why not.
std::string parse_numbers(std::string_view text, std::size_t limit, std::vector<double>& numbers) {
  numbers.clear();
  const auto is_separator = [](char c) { return c == ' ' || c == ',' || c == ';' || c == '[' || c == ']' || c == '"'; };
  while (!text.empty()) {
    if (is_separator(text.front())) {
      text.remove_prefix(1);
      continue;
    }
    double value = 0;
    if (!take_number(text, value) || (!text.empty() && !is_separator(text.front())))
      return in_quotes(text) + " is no number";
    if (numbers.size() == limit) return "more than " + format_count(limit) + " peaks";
    numbers.push_back(value);
  }
  return "";
}

class MassSpecGymReader final : public TextReader {
 public:
  MassSpecGymReader(std::unique_ptr<LineSource> source, std::string name, const ReadOptions& options);

 protected:
  bool read_record(Draft& draft) override;

 private:
  void read_row(Draft& draft, const std::vector<std::string_view>& cells);
  void read_peaks(Draft& draft, std::string_view mzs, std::string_view intensities);

  std::vector<std::string> columns_;
  std::size_t mz_column_ = 0;
  std::size_t intensity_column_ = 0;
  std::vector<double> mzs_;
  std::vector<double> intensities_;
};

MassSpecGymReader::MassSpecGymReader(std::unique_ptr<LineSource> text, std::string name, const ReadOptions& options)
    : TextReader(std::move(text), name, options) {
  if (!next_line()) return;
  for (const std::string_view cell : split(line(), '\t')) columns_.push_back(unquoted(trim(cell)));
  const auto column = [&](std::string_view wanted) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (iequals(columns_[i], wanted)) return i;
    }
    throw Error(ErrorCode::kInput, "no column '" + std::string(wanted) + "'; found: " + join(columns_, ", "))
        .at_line(name, 1)
        .remedy("A MassSpecGym table has tab-separated columns, among them mzs and intensities");
  };
  mz_column_ = column(kMzColumn);
  intensity_column_ = column(kIntensityColumn);
}

void MassSpecGymReader::read_peaks(Draft& draft, std::string_view mzs, std::string_view intensities) {
  std::string problem = parse_numbers(mzs, options().max_peaks, mzs_);
  if (problem.empty()) problem = parse_numbers(intensities, options().max_peaks, intensities_);
  if (problem.empty() && mzs_.size() != intensities_.size()) {
    problem = std::to_string(mzs_.size()) + " m/z but " + std::to_string(intensities_.size()) + " intensities";
  }
  if (!problem.empty()) return draft.fail(std::move(problem));
  for (std::size_t i = 0; i < mzs_.size(); ++i) draft.peak({mzs_[i], intensities_[i]}, {}, options().max_peaks);
}

void MassSpecGymReader::read_row(Draft& draft, const std::vector<std::string_view>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != mz_column_ && i != intensity_column_ && !trim(cells[i]).empty())
      draft.field(columns_[i], unquoted(cells[i]));
  }
  read_peaks(draft, cells[mz_column_], cells[intensity_column_]);
}

bool MassSpecGymReader::read_record(Draft& draft) {
  do {
    if (!next_line()) return false;
  } while (trim(line()).empty());
  draft.spectrum.line = line_number();
  const auto cells = split(line(), '\t');
  if (cells.size() == columns_.size()) {
    read_row(draft, cells);
    return true;
  }
  draft.spectrum.id = cells.front();
  draft.fail("line " + std::to_string(line_number()) + " has " + std::to_string(cells.size()) + " cells, the header " +
             std::to_string(columns_.size()));
  draft.cut_off = cells.size() < columns_.size() && source().peek(1).empty();
  return true;
}

}  // namespace

std::unique_ptr<SpectrumReader> make_massspecgym_reader(std::unique_ptr<LineSource> source, std::string name,
                                                        const ReadOptions& options) {
  return std::make_unique<MassSpecGymReader>(std::move(source), std::move(name), options);
}

}  // namespace molbridge::spectra
