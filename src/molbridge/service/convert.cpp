#include "molbridge/service/convert.hpp"

#include <algorithm>
#include <optional>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/output.hpp"
#include "molbridge/service/spectrum_inputs.hpp"
#include "molbridge/spectra/reader.hpp"
#include "molbridge/spectra/writer.hpp"

namespace molbridge::service {
namespace {

std::string place(const spectra::SkippedSpectrum& record) {
  std::string out = record.source;
  if (record.line > 0) out += ":" + std::to_string(record.line);
  return record.id.empty() ? out : out + " (" + record.id + ")";
}

/// Skipped records of one run: all of them in a file if one was asked for, and counted by reason.
class SkippedLog {
 public:
  explicit SkippedLog(const std::string& file) {
    if (file.empty()) return;
    output_ = open_output(file);
    output_->write("source\tline\tindex\tid\treason\n");
  }

  void add(const spectra::SkippedSpectrum& record) {
    tally_.add(record.reason, place(record));
    if (!output_) return;
    output_->write(tsv_cell(record.source) + "\t" + std::to_string(record.line) + "\t" + std::to_string(record.index) +
                   "\t" + tsv_cell(record.id) + "\t" + tsv_cell(record.reason) + "\n");
  }

  std::vector<ReasonGroup> commit() {
    if (output_) output_->commit();
    return tally_.groups();
  }

 private:
  ReasonTally tally_;
  std::unique_ptr<Output> output_;
};

spectra::OutputFormat choose_format(const ConvertOptions& options) {
  if (!options.to.empty()) return spectra::parse_output_format(options.to);
  if (options.output == "-") return spectra::OutputFormat::kMgf;
  return spectra::output_format_of(options.output);
}

void check_inputs(const ConvertOptions& options) {
  if (std::count(options.inputs.begin(), options.inputs.end(), "-") > 1) {
    throw Error(ErrorCode::kUsage, "standard input (-) is named twice");
  }
}

/// Copies one opened source; the reader reports its MS1 scans itself.
void copy_records(spectra::SpectrumReader& reader, spectra::SpectrumWriter& writer, Output& output, SkippedLog& skipped,
                  Progress& progress, ConvertReport& report) {
  constexpr std::uint64_t kKilobyte = 1024;
  while (auto record = reader.next()) {
    check_interrupt();
    if (const auto* spectrum = std::get_if<spectra::Spectrum>(&*record)) {
      output.write(writer.record(*spectrum));
      ++report.written;
    } else {
      skipped.add(std::get<spectra::SkippedSpectrum>(*record));
      ++report.skipped;
    }
    ++report.read;
    if (report.read % 256 == 0) progress.note(format_count(report.read) + " spectra");
    progress.advance(reader.bytes_read() / kKilobyte);
  }
  report.ms1 += reader.counts().ms1;
}

}  // namespace

ConvertReport convert(const ConvertOptions& options, Progress& progress) {
  check_inputs(options);
  const auto writer = spectra::make_writer(choose_format(options));
  const spectra::ReadOptions read_options{.format = spectra::parse_format(options.from),
                                          .refuse_profile = !options.keep_profile,
                                          .centroid_profile = options.centroid};
  ConvertReport report;
  SkippedLog skipped(options.skipped_file);
  const auto output = open_output(options.output);
  output->write(writer->header());
  report.failed_inputs =
      for_each_input(options.inputs, read_options, [&](const std::string& input, spectra::SpectrumReader& reader) {
        progress.start("converting " + input, reader.bytes_total() / 1024, "KB");
        copy_records(reader, *writer, *output, skipped, progress, report);
        progress.finish();
      });
  output->write(writer->footer());
  output->commit();
  report.reasons = skipped.commit();
  return report;
}

}  // namespace molbridge::service
