#include <cmath>
#include <map>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/analysis.hpp"
#include "molbridge/service/per_query_table.hpp"

namespace molbridge::service {
namespace {

/// What one table of evaluate --per-query says.
struct Forecasts {
  std::string label;
  std::vector<eval::Forecast> correct, close;
};

class Reader {
 public:
  Reader(const std::string& path, std::string label)
      : table_(path, {"inchikey14", "probability", "probability_close", "top_correct", "top_close"}) {
    out_.label = std::move(label);
  }

  Forecasts read() {
    while (table_.next()) take();
    if (answered_ > 0) return std::move(out_);
    throw Error(ErrorCode::kInput, "no query has a probability")
        .in_file(table_.path())
        .remedy("Evaluate a model of two stages, without --stages 1.");
  }

 private:
  /// NaN for an empty cell. Errors: kInput.
  double share(const std::string& column) const {
    const std::string_view cell = table_.cell(column);
    if (cell.empty()) return std::nan("");
    const auto value = parse_double(cell);
    if (value && *value >= 0 && *value <= 1) return *value;
    throw Error(ErrorCode::kInput, "\"" + std::string(cell) + "\" is no share of 1")
        .at_line(table_.path(), table_.line_number());
  }

  void take() {
    // A query without a structure is a compound of its own.
    std::string key(table_.cell("inchikey14"));
    if (key.empty()) key = "\t" + std::to_string(table_.line_number());
    const std::uint64_t compound = compounds_.try_emplace(key, compounds_.size()).first->second;
    const double probability = share("probability");
    answered_ += std::isnan(probability) ? 0 : 1;
    out_.correct.push_back({probability, table_.cell("top_correct") == "1", compound});
    out_.close.push_back({share("probability_close"), table_.cell("top_close") == "1", compound});
  }

  PerQueryTable table_;
  std::map<std::string, std::uint64_t> compounds_;
  std::uint64_t answered_ = 0;
  Forecasts out_;
};

std::vector<std::string> labels_of(const CalibrationAnalysisOptions& options) {
  if (options.labels.empty()) return options.files;
  if (options.labels.size() == options.files.size()) return options.labels;
  throw Error(ErrorCode::kUsage,
              std::to_string(options.labels.size()) + " labels for " + std::to_string(options.files.size()) + " files")
      .remedy("Give one --label per file, in their order, or none.");
}

using Kinds = std::vector<std::pair<std::string, const ForecastReport*>>;
Kinds kinds_of(const CalibrationReport& report) { return {{"correct", &report.correct}, {"close", &report.close}}; }

void add_figures(const std::string& label, const CalibrationReport& report, Table& table) {
  for (const auto& [kind, forecast] : kinds_of(report)) {
    for (const auto& [unit, f] :
         {std::pair("compound", &forecast->by_compound), {"spectrum", &forecast->by_spectrum}}) {
      std::vector<Cell> row{label, kind, std::string(unit), f->queries, f->compounds, f->mean_probability, f->observed};
      for (const eval::MeanInterval& interval : {f->ece, f->ece_if_true, f->ece_equal_count, f->brier, f->log_loss}) {
        for (const double value : {interval.mean, interval.low, interval.high}) row.emplace_back(value);
      }
      table.rows.push_back(std::move(row));
    }
  }
}

Table figures_table() {
  Table table{{"model", "what", "by", "queries", "compounds", "mean_probability", "observed"}, {}};
  for (const char* name : {"ece", "ece_if_true", "ece_equal_count", "brier", "log_loss"}) {
    for (const char* part : {"", "_ci95_low", "_ci95_high"}) table.columns.push_back(std::string(name) + part);
  }
  return table;
}

void add_reliability(const std::string& label, const CalibrationReport& report, Table& table) {
  for (const auto& [kind, forecast] : kinds_of(report)) {
    for (const auto& [binning, curve] :
         {std::pair("equal width", &forecast->equal_width), {"equal count", &forecast->equal_count}}) {
      for (const eval::ReliabilityBin& bin : *curve) {
        table.rows.push_back({label, kind, std::string(binning), bin.low, bin.high, bin.queries, bin.weight,
                              bin.probability, bin.observed, bin.observed_low, bin.observed_high});
      }
    }
  }
}

void add_q_values(const std::string& label, const CalibrationReport& report, Table& table) {
  for (const eval::QValueCheck& check : report.q_values) {
    std::vector<Cell> row{label, check.threshold, check.accepted, check.compounds};
    for (const double value : {check.expected_wrong, check.wrong.mean, check.wrong.low, check.wrong.high})
      row.emplace_back(check.accepted > 0 ? value : std::nan(""));
    table.rows.push_back(std::move(row));
  }
}

plot::Panel empty_panel(const std::string& title) {
  plot::Panel panel;
  panel.title = title;
  panel.x.label = "stated probability";
  panel.y.label = "share that came true";
  panel.x.low = panel.y.low = 0;
  panel.x.high = panel.y.high = 1;
  plot::Series diagonal;
  diagonal.label = "calibrated";
  diagonal.x = diagonal.y = {0, 1};
  diagonal.faint = true;
  panel.series.push_back(std::move(diagonal));
  return panel;
}

void add_curve(const std::string& label, const std::vector<eval::ReliabilityBin>& curve, plot::Panel& panel) {
  plot::Series series;
  series.label = label;
  series.mark = plot::Mark::kLinePoints;
  for (const eval::ReliabilityBin& bin : curve) {
    series.x.push_back(bin.probability);
    series.y.push_back(bin.observed);
    series.low.push_back(bin.observed_low);
    series.high.push_back(bin.observed_high);
  }
  panel.series.push_back(std::move(series));
}

}  // namespace

Analysis analyze_calibration(const CalibrationAnalysisOptions& options) {
  const std::vector<std::string> labels = labels_of(options);
  Analysis out;
  out.kind = "calibration";
  out.facts = {{"files", join(options.files, " ")},
               {"bins", std::uint64_t{options.calibration.bins}},
               {"seed", options.calibration.seed},
               {"resamples", static_cast<std::uint64_t>(options.calibration.resamples)},
               {"assumption", std::string("the molecule is among the candidates")},
               {"intervals", std::string("95 %: bootstrap over compounds; of bins, Wilson by their compounds")}};
  Table figures = figures_table();
  Table reliability{{"model", "what", "bins", "from", "to", "queries", "weight", "probability", "observed",
                     "observed_ci95_low", "observed_ci95_high"},
                    {}};
  Table q_values{
      {"model", "q_value", "accepted", "compounds", "promised_wrong", "wrong", "wrong_ci95_low", "wrong_ci95_high"},
      {}};
  plot::Panel correct = empty_panel("correct"), close = empty_panel("close");
  for (std::size_t i = 0; i < options.files.size(); ++i) {
    const Forecasts forecasts = Reader(options.files[i], labels[i]).read();
    const CalibrationReport report = report_calibration(forecasts.correct, forecasts.close, options.calibration);
    add_figures(labels[i], report, figures);
    add_reliability(labels[i], report, reliability);
    add_q_values(labels[i], report, q_values);
    add_curve(labels[i], report.correct.equal_count, correct);
    add_curve(labels[i], report.close.equal_count, close);
  }
  out.tables.emplace_back("figures", std::move(figures));
  out.tables.emplace_back("reliability", std::move(reliability));
  out.tables.emplace_back("q_values", std::move(q_values));
  out.figure.panels = {std::move(correct), std::move(close)};
  return out;
}

}  // namespace molbridge::service
