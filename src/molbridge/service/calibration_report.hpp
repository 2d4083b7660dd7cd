#pragma once
// Were the probabilities of an evaluation true? Reliability, calibration error, proper scores, and what q-values promised against what came. Pure
// functions; thread-safe. docs/evaluation.md, "Probabilities".

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "molbridge/eval/calibration.hpp"

namespace molbridge::service {

struct QueryResultRow;

/// One of the two probabilities of the hit on top.
struct ForecastReport {
  eval::CalibrationFigures by_spectrum, by_compound;
  std::vector<eval::ReliabilityBin> equal_width, equal_count;  ///< by compound
};

struct CalibrationReport {
  std::uint64_t queries = 0;  ///< with a probability
  std::uint64_t without = 0;  ///< skipped ones, which say nothing
  ForecastReport correct, close;
  std::vector<eval::QValueCheck> q_values;  ///< of `correct`, at kQValues, by spectrum
};

inline constexpr double kQValues[] = {0.05, 0.1, 0.2, 0.5};

/// Forecasts that are NaN count as `without`. Requires the same queries in both.
CalibrationReport report_calibration(std::span<const eval::Forecast> correct, std::span<const eval::Forecast> close,
                                     const eval::CalibrationOptions& options);
/// Nothing where no row has a probability.
std::optional<CalibrationReport> report_calibration(const std::vector<QueryResultRow>& rows,
                                                    const eval::CalibrationOptions& options);
/// The block "calibration" of a report, as JSON text; shares, not percent.
std::string calibration_json(const CalibrationReport& report);
/// Lines for people, the table of q-values included.
std::vector<std::string> calibration_text(const CalibrationReport& report);

}  // namespace molbridge::service
