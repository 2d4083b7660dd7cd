#include "molbridge/eval/leak_checks.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "molbridge/chem/fingerprint.hpp"

namespace molbridge::eval {

LeakCandidate describe_candidate(std::string given) {
  LeakCandidate out;
  out.spelling = spell_candidate(std::move(given));
  if (!out.spelling.parsed) return out;
  const auto molecule = chem::Molecule::from_smiles(out.spelling.standard);
  const auto key = molecule ? chem::inchikey14(*molecule) : Result<std::string>(Failure{"unreadable"});
  if (!key) {
    out.spelling.parsed = false;
    return out;
  }
  out.inchikey14 = *key;
  out.formula = molecule->formula().hill();
  out.mass = molecule->monoisotopic_mass();
  const chem::BitFingerprint bits = chem::morgan(*molecule, {2, 1024});
  for (int bit = 0; bit < bits.num_bits; ++bit) {
    if (bits.test(bit)) out.morgan.push_back(static_cast<std::uint16_t>(bit));
  }
  return out;
}

LeakList distinct_molecules(const LeakList& list, std::span<const LeakCandidate> table) {
  LeakList out;
  out.truth_added = list.truth_added;
  const LeakCandidate& truth = table[list.candidates[list.truth]];
  if (!truth.spelling.parsed) return out;
  std::unordered_set<std::string> seen{truth.inchikey14};
  for (std::size_t i = 0; i < list.candidates.size(); ++i) {
    const LeakCandidate& candidate = table[list.candidates[i]];
    if (i == list.truth) out.truth = out.candidates.size();
    if (i != list.truth && (!candidate.spelling.parsed || !seen.insert(candidate.inchikey14).second)) continue;
    out.candidates.push_back(list.candidates[i]);
  }
  return out;
}

LeakSet make_leak_set(std::span<const LeakCandidate> table, std::vector<LeakList> lists) {
  LeakSet set{table, std::move(lists), {}};
  for (const LeakList& list : set.lists) set.distinct.push_back(distinct_molecules(list, table));
  return set;
}

LeakCheck ranker_check(std::string id, std::string title, const RankerOutcome& outcome, Judge judge,
                       std::string advice) {
  LeakCheck check;
  check.id = std::move(id);
  check.title = std::move(title);
  check.judge = judge;
  check.compounds = outcome.compounds;
  check.advice = std::move(advice);
  check.place = outcome.place;
  check.p_hit = outcome.p_hit;
  check.p_place = outcome.p_place;
  check.gain = outcome.hit - outcome.chance;
  if (outcome.compounds == 0) return check;
  check.figure = 100 * outcome.hit;
  check.chance = 100 * outcome.chance;
  check.ci_low = 100 * outcome.ci_low;
  check.ci_high = 100 * outcome.ci_high;
  check.more.emplace_back("mean_place", outcome.place);
  check.more.emplace_back("takes_highest", outcome.highest ? 1 : 0);
  return check;
}

double best_attainable(std::span<const LeakList> lists) {
  double log_p = 0;
  for (const LeakList& list : lists)
    log_p -= std::log(std::max<double>(1, static_cast<double>(list.candidates.size())));
  return std::exp(log_p);
}

}  // namespace molbridge::eval
