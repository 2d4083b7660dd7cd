#include "molbridge/service/audit.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/eval/leak_checks.hpp"
#include "molbridge/service/audit_model.hpp"
#include "molbridge/service/audit_report.hpp"
#include "molbridge/service/audit_set.hpp"
#include "molbridge/service/audit_train.hpp"
#include "molbridge/service/output.hpp"

namespace molbridge::service {
namespace {

void check_options(const AuditOptions& options) {
  const bool by_file = !options.candidates.empty();
  if (by_file && (!options.pool.empty() || !options.bank.empty())) {
    throw Error(ErrorCode::kUsage, "--candidates and --bank/--pool exclude each other")
        .remedy("Take lists from a file (--candidates C.json) or from a bank (--bank DIR --pool formula).");
  }
  if (!by_file && (options.bank.empty() || (options.pool != "formula" && options.pool != "ppm"))) {
    throw Error(ErrorCode::kUsage, "nothing to audit: give --candidates C.json, or --bank DIR with --pool formula|ppm");
  }
  if (options.first_is_truth && !by_file) throw Error(ErrorCode::kUsage, "--first-is-truth needs --candidates");
}

void count_queries(const AuditSet& audit, AuditReport& report) {
  std::map<std::string, std::uint64_t> reasons;
  for (const std::string& reason : audit.skip_reasons) {
    if (reason.empty()) {
      ++report.queries;
    } else {
      ++reasons[reason];
    }
  }
  report.compounds = audit.lists.size();
  report.unlabelled = audit.set.unlabelled;
  report.candidates = audit.table.size();
  report.skip_reasons.assign(reasons.begin(), reasons.end());
}

void append(std::vector<eval::LeakCheck>& all, std::vector<eval::LeakCheck> more) {
  for (eval::LeakCheck& check : more) all.push_back(std::move(check));
}

/// Few small lists cannot show a leak at the levels of the audit: saying "ok" of them would be a promise.
void mark_powerless(std::vector<eval::LeakCheck>& checks, double best) {
  const auto tests = static_cast<double>(std::count_if(checks.begin(), checks.end(), [](const eval::LeakCheck& check) {
    return check.judge == eval::Judge::kExchangeable;
  }));
  if (2 * tests * best < eval::LeakLevels{}.leak) return;
  for (eval::LeakCheck& check : checks) {
    if (check.judge == eval::Judge::kFixed || check.verdict == eval::Verdict::kNotRun) continue;
    check.verdict = eval::Verdict::kNotRun;
    check.advice = "so few lists could not show a leak, even if a rule found every truth";
  }
}

std::unique_ptr<Output> output_or_none(const std::string& path) { return path.empty() ? nullptr : open_output(path); }

void write(Output* output, const std::string& text) {
  if (output == nullptr) return;
  output->write(text);
  output->commit();
}

}  // namespace

std::uint64_t AuditReport::count(eval::Verdict verdict) const {
  return static_cast<std::uint64_t>(std::count_if(
      checks.begin(), checks.end(), [&](const eval::LeakCheck& check) { return check.verdict == verdict; }));
}

AuditReport audit(const AuditOptions& options, Progress& progress) {
  check_options(options);
  const auto output = output_or_none(options.output);  // before hours of work, not after
  const auto per_query = output_or_none(options.per_query);
  const AuditSet audit = load_audit_set(options, progress);
  AuditReport report;
  count_queries(audit, report);
  if (audit.lists.empty()) {
    throw Error(ErrorCode::kInput, "none of " + format_count(audit.set.read) + " spectra has a structure and a list")
        .remedy("Lists are found by the query's SMILES, id or InChIKey; spectra without SMILES need --first-is-truth.");
  }
  const eval::LeakSet set = eval::make_leak_set(audit.table, audit.lists);
  const eval::LeakOptions leak_options{options.seed, options.resamples};
  using Checks = std::vector<eval::LeakCheck>;
  const std::vector<std::function<Checks()>> groups{
      [&] { return eval::spelling_checks(set, leak_options); },
      [&] { return eval::order_checks(set, options.first_is_truth, leak_options); },
      [&] { return eval::content_checks(set, leak_options); },
      [&] { return eval::structure_checks(set, leak_options); }};
  progress.start("checking lists", groups.size(), "groups of checks");
  for (std::size_t i = 0; i < groups.size(); ++i) {
    append(report.checks, groups[i]());
    progress.advance(i + 1);
  }
  progress.finish();
  AuditModelOutcome model = model_checks(audit, set, options, progress);
  append(report.checks, std::move(model.checks));
  append(report.checks, train_checks(audit, options, progress));
  mark_powerless(report.checks, eval::best_attainable(set.lists));
  eval::judge(report.checks);
  write(output.get(), audit_json(options, report));
  write(per_query.get(), audit_tsv(audit, set, model));
  return report;
}

}  // namespace molbridge::service
