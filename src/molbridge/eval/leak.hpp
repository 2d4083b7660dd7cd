#pragma once
// What a leak audit says of one check, and how evidence becomes a verdict. Page: docs/audit.md. Values and pure functions; thread-safe.
//
// Every test asks the same question: given the list alone, is the truth exchangeable with the other candidates? If it is, every rule that
// looks at the list, or at a query that has nothing to do with it, finds the truth as often as chance does, exactly. Evidence against
// that is a bound on a probability, not an estimate (leak_statistics.hpp), so that small sets raise no false alarms.

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace molbridge::eval {

enum class Verdict {
  kOk,
  kPrior,       ///< a property of the molecules, not of the files: what any model must beat
  kSuspicious,  ///< look at it
  kLeak,        ///< figures measured on this set mean something else than they say
  kNotRun,
};
/// "ok", "prior", "suspicious", "LEAK", "not run".
std::string_view name(Verdict verdict);

/// Levels hold for the whole audit: a check's probability is multiplied by the number of checks of its kind before it is compared.
struct LeakLevels {
  double leak = 0.001;
  double suspicious = 0.01;
  double hit_margin = 0.02;    ///< least gain in hit@1 over chance (and over the control) that is called a leak
  double place_margin = 0.10;  ///< least distance of the mean place from 0.5
};

/// How a check is judged.
enum class Judge {
  kExchangeable,  ///< ok / suspicious / LEAK
  kPrior,         ///< ok / prior; LEAK from `leak_from` on
  kFixed,         ///< the verdict was decided by the check itself (counts, shares)
};

struct LeakCheck {
  std::string id;     ///< "spelling.aromatic_form"
  std::string title;  ///< for people
  std::string unit = "%";
  std::optional<double> figure, chance, ci_low, ci_high;
  std::optional<double> control;  ///< the same rule on one spelling of all
  std::uint64_t compounds = 0;    ///< that the figure rests on

  Judge judge = Judge::kFixed;
  double p_hit = 1;             ///< bounds of the probability of so good a hit@1 ...
  double p_place = 1;           ///< ... and of so extreme a mean place, where the truth is exchangeable
  double gain = 0;              ///< hit@1 over chance, and over the control where there is one
  double leak_from = HUGE_VAL;  ///< gain from which a prior is a leak, as little remains that the spectrum explains
  double place = 0.5;           ///< mean share of the other candidates that the truth is above of, ties half

  Verdict verdict = Verdict::kOk;
  std::string threshold;  ///< what decides
  std::string advice;     ///< one sentence; for kNotRun the reason
  std::vector<std::pair<std::string, double>> more;
};

/// Fills verdict, threshold and, where it is empty, nothing else of every check that is not kFixed; the two kinds are families of their own.
void judge(std::vector<LeakCheck>& checks, const LeakLevels& levels = {});

/// The same check with the reason why it could not be made.
LeakCheck not_run(std::string id, std::string title, std::string why);

}  // namespace molbridge::eval
