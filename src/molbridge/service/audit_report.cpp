#include "molbridge/service/audit_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"

namespace molbridge::service {
namespace {

using eval::LeakCheck;
using eval::Verdict;

double rounded(double value) { return std::round(value * 1000) / 1000; }

Json optional_json(const std::optional<double>& value) { return value ? Json(rounded(*value)) : Json(); }

Json check_json(const LeakCheck& check) {
  Json json = {{"id", check.id},
               {"title", check.title},
               {"verdict", eval::name(check.verdict)},
               {"figure", optional_json(check.figure)},
               {"chance", optional_json(check.chance)},
               {"ci95", check.ci_low ? Json{rounded(*check.ci_low), rounded(*check.ci_high)} : Json()},
               {"one_spelling", optional_json(check.control)},
               {"unit", check.unit},
               {"compounds", check.compounds}};
  if (check.judge != eval::Judge::kFixed && check.verdict != Verdict::kNotRun) {
    json["p_hit"] = check.p_hit;
    json["p_place"] = check.p_place;
  }
  json["threshold"] = check.threshold;
  json["advice"] = check.advice;
  for (const auto& [key, value] : check.more) json["more"][key] = rounded(value);
  return json;
}

Json options_json(const AuditOptions& options) {
  Json json = {{"spectra", options.spectra}};
  if (options.candidates.empty()) {
    json["bank"] = options.bank;
    json["pool"] = options.pool;
    if (options.pool == "ppm") json["ppm"] = options.ppm;
  } else {
    json["candidates"] = options.candidates;
    json["first_is_truth"] = options.first_is_truth;
  }
  json["model"] = options.model.empty() ? Json() : Json(options.model);
  json["train"] = options.train;
  json["seed"] = options.seed;
  json["resamples"] = options.resamples;
  json["permutations"] = options.permutations;
  return json;
}

std::string number(const std::optional<double>& value) { return value ? fmt::format("{:.2f}", *value) : ""; }

std::string row_text(const LeakCheck& check) {
  const std::string interval =
      check.ci_low && check.figure ? fmt::format("{:.2f} - {:.2f}", *check.ci_low, *check.ci_high) : "";
  const std::string title = check.verdict == Verdict::kNotRun ? check.title + ": " + check.advice : check.title;
  const std::string place =
      check.judge != eval::Judge::kFixed && check.figure ? fmt::format("{:.3f}", check.place) : "";
  return fmt::format("{:<11}{:>8}  {:<15}{:>8}{:>10}{:>8}{:>7}  {}\n", eval::name(check.verdict), number(check.figure),
                     interval, number(check.chance), number(check.control), place,
                     check.compounds > 0 ? std::to_string(check.compounds) : "", title);
}

const char* group_title(const std::string& group) {
  if (group == "spelling") return "Strings, no spectrum (hit@1, percent)";
  if (group == "structure") return "Structures in one spelling, no spectrum (hit@1, percent)";
  if (group == "order") return "Places in the lists (percent)";
  if (group == "content") return "What stands in the lists (percent)";
  if (group == "model") return "The model (hit@1, percent)";
  return "Spectra and training (percent)";
}

std::string group_of(const LeakCheck& check) {
  const std::string group = check.id.substr(0, check.id.find('.'));
  return group == "set" ? "train" : group;
}

/// What to do, worst first; a threshold that several checks share is said once.
std::string advice_text(const AuditReport& report) {
  std::string out;
  std::string threshold;
  for (const Verdict verdict : {Verdict::kLeak, Verdict::kSuspicious}) {
    for (const LeakCheck& check : report.checks) {
      if (check.verdict != verdict) continue;
      out += fmt::format("{}: {} ({})\n    {}\n", eval::name(verdict), check.title, check.id, check.advice);
      if (check.threshold != threshold) out += "    decided by " + check.threshold + "\n";
      threshold = check.threshold;
    }
  }
  return out.empty() ? "" : "\n" + out;
}

}  // namespace

std::string audit_json(const AuditOptions& options, const AuditReport& report) {
  Json json = {{"tool", "molbridge"},
               {"version", version()},
               {"toolkit", chem::toolkit_version()},
               {"options", options_json(options)},
               {"queries", report.queries},
               {"compounds", report.compounds},
               {"unlabelled_spectra", report.unlabelled},
               {"distinct_candidates", report.candidates}};
  json["skip_reasons"] = Json::object();
  for (const auto& [reason, count] : report.skip_reasons) json["skip_reasons"][reason] = count;
  for (const Verdict verdict :
       {Verdict::kLeak, Verdict::kSuspicious, Verdict::kPrior, Verdict::kOk, Verdict::kNotRun}) {
    json["verdicts"][std::string(eval::name(verdict))] = report.count(verdict);
  }
  json["leaks"] = report.count(Verdict::kLeak) > 0;
  json["checks"] = Json::array();
  for (const LeakCheck& check : report.checks) json["checks"].push_back(check_json(check));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string audit_text(const AuditReport& report) {
  std::string out;
  std::string group;
  for (const LeakCheck& check : report.checks) {
    if (group_of(check) != group) {
      group = group_of(check);
      out +=
          fmt::format("{}{}\n{:<11}{:>8}  {:<15}{:>8}{:>10}{:>8}{:>7}\n", out.empty() ? "" : "\n", group_title(group),
                      "verdict", "figure", "95 % interval", "chance", "one form", "place", "lists");
    }
    out += row_text(check);
  }
  out += advice_text(report);
  out += fmt::format("\n{} LEAK, {} suspicious, {} prior, {} ok, {} not run: {}\n", report.count(Verdict::kLeak),
                     report.count(Verdict::kSuspicious), report.count(Verdict::kPrior), report.count(Verdict::kOk),
                     report.count(Verdict::kNotRun),
                     report.count(Verdict::kLeak) > 0 ? "the set leaks; figures measured on it as it is do not hold"
                                                      : "no leak found");
  return out;
}

std::string audit_tsv(const AuditSet& audit, const eval::LeakSet& set, const AuditModelOutcome& model) {
  std::string out =
      "inchikey14\ttruth\tstandardised\tcandidates\tmolecules\tplace\ttruth_added\ttruth_copies\tmodel_hit\tmodel_hit_"
      "as_given\n";
  const auto hit = [](const std::vector<double>& hits, std::size_t i) {
    return i < hits.size() && !std::isnan(hits[i]) ? format_fixed(hits[i], 4) : "";
  };
  for (std::size_t i = 0; i < set.lists.size(); ++i) {
    const eval::LeakList& list = set.lists[i];
    const eval::LeakCandidate& truth = set.table[list.candidates[list.truth]];
    out += audit.set.compounds[audit.compound_of_list[i]].inchikey14 + "\t" + tsv_cell(truth.spelling.given) + "\t" +
           truth.spelling.standard + "\t" + std::to_string(list.candidates.size()) + "\t" +
           std::to_string(set.distinct[i].candidates.size()) + "\t" + std::to_string(list.truth + 1) + "\t" +
           (list.truth_added ? "1" : "0") + "\t" + std::to_string(list.copies) + "\t" + hit(model.hits, i) + "\t" +
           hit(model.given_hits, i) + "\n";
  }
  return out;
}

}  // namespace molbridge::service
