#include "molbridge/service/mces.hpp"

#include <optional>
#include <vector>

#include "molbridge/chem/columns.hpp"
#include "molbridge/chem/delimited.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/service/output.hpp"

namespace molbridge::service {
namespace {

constexpr std::size_t kBatch = 1024;

struct Row {
  std::uint64_t line = 0;
  std::vector<std::string> fields;
  std::string error;
  chem::McesDistance distance;
};

void measure(Row& row, const chem::McesOptions& options) {
  if (row.error.empty() && row.fields.size() < 2) row.error = "has no second column";
  if (!row.error.empty()) return;
  chem::McesGraph graphs[2];
  for (std::size_t side = 0; side < 2; ++side) {
    const auto molecule = chem::standardize(row.fields[side]);
    if (!molecule) {
      row.error = std::string(side == 0 ? "first" : "second") + " molecule: " + molecule.reason();
      return;
    }
    graphs[side] = chem::mces_graph(*molecule);
  }
  row.distance = chem::mces_distance(graphs[0], graphs[1], options);
}

std::string line_of(const Row& row) {
  std::string line;
  for (const std::string& field : row.fields) line += tsv_cell(field) + "\t";
  const bool good = row.error.empty();
  return line + (good ? format_shortest(row.distance.value) : "") + "\t" + (good ? chem::name(row.distance.kind) : "") +
         "\t" + tsv_cell(row.error) + "\n";
}

/// A first row that names a SMILES column is no pair.
bool is_header(const std::vector<std::string>& fields) {
  return !fields.empty() && chem::normalize_column(fields[0]).find("smiles") != std::string::npos;
}

class Job {
 public:
  Job(const MeasureMcesOptions& options, Progress& progress)
      : options_(options), progress_(progress), output_(open_output(options.output)) {}

  MeasureMcesReport run() {
    progress_.start("measuring pairs", options_.pairs.empty() ? 1 : 0, "pairs");
    if (options_.pairs.empty()) {
      batch_.push_back({.line = 1, .fields = {options_.smiles_a, options_.smiles_b}, .error = "", .distance = {}});
      write_header({});
    } else {
      read_table();
    }
    flush();
    progress_.finish();
    output_->commit();
    return report_;
  }

 private:
  void read_table() {
    const auto lines = LineSource::open(options_.pairs);
    const char delimiter = lines->peek(4096).find('\t') == std::string_view::npos ? ',' : '\t';
    chem::RecordSource records(*lines, delimiter);
    while (auto record = records.next()) {
      check_interrupt();
      if (!header_written_) {
        const bool header = is_header(record->fields);
        width_ = std::max<std::size_t>(2, record->fields.size());
        write_header(header ? record->fields : std::vector<std::string>{});
        if (header) continue;
      }
      Row row{.line = record->line, .fields = std::move(record->fields), .error = "", .distance = {}};
      if (record->unterminated_quote) row.error = "a quote is not closed";
      if (row.fields.size() > width_) row.error = "has more columns than the first row";
      batch_.push_back(std::move(row));
      if (batch_.size() == kBatch) flush();
    }
    if (!header_written_) write_header({});
  }

  void write_header(std::vector<std::string> names) {
    if (names.empty()) names = {"smiles_a", "smiles_b"};
    while (names.size() < width_) names.push_back("column_" + std::to_string(names.size() + 1));
    std::string line;
    for (const std::string& name : names) line += tsv_cell(name) + "\t";
    output_->write(line + "mces\tkind\terror\n");
    header_written_ = true;
  }

  void flush() {
    constexpr std::size_t kStep = 32;  // rows between two looks at the progress
    for (std::size_t begin = 0; begin < batch_.size(); begin += kStep * options_.threads) {
      check_interrupt();
      const std::size_t count = std::min(batch_.size() - begin, kStep * options_.threads);
      parallel_for(count, options_.threads, 1, [&](std::size_t first, std::size_t last) {
        for (std::size_t k = first; k < last; ++k) measure(batch_[begin + k], options_.mces);
      });
      progress_.advance(report_.pairs + begin + count);
    }
    for (Row& row : batch_) finish(row);
    batch_.clear();
  }

  void finish(Row& row) {
    row.fields.resize(width_);
    ++report_.pairs;
    if (!row.error.empty() && report_.failed++ == 0)
      report_.first_failure = "line " + std::to_string(row.line) + ": " + row.error;
    if (row.error.empty() && row.distance.kind == chem::McesKind::kTimeLimit) ++report_.timed_out;
    output_->write(line_of(row));
  }

  const MeasureMcesOptions& options_;
  Progress& progress_;
  std::unique_ptr<Output> output_;
  std::vector<Row> batch_;
  std::size_t width_ = 2;
  bool header_written_ = false;
  MeasureMcesReport report_;
};

}  // namespace

MeasureMcesReport measure_mces(const MeasureMcesOptions& options, Progress& progress) {
  if (!(options.mces.threshold > 0)) {
    throw Error(ErrorCode::kUsage, "the threshold must be above 0, it is " + format_shortest(options.mces.threshold));
  }
  return Job(options, progress).run();
}

}  // namespace molbridge::service
