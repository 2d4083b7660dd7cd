#include "molbridge/service/convert.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/output.hpp"
#include "molbridge/spectra/writer.hpp"

namespace molbridge::service {
namespace {

/// "profile data (1912 points)" and "profile data (88 points)" are one reason.
std::string without_numbers(std::string_view reason) {
  std::string out;
  for (const char c : reason) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) {
      out.push_back(c);
    } else if (out.empty() || out.back() != '#') {
      out.push_back('#');
    }
  }
  return out;
}

/// Skipped records of one run: all of them in a file if one was asked for, grouped by reason in the report.
class SkippedLog {
 public:
  SkippedLog(const std::string& file, ConvertReport& report) : report_(report) {
    if (file.empty()) return;
    output_ = open_output(file);
    output_->write("source\tline\tindex\tid\treason\n");
  }

  void add(const spectra::SkippedSpectrum& record) {
    ++report_.skipped;
    if (output_) {
      output_->write(tsv_cell(record.source) + "\t" + std::to_string(record.line) + "\t" +
                     std::to_string(record.index) + "\t" + tsv_cell(record.id) + "\t" + tsv_cell(record.reason) + "\n");
    }
    const auto [it, is_new] = groups_.try_emplace(group_key(record.reason), report_.reasons.size());
    if (is_new) report_.reasons.push_back({0, record});
    ++report_.reasons[it->second].count;
  }

  void commit() {
    if (output_) output_->commit();
  }

 private:
  // Reasons that quote the record could be as many as there are records; memory must not grow with them.
  static constexpr std::size_t kMaxGroups = 100;

  std::string group_key(const std::string& reason) const {
    std::string key = without_numbers(reason);
    return groups_.size() < kMaxGroups || groups_.contains(key) ? key : std::string();
  }

  ConvertReport& report_;
  std::unique_ptr<Output> output_;
  std::map<std::string, std::size_t> groups_;
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
  const spectra::ReadOptions read_options{.format = spectra::parse_format(options.from)};
  ConvertReport report;
  std::optional<Error> first_failure;
  SkippedLog skipped(options.skipped_file, report);
  const auto output = open_output(options.output);
  output->write(writer->header());
  for (const std::string& input : options.inputs) {
    std::unique_ptr<spectra::SpectrumReader> reader;
    try {
      reader = spectra::open_spectra(input, read_options);
    } catch (const Error& e) {
      if (e.code() != ErrorCode::kInput) throw;
      report.failed_inputs.emplace_back(input, e.what());
      if (!first_failure) first_failure = e;
      continue;
    }
    progress.start("converting " + input, reader->bytes_total() / 1024, "KB");
    copy_records(*reader, *writer, *output, skipped, progress, report);
    progress.finish();
  }
  if (first_failure && report.failed_inputs.size() == options.inputs.size()) throw Error(*first_failure);
  output->write(writer->footer());
  output->commit();
  skipped.commit();
  return report;
}

}  // namespace molbridge::service
