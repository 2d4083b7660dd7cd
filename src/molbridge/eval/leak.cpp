#include "molbridge/eval/leak.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/text.hpp"

namespace molbridge::eval {
namespace {

Verdict exchangeable_verdict(const LeakCheck& check, double tests, const LeakLevels& levels) {
  // Two statistics stand for one check.
  const double p_hit = 2 * tests * check.p_hit, p_place = 2 * tests * check.p_place;
  if (p_hit < levels.leak && check.gain >= levels.hit_margin) return Verdict::kLeak;
  if (p_place < levels.leak && std::abs(check.place - 0.5) >= levels.place_margin) return Verdict::kLeak;
  return std::min(p_hit, p_place) < levels.suspicious ? Verdict::kSuspicious : Verdict::kOk;
}

Verdict prior_verdict(const LeakCheck& check, double tests, const LeakLevels& levels) {
  const bool leaks = check.gain >= std::max(check.leak_from, levels.hit_margin);
  if (leaks && 2 * tests * check.p_hit < levels.leak) return Verdict::kLeak;
  return 2 * tests * std::min(check.p_hit, check.p_place) < levels.suspicious ? Verdict::kPrior : Verdict::kOk;
}

std::string exchangeable_threshold(double tests, const LeakLevels& levels) {
  return "LEAK: p x " + format_shortest(2 * tests) + " < " + format_shortest(levels.leak) + " and hit@1 " +
         format_shortest(100 * levels.hit_margin) + " points above chance or mean place " +
         format_shortest(levels.place_margin) + " off 0.5; suspicious: p x " + format_shortest(2 * tests) + " < " +
         format_shortest(levels.suspicious);
}

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk: return "ok";
    case Verdict::kPrior: return "prior";
    case Verdict::kSuspicious: return "suspicious";
    case Verdict::kLeak: return "LEAK";
    case Verdict::kNotRun: return "not run";
  }
  return "";
}

void judge(std::vector<LeakCheck>& checks, const LeakLevels& levels) {
  const auto count = [&](Judge kind) {
    return static_cast<double>(std::count_if(checks.begin(), checks.end(), [&](const LeakCheck& check) {
      return check.judge == kind && check.verdict != Verdict::kNotRun;
    }));
  };
  const double exchangeable = count(Judge::kExchangeable), priors = count(Judge::kPrior);
  for (LeakCheck& check : checks) {
    if (check.verdict == Verdict::kNotRun || check.judge == Judge::kFixed) continue;
    if (check.judge == Judge::kExchangeable) {
      check.verdict = exchangeable_verdict(check, exchangeable, levels);
      check.threshold = exchangeable_threshold(exchangeable, levels);
    } else {
      check.verdict = prior_verdict(check, priors, levels);
      check.threshold = "prior: p x " + format_shortest(2 * priors) + " < " + format_shortest(levels.suspicious) +
                        (std::isinf(check.leak_from)
                             ? ", never a leak"
                             : "; LEAK: p x " + format_shortest(2 * priors) + " < " + format_shortest(levels.leak) +
                                   " and half of the model's gain over chance");
    }
  }
}

LeakCheck not_run(std::string id, std::string title, std::string why) {
  LeakCheck check;
  check.id = std::move(id);
  check.title = std::move(title);
  check.verdict = Verdict::kNotRun;
  check.advice = std::move(why);
  return check;
}

}  // namespace molbridge::eval
