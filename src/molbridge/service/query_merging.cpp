#include "molbridge/service/query_merging.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/spectrum/spectrum_input.hpp"
#include "molbridge/spectra/consensus.hpp"

namespace molbridge::service {
namespace {

/// What the spectra of one merged query have in common.
struct GroupKey {
  std::size_t compound = 0;
  std::string adduct;
  mass::IonMode ion_mode = mass::IonMode::kUnknown;
  std::string energy;
  auto operator<=>(const GroupKey&) const = default;
};

GroupKey key_of(const EvaluationQuery& query, Merge merge) {
  if (merge == Merge::kScores) return {query.compound, "", mass::IonMode::kUnknown, ""};
  const encoders::SpectrumInput input = encoders::spectrum_input(query.spectrum);
  const bool by_energy = merge == Merge::kCompoundEnergy;
  return {query.compound, input.adduct, input.ion_mode,
          by_energy ? std::string(query.spectrum.field("collision_energy")) : ""};
}

std::vector<std::vector<std::size_t>> groups_of(const EvaluationSet& set, Merge merge) {
  std::map<GroupKey, std::size_t> index;
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < set.queries.size(); ++i) {
    const EvaluationQuery& query = set.queries[i];
    if (!query.skip_reason.empty()) {
      groups.push_back({i});
      continue;
    }
    const auto [at, is_new] = index.try_emplace(key_of(query, merge), groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].push_back(i);
  }
  return groups;
}

/// Members by id, so that the order of the files does not matter.
std::vector<EvaluationQuery> take_members(EvaluationSet& set, const std::vector<std::size_t>& group) {
  std::vector<EvaluationQuery> members;
  for (const std::size_t i : group) members.push_back(std::move(set.queries[i]));
  std::stable_sort(members.begin(), members.end(),
                   [](const EvaluationQuery& a, const EvaluationQuery& b) { return a.spectrum.id < b.spectrum.id; });
  return members;
}

EvaluationQuery merged_query(std::vector<EvaluationQuery> members, Merge merge) {
  EvaluationQuery out;
  out.compound = members.front().compound;
  out.pool_key = members.front().pool_key;
  out.merged_from = members.size();
  const encoders::SpectrumInput input = encoders::spectrum_input(members.front().spectrum);
  std::vector<spectra::Spectrum> spectra;
  for (EvaluationQuery& member : members) {
    if (out.list_key.empty()) out.list_key = member.list_key;
    spectra.push_back(std::move(member.spectrum));
  }
  if (merge == Merge::kScores) {
    out.spectrum = std::move(spectra.front());
    spectra.erase(spectra.begin());
    out.more = std::move(spectra);
    return out;
  }
  out.spectrum = spectra::consensus(spectra);
  out.spectrum.adduct = input.adduct;  // all have it, perhaps in several spellings
  out.spectrum.ion_mode = input.ion_mode;
  return out;
}

}  // namespace

Merge parse_merge(const std::string& text) {
  if (text == "none") return Merge::kNone;
  if (text == "compound") return Merge::kCompound;
  if (text == "compound-energy") return Merge::kCompoundEnergy;
  if (text == "scores") return Merge::kScores;
  throw Error(ErrorCode::kUsage, "no such way to merge queries: " + text)
      .remedy("Known: none, compound, compound-energy, scores.");
}

MergeReport merge_queries(EvaluationSet& set, Merge merge) {
  MergeReport report;
  if (merge == Merge::kNone) return report;
  std::vector<EvaluationQuery> merged;
  for (const auto& group : groups_of(set, merge)) {
    std::vector<EvaluationQuery> members = take_members(set, group);
    if (!members.front().skip_reason.empty()) {
      merged.push_back(std::move(members.front()));
      continue;
    }
    report.spectra += members.size();
    ++report.queries;
    const bool alone = members.size() == 1;  // as it is: a consensus of one would only rescale it
    merged.push_back(alone ? std::move(members.front()) : merged_query(std::move(members), merge));
  }
  set.queries = std::move(merged);
  return report;
}

}  // namespace molbridge::service
