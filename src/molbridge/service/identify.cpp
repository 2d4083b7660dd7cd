#include "molbridge/service/identify.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/retrieve/query.hpp"
#include "molbridge/service/batch_identifier.hpp"
#include "molbridge/service/result_sink.hpp"
#include "molbridge/service/spectrum_inputs.hpp"
#include "molbridge/spectra/reader.hpp"

namespace molbridge::service {
namespace {

constexpr std::size_t kBatchRecords = 256;
constexpr std::size_t kBatchPeaks = 4'000'000;  // bounds the memory of a batch of spectra that are mostly noise

void check_options(const IdentifyOptions& options) {
  if (options.inputs.empty()) throw Error(ErrorCode::kUsage, "no input is named");
  if (std::count(options.inputs.begin(), options.inputs.end(), "-") > 1) {
    throw Error(ErrorCode::kUsage, "standard input (-) is named twice");
  }
  if (options.top_k == 0) throw Error(ErrorCode::kUsage, "--top-k must be at least 1");
  if (!std::isfinite(options.ppm) || options.ppm < 0)
    throw Error(ErrorCode::kUsage, "--ppm must be a number of 0 or more");
}

retrieve::QueryOptions query_options(const IdentifyOptions& options) {
  retrieve::QueryOptions resolved;
  resolved.tolerance = mass::Tolerance::ppm(options.ppm);
  resolved.ion_mode = mass::parse_ion_mode(options.ion_mode);
  if (resolved.ion_mode == mass::IonMode::kUnknown && options.ion_mode != "auto") {
    throw Error(ErrorCode::kUsage, "--ion-mode '" + options.ion_mode + "' is none of positive, negative, auto");
  }
  if (options.formula) {
    const auto formula = mass::Formula::parse(*options.formula);
    if (!formula) throw Error(ErrorCode::kUsage, "--formula: " + formula.reason());
    resolved.formula = *formula;
  }
  if (options.adduct) {
    const auto adduct = mass::Adduct::parse(*options.adduct, resolved.ion_mode);
    if (!adduct) throw Error(ErrorCode::kUsage, "--adduct: " + adduct.reason());
    resolved.adduct = *adduct;
  }
  return resolved;
}

Provenance provenance_of(const Engine& engine, const IdentifyOptions& options, const retrieve::QueryOptions& query) {
  Provenance provenance;
  provenance.model_name = engine.model->name();
  provenance.model_digest = engine.model->digest();
  provenance.bank_folder = engine.bank->folder();
  provenance.bank_digest = engine.bank->manifest().digest;
  provenance.bank_count = engine.bank->size();
  provenance.inputs = options.inputs;
  provenance.options = {{"from", options.from},
                        {"centroid", options.centroid ? "true" : "false"},
                        {"tolerance", query.tolerance.str()},
                        {"formula", query.formula ? query.formula->hill() : ""},
                        {"adduct", query.adduct ? query.adduct->str() : ""},
                        {"ion_mode", options.ion_mode},
                        {"top_k", std::to_string(options.top_k)},
                        {"convention", std::string(retrieve::name(engine.model->convention()))}};
  return provenance;
}

/// Results in, text and totals out; and what a report has besides.
class IdentifySink {
 public:
  IdentifySink(const IdentifyOptions& options, Provenance provenance, IdentifyReport& report)
      : sink_(options.output, options.format, identify_layout(), std::move(provenance)), report_(report) {}

  void add(const IdentifiedRecord& record) {
    Answer answer = answer_of(record.result);
    sink_.add(answer);
    report_.damaged_input = report_.damaged_input || record.damaged_input;
    for (const std::string& note : record.notes) notes_.add(note, where(answer));
    if (report_.first.size() == IdentifyReport::kMaxFirst) return;
    report_.first.push_back(record.result);
    report_.first.back().query_index = answer.query_index;
    auto& candidates = report_.first.back().candidates;
    if (candidates.size() > 1) candidates.erase(candidates.begin() + 1, candidates.end());
  }

  std::uint64_t read() const { return sink_.totals().read; }

  void finish() {
    sink_.totals().ms1 = report_.ms1;
    report_.read = sink_.totals().read;
    report_.ranked = sink_.totals().ranked;
    report_.no_candidates = sink_.totals().no_candidates;
    report_.skipped = sink_.totals().skipped;
    report_.skip_reasons = sink_.skip_reasons();
    report_.notes = notes_.groups();
    sink_.finish();
  }

 private:
  ResultSink sink_;
  IdentifyReport& report_;
  ReasonTally notes_;
};

/// Cuts the records of one source into batches.
class Stream {
 public:
  Stream(const BatchIdentifier& identifier, IdentifySink& sink, Progress& progress)
      : identifier_(identifier), sink_(sink), progress_(progress) {}

  void read(const std::string& input, spectra::SpectrumReader& reader, IdentifyReport& report) {
    constexpr std::uint64_t kKilobyte = 1024;
    progress_.start("identifying " + input, reader.bytes_total() / kKilobyte, "KB");
    while (auto record = reader.next()) {
      check_interrupt();
      add(std::move(*record));
      progress_.advance(reader.bytes_read() / kKilobyte);
    }
    flush();
    progress_.finish();
    report.ms1 += reader.counts().ms1;
  }

 private:
  void add(spectra::Record record) {
    if (const auto* spectrum = std::get_if<spectra::Spectrum>(&record)) peaks_ += spectrum->peaks.size();
    batch_.push_back(std::move(record));
    if (batch_.size() >= kBatchRecords || peaks_ >= kBatchPeaks) flush();
  }

  void flush() {
    for (const IdentifiedRecord& record : identifier_.identify(batch_)) sink_.add(record);
    batch_.clear();
    peaks_ = 0;
    progress_.note(format_count(sink_.read()) + " spectra");
  }

  const BatchIdentifier& identifier_;
  IdentifySink& sink_;
  Progress& progress_;
  std::vector<spectra::Record> batch_;
  std::size_t peaks_ = 0;
};

}  // namespace

IdentifyReport identify(const Engine& engine, const IdentifyOptions& options, Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  check_options(options);
  const retrieve::QueryOptions query = query_options(options);
  const spectra::ReadOptions read_options{.format = spectra::parse_format(options.from),
                                          .centroid_profile = options.centroid};
  IdentifyReport report;
  IdentifySink sink(options, provenance_of(engine, options, query), report);
  const BatchIdentifier identifier(engine, query, options.top_k, options.threads);
  Stream stream(identifier, sink, progress);
  report.failed_inputs = for_each_input(
      options.inputs, read_options,
      [&](const std::string& input, spectra::SpectrumReader& reader) { stream.read(input, reader, report); });
  sink.finish();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace molbridge::service
