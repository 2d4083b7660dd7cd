#include "molbridge/service/run_report.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/eval/curves.hpp"
#include "molbridge/service/run_curves.hpp"

namespace molbridge::service {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::vector<std::string> all_metrics(const std::vector<RunCurves>& runs) {
  std::vector<std::string> out;
  for (const RunCurves& run : runs) {
    for (const std::string& metric : run.metrics()) {
      if (!contains(out, metric)) out.push_back(metric);
    }
  }
  return out;
}

/// Errors: kUsage, with the nearest name that exists.
void require_metric(const std::vector<RunCurves>& runs, const std::string& metric, const std::string& x) {
  for (const RunCurves& run : runs) {
    if (run.curve(metric, x)) return;
  }
  const std::vector<std::string> known = all_metrics(runs);
  const auto meant = nearest(metric, known);
  throw Error(ErrorCode::kUsage,
              "no run has the metric \"" + metric + "\"" + (meant ? "; did you mean " + *meant + "?" : ""))
      .remedy("They have: " + join(known, ", "));
}

/// "validation.recall_at_1" -> "validation Recall@1"
std::string display_name(std::string metric) {
  std::string prefix;
  if (metric.starts_with("validation.")) {
    prefix = "validation ";
    metric = metric.substr(11);
  }
  if (metric.starts_with("recall_at_")) return prefix + "Recall@" + metric.substr(10);
  if (metric == "mrr") return prefix + "MRR";
  std::replace(metric.begin(), metric.end(), '_', ' ');
  return prefix + metric;
}

plot::Panel empty_panel(const std::string& metric, const std::string& x) {
  plot::Panel panel;
  panel.y.label = display_name(metric);
  panel.x.label = x == "seconds" ? "time (s)" : x == "epoch" ? "epochs" : "optimiser steps";
  return panel;
}

void add_curve(plot::Panel& panel, const std::string& label, const Curve& curve, std::uint64_t smooth) {
  plot::Series series;
  series.label = label;
  series.x = curve.x;
  series.y = curve.y;
  if (smooth > 1) {
    series.faint = true;
    panel.series.push_back(series);
    series.faint = false;
    series.y = eval::running_mean(curve.y, smooth);
  }
  panel.series.push_back(std::move(series));
}

plot::Panel panel_of(const std::vector<RunCurves>& runs, const std::string& metric, const RunReportOptions& options) {
  plot::Panel panel = empty_panel(metric, options.x);
  if (contains(options.log, metric)) panel.y.scale = plot::Scale::kLog;
  for (const RunCurves& run : runs) {
    const auto curve = run.curve(metric, options.x);
    // Validations are few, and the schedule is no measurement.
    const bool noisy = run.training.find(metric) != nullptr && metric != "learning_rate";
    if (curve) add_curve(panel, run.label, *curve, noisy ? options.smooth : 1);
  }
  return panel;
}

std::vector<Cell> curve_row(const RunCurves& run, const std::string& metric, const Curve& curve) {
  const eval::CurveSummary s = eval::summarize_curve(curve.x, curve.y, eval::better_of(metric));
  return {run.label, metric, std::uint64_t{s.points}, s.first, s.last, s.best, s.best_at};
}

std::vector<std::pair<std::string, Cell>> run_facts(const std::vector<RunCurves>& runs, const std::string& x) {
  std::vector<std::string> folders;
  for (const RunCurves& run : runs) folders.push_back(run.folder);
  return {{"runs", join(folders, " ")}, {"x", x}};
}

struct LabelMeans {
  std::string label;
  std::vector<std::vector<double>> values;  // [column][run], finite ones

  double mean(std::size_t column) const {
    double sum = 0;
    for (const double value : values[column]) sum += value;
    return values[column].empty() ? std::nan("") : sum / static_cast<double>(values[column].size());
  }
};

const std::vector<std::string> kStabilityColumns{
    "final", "best", "best_at", "largest_drop", "largest_drop_at", "mean_abs_change", "share_worse"};

std::vector<double> stability_values(const eval::CurveSummary& s) {
  return {s.last, s.best, s.best_at, s.largest_drop, s.largest_drop_at, s.mean_absolute_change, s.share_worse};
}

void add_to_label(std::vector<LabelMeans>& labels, const std::string& label, const std::vector<double>& values) {
  auto at = std::find_if(labels.begin(), labels.end(), [&](const LabelMeans& one) { return one.label == label; });
  if (at == labels.end()) {
    labels.push_back({label, std::vector<std::vector<double>>(values.size())});
    at = labels.end() - 1;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) at->values[i].push_back(values[i]);
  }
}

/// Means over runs; of the final value also the range.
Table label_table(const std::vector<LabelMeans>& labels) {
  Table table{{"label", "runs", "final_mean", "final_low", "final_high", "best_mean", "largest_drop_mean",
               "largest_drop_high", "mean_abs_change_mean", "share_worse_mean"},
              {}};
  const auto low = [](const std::vector<double>& v) {
    return v.empty() ? std::nan("") : *std::min_element(v.begin(), v.end());
  };
  const auto high = [](const std::vector<double>& v) {
    return v.empty() ? std::nan("") : *std::max_element(v.begin(), v.end());
  };
  for (const LabelMeans& one : labels) {
    const auto& finals = one.values[0];
    table.rows.push_back({one.label, std::uint64_t{finals.size()}, one.mean(0), low(finals), high(finals), one.mean(1),
                          one.mean(3), high(one.values[3]), one.mean(5), one.mean(6)});
  }
  return table;
}

}  // namespace

Analysis report_runs(const RunReportOptions& options) {
  const std::vector<RunCurves> runs = read_runs(options.runs, options.labels);
  const std::vector<std::string> metrics = options.metrics.empty() ? all_metrics(runs) : options.metrics;
  Analysis out;
  out.kind = "report";
  out.facts = run_facts(runs, options.x);
  Table table{{"run", "metric", "points", "first", "last", "best", "best_" + options.x}, {}};
  for (const std::string& metric : metrics) {
    require_metric(runs, metric, options.x);
    out.figure.panels.push_back(panel_of(runs, metric, options));
    for (const RunCurves& run : runs) {
      if (const auto curve = run.curve(metric, options.x)) table.rows.push_back(curve_row(run, metric, *curve));
    }
  }
  for (const std::string& metric : options.log) require_metric(runs, metric, options.x);
  out.tables.emplace_back("curves", std::move(table));
  return out;
}

Analysis analyze_stability(const StabilityOptions& options) {
  const std::vector<RunCurves> runs = read_runs(options.runs, options.labels);
  require_metric(runs, options.metric, options.x);
  Analysis out;
  out.kind = "stability";
  out.facts = run_facts(runs, options.x);
  out.facts.emplace_back("metric", options.metric);
  plot::Panel panel = empty_panel(options.metric, options.x);
  Table table{{"label", "run", "validations"}, {}};
  table.columns.insert(table.columns.end(), kStabilityColumns.begin(), kStabilityColumns.end());
  std::vector<LabelMeans> labels;
  for (const RunCurves& run : runs) {
    const auto curve = run.curve(options.metric, options.x);
    if (!curve) {
      throw Error(ErrorCode::kInput, "has no " + options.metric + ", which other runs have").in_file(run.folder);
    }
    const eval::CurveSummary s = eval::summarize_curve(curve->x, curve->y, eval::better_of(options.metric));
    std::vector<Cell> row{run.label, run.folder, std::uint64_t{s.points}};
    for (const double value : stability_values(s)) row.emplace_back(value);
    table.rows.push_back(std::move(row));
    add_to_label(labels, run.label, stability_values(s));
    add_curve(panel, run.label, *curve, 1);
    panel.series.back().mark = plot::Mark::kLinePoints;
  }
  out.figure.panels.push_back(std::move(panel));
  out.tables.emplace_back("runs", std::move(table));
  out.tables.emplace_back("labels", label_table(labels));
  return out;
}

}  // namespace molbridge::service
