#include "molbridge/service/identify.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/eval/calibration.hpp"
#include "molbridge/retrieve/query.hpp"
#include "molbridge/service/batch_identifier.hpp"
#include "molbridge/service/peak_table.hpp"
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
  if (options.prior_file.empty() != options.prior_column.empty()) {
    throw Error(ErrorCode::kUsage, "--prior names a column of the table --prior-file: give both or none");
  }
  if (options.explain == "-" && options.output == "-") {
    throw Error(ErrorCode::kUsage, "results and annotated peaks cannot both go to standard output")
        .remedy("Name a file: --explain peaks.tsv.");
  }
}

void require_second_stage(const Engine& engine, const IdentifyOptions& options) {
  if (engine.reranker) return;
  if (options.explain.empty() && options.explain_top == 0 && options.shortlist == 0) return;
  throw Error(ErrorCode::kUsage,
              "--explain, --explain-top and --shortlist are about the second stage, and there is none")
      .remedy("Name a model of two stages, and leave --stages 1 out.");
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

ProvenancePart stage_part(const std::string& name, const std::string& digest) {
  return {name, {{"digest", ResultField::of(digest)}}};
}

void add_stages(const Engine& engine, const IdentifyOptions& options, Provenance& provenance) {
  provenance.options.emplace_back("stages", std::to_string(engine.stages()));
  if (!engine.reranker) return;
  provenance.parts.push_back(stage_part("first_stage", engine.model->digest()));
  provenance.parts.push_back(stage_part("second_stage", engine.reranker->digest()));
  provenance.options.emplace_back("shortlist", std::to_string(shortlist_of(engine, options.shortlist)));
}

void add_prior(const Prior& prior, Provenance& provenance) {
  provenance.parts.push_back({"prior",
                              {{"file", ResultField::of(prior.file)},
                               {"digest", ResultField::of(prior.digest)},
                               {"column", ResultField::of(prior.column)},
                               {"weight", ResultField::number(format_shortest(prior.weight))},
                               {"molecules", ResultField::count(prior.molecules)},
                               {"rows_of_bank", ResultField::count(prior.of_row.size())},
                               {"score", ResultField::of("score + weight * ln(1 + value)")}}});
}

Provenance provenance_of(const Engine& engine, const IdentifyOptions& options, const BatchOptions& batch) {
  Provenance provenance;
  provenance.model_name = engine.model_name();
  provenance.model_digest = engine.model_digest();
  provenance.bank_folder = engine.bank->folder();
  provenance.bank_digest = engine.bank->manifest().digest;
  provenance.bank_count = engine.bank->size();
  provenance.inputs = options.inputs;
  const retrieve::QueryOptions& query = batch.query;
  provenance.options = {{"from", options.from},
                        {"centroid", options.centroid ? "true" : "false"},
                        {"tolerance", query.tolerance.str()},
                        {"formula", query.formula ? query.formula->hill() : ""},
                        {"adduct", query.adduct ? query.adduct->str() : ""},
                        {"ion_mode", options.ion_mode},
                        {"top_k", std::to_string(options.top_k)},
                        {"convention", std::string(retrieve::name(engine.model->convention()))}};
  add_stages(engine, options, provenance);
  if (batch.judge.prior) add_prior(*batch.judge.prior, provenance);
  return provenance;
}

BatchOptions batch_options(const Engine& engine, const IdentifyOptions& options) {
  BatchOptions batch;
  batch.query = query_options(options);
  batch.judge.top_k = options.top_k;
  batch.judge.shortlist = options.shortlist;
  batch.explain_top = options.explain_top == 0 && !options.explain.empty() ? 1 : options.explain_top;
  batch.threads = options.threads;
  if (!options.prior_file.empty()) {
    batch.judge.prior = std::make_shared<const Prior>(
        read_prior(options.prior_file, options.prior_column, options.prior_weight, *engine.bank));
  }
  return batch;
}

/// Results in, text and totals out; and what a report has besides.
class IdentifySink {
 public:
  IdentifySink(const Engine& engine, const IdentifyOptions& options, const BatchOptions& batch, IdentifyReport& report)
      : with_prior_(batch.judge.prior != nullptr),
        has_q_values_(engine.reranker != nullptr),
        sink_(options.output, options.format, identify_layout(with_prior_), provenance_of(engine, options, batch)),
        report_(report) {
    if (!options.explain.empty()) peaks_ = std::make_unique<PeakTable>(options.explain);
    if (has_q_values_) sink_.hold();
  }

  void add(IdentifiedRecord& record) {
    QueryResult& result = record.result;
    Answer answer = answer_of(result, with_prior_);
    sink_.add(answer);
    result.query_index = answer.query_index;
    if (has_q_values_) probabilities_.push_back(probability_of(result));
    if (peaks_) peaks_->add(result);
    report_.damaged_input = report_.damaged_input || record.damaged_input;
    for (const std::string& note : record.notes) notes_.add(note, where(answer));
    if (report_.first.size() == IdentifyReport::kMaxFirst) return;
    report_.first.push_back(result);
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
    const std::vector<double> q_values = eval::q_values(probabilities_);
    const auto known = [&](std::uint64_t query) { return query < q_values.size() && !std::isnan(q_values[query]); };
    for (QueryResult& result : report_.first) {
      if (known(result.query_index)) result.q_value = q_values[result.query_index];
    }
    sink_.finish([&](Answer& answer) {
      if (known(answer.query_index)) set_q_value(answer, q_values[answer.query_index]);
    });
    if (peaks_) peaks_->finish();
  }

 private:
  /// Of the best hit; NaN where there is none.
  static double probability_of(const QueryResult& result) {
    const bool known = !result.candidates.empty() && result.candidates.front().verdict.has_value();
    return known ? result.candidates.front().verdict->probability : std::numeric_limits<double>::quiet_NaN();
  }

  bool with_prior_, has_q_values_;
  ResultSink sink_;
  IdentifyReport& report_;
  ReasonTally notes_;
  std::unique_ptr<PeakTable> peaks_;
  std::vector<double> probabilities_;  // of every spectrum's best hit
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
    for (IdentifiedRecord& record : identifier_.identify(batch_)) sink_.add(record);
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
  require_second_stage(engine, options);
  const BatchOptions batch = batch_options(engine, options);
  const spectra::ReadOptions read_options{.format = spectra::parse_format(options.from),
                                          .centroid_profile = options.centroid};
  IdentifyReport report;
  if (batch.judge.prior) report.prior_molecules = batch.judge.prior->of_row.size();
  IdentifySink sink(engine, options, batch, report);
  const BatchIdentifier identifier(engine, batch);
  Stream stream(identifier, sink, progress);
  report.failed_inputs = for_each_input(
      options.inputs, read_options,
      [&](const std::string& input, spectra::SpectrumReader& reader) { stream.read(input, reader, report); });
  sink.finish();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace molbridge::service
