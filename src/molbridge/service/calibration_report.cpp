#include "molbridge/service/calibration_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "molbridge/chem/closeness.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/evaluation_report.hpp"

namespace molbridge::service {
namespace {

double rounded(double value) { return std::round(value * 1e5) / 1e5; }

ForecastReport report_of(std::span<const eval::Forecast> forecasts, const eval::CalibrationOptions& options) {
  using eval::Binning, eval::Unit;
  return {eval::calibration_figures(forecasts, Unit::kSpectrum, options),
          eval::calibration_figures(forecasts, Unit::kCompound, options),
          eval::reliability_curve(forecasts, Binning::kEqualWidth, Unit::kCompound, options.bins),
          eval::reliability_curve(forecasts, Binning::kEqualCount, Unit::kCompound, options.bins)};
}

Json interval_json(const eval::MeanInterval& interval) {
  return {{"value", rounded(interval.mean)}, {"ci95", {rounded(interval.low), rounded(interval.high)}}};
}

Json figures_json(const eval::CalibrationFigures& figures) {
  return {{"mean_probability", rounded(figures.mean_probability)},
          {"observed", rounded(figures.observed)},
          {"ece", interval_json(figures.ece)},
          {"ece_if_true", interval_json(figures.ece_if_true)},
          {"ece_equal_count", interval_json(figures.ece_equal_count)},
          {"brier", interval_json(figures.brier)},
          {"log_loss", interval_json(figures.log_loss)}};
}

Json curve_json(const std::vector<eval::ReliabilityBin>& curve) {
  Json out = Json::array();
  for (const eval::ReliabilityBin& bin : curve) {
    out.push_back({{"from", rounded(bin.low)},
                   {"to", rounded(bin.high)},
                   {"queries", bin.queries},
                   {"weight", rounded(bin.weight)},
                   {"probability", rounded(bin.probability)},
                   {"observed", rounded(bin.observed)},
                   {"observed_ci95", {rounded(bin.observed_low), rounded(bin.observed_high)}}});
  }
  return out;
}

Json forecast_json(const ForecastReport& report) {
  return {{"by_spectrum", figures_json(report.by_spectrum)},
          {"by_compound", figures_json(report.by_compound)},
          {"reliability",
           {{"equal_width", curve_json(report.equal_width)}, {"equal_count", curve_json(report.equal_count)}}}};
}

Json q_values_json(const std::vector<eval::QValueCheck>& checks) {
  Json out = Json::array();
  for (const eval::QValueCheck& check : checks) {
    Json row = {{"threshold", check.threshold}, {"accepted", check.accepted}, {"compounds", check.compounds}};
    row["promised_wrong"] = check.accepted > 0 ? Json(rounded(check.expected_wrong)) : Json();
    row["wrong"] = check.accepted > 0 ? Json(rounded(check.wrong.mean)) : Json();
    row["wrong_ci95"] = check.accepted > 0 ? Json({rounded(check.wrong.low), rounded(check.wrong.high)}) : Json();
    out.push_back(std::move(row));
  }
  return out;
}

std::string figures_line(const std::string& name, const ForecastReport& report) {
  const auto part = [](const eval::CalibrationFigures& f) {
    return fmt::format("{:>7.3f} ({:.3f} - {:.3f})", f.ece.mean, f.ece.low, f.ece.high);
  };
  return fmt::format("{:<10}{:>9.3f}{:>10.3f}  {}  {}{:>8.3f}", name, report.by_compound.mean_probability,
                     report.by_compound.observed, part(report.by_compound), part(report.by_spectrum),
                     report.by_compound.brier.mean);
}

std::string q_value_line(const eval::QValueCheck& check) {
  if (check.accepted == 0) return fmt::format("  q <= {:<5}{:>8}", check.threshold, 0);
  return fmt::format("  q <= {:<5}{:>8} of {:<6} compounds{:>8.3f}{:>10.3f} ({:.3f} - {:.3f})", check.threshold,
                     format_count(check.accepted), format_count(check.compounds), check.expected_wrong,
                     check.wrong.mean, check.wrong.low, check.wrong.high);
}

}  // namespace

CalibrationReport report_calibration(std::span<const eval::Forecast> correct, std::span<const eval::Forecast> close,
                                     const eval::CalibrationOptions& options) {
  CalibrationReport out;
  out.correct = report_of(correct, options);
  out.close = report_of(close, options);
  out.queries = out.correct.by_spectrum.queries;
  out.without = correct.size() - out.queries;
  out.q_values = eval::check_q_values(correct, kQValues, options);
  return out;
}

std::optional<CalibrationReport> report_calibration(const std::vector<QueryResultRow>& rows,
                                                    const eval::CalibrationOptions& options) {
  std::vector<eval::Forecast> correct, close;
  bool any = false;
  for (const QueryResultRow& row : rows) {
    any = any || row.probability.has_value();
    correct.push_back({row.probability.value_or(std::nan("")), row.top_correct(), row.outcome.compound});
    close.push_back({row.probability_close.value_or(std::nan("")), row.top_close, row.outcome.compound});
  }
  if (!any) return std::nullopt;
  return report_calibration(correct, close, options);
}

std::string calibration_json(const CalibrationReport& report) {
  const Json json = {{"queries", report.queries},
                     {"without_probability", report.without},
                     {"unit", "shares of 1"},
                     {"assumption", "the molecule is among the candidates"},
                     {"close", "the molecule, or Tanimoto " + format_shortest(chem::kCloseTanimoto) +
                                   " and more (Morgan radius 2, 2048 bits), or MCES distance " +
                                   format_shortest(chem::kCloseMces) + " and less"},
                     {"probability", forecast_json(report.correct)},
                     {"probability_close", forecast_json(report.close)},
                     {"q_values", q_values_json(report.q_values)}};
  return json.dump();
}

std::vector<std::string> calibration_text(const CalibrationReport& report) {
  std::vector<std::string> out;
  out.push_back(fmt::format("{:<10}{:>9}{:>10}  {:<24}  {:<24}{:>6}", "share", "said", "observed", "  ECE by compound",
                            "  ECE by spectrum", "Brier"));
  out.push_back(figures_line("correct", report.correct));
  out.push_back(figures_line("close", report.close));
  out.push_back("answers with a q-value up to:           promised  wrong (95 % interval)");
  for (const eval::QValueCheck& check : report.q_values) out.push_back(q_value_line(check));
  return out;
}

}  // namespace molbridge::service
