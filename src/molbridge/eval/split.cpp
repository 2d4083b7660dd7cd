#include "molbridge/eval/split.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <unordered_map>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::eval {
namespace {

void check_shares(std::span<const double> shares) {
  double sum = 0;
  bool valid = !shares.empty();
  for (const double share : shares) {
    valid &= share >= 0;
    sum += share;
  }
  if (!valid || std::abs(sum - 1) > 1e-6) {
    throw Error(ErrorCode::kUsage,
                "the shares of the folds are " + format_shortest(sum) + " in all, none may be negative")
        .remedy("give shares that sum to 1, e.g. 0.8,0.1,0.1");
  }
}

std::vector<std::vector<std::size_t>> members_of(std::span<const std::size_t> group_of) {
  std::vector<std::vector<std::size_t>> members;
  for (std::size_t item = 0; item < group_of.size(); ++item) {
    if (group_of[item] >= members.size()) members.resize(group_of[item] + 1);
    members[group_of[item]].push_back(item);
  }
  return members;
}

}  // namespace

const std::vector<SplitBy>& all_split_kinds() {
  static const std::vector<SplitBy> kinds{SplitBy::kInchikey, SplitBy::kFormula, SplitBy::kScaffold,
                                          SplitBy::kMurckoHistogram, SplitBy::kMces};
  return kinds;
}

std::string name(SplitBy by) {
  switch (by) {
    case SplitBy::kFormula: return "formula";
    case SplitBy::kInchikey: return "inchikey";
    case SplitBy::kScaffold: return "scaffold";
    case SplitBy::kMces: return "mces";
    case SplitBy::kMurckoHistogram: return "murcko-histogram";
  }
  return "";
}

SplitBy parse_split_by(std::string_view text) {
  std::vector<std::string> names;
  for (const SplitBy by : all_split_kinds()) {
    if (name(by) == text) return by;
    names.push_back(name(by));
  }
  const auto near = nearest(text, names);
  throw Error(ErrorCode::kUsage,
              "no split by \"" + std::string(text) + "\"" + (near ? "; did you mean " + *near + "?" : ""))
      .remedy("there are " + join(names, ", "));
}

std::vector<std::size_t> group_by_key(std::span<const std::string> keys) {
  std::unordered_map<std::string_view, std::size_t> group_of_key;
  std::vector<std::size_t> groups;
  groups.reserve(keys.size());
  for (const std::string& key : keys)
    groups.push_back(group_of_key.try_emplace(key, group_of_key.size()).first->second);
  return groups;
}

std::vector<int> assign_folds(std::span<const std::size_t> group_of, std::span<const double> shares,
                              std::uint64_t seed) {
  check_shares(shares);
  std::vector<std::vector<std::size_t>> groups = members_of(group_of);
  Rng rng(seed, "split");
  rng.shuffle(std::span(groups));
  std::ranges::stable_sort(groups, std::greater<>(), [](const auto& group) { return group.size(); });
  std::vector<double> lacking;
  for (const double share : shares) lacking.push_back(share * static_cast<double>(group_of.size()));
  std::vector<int> folds(group_of.size(), 0);
  for (const auto& group : groups) {
    const auto fold = static_cast<std::size_t>(std::ranges::max_element(lacking) - lacking.begin());
    lacking[fold] -= static_cast<double>(group.size());
    for (const std::size_t item : group) folds[item] = static_cast<int>(fold);
  }
  return folds;
}

std::vector<int> assign_murcko_folds(std::span<const chem::MurckoHistogram> histograms,
                                     std::span<const double> shares) {
  check_shares(shares);
  std::map<chem::MurckoHistogram, std::vector<std::size_t>> members;
  for (std::size_t item = 0; item < histograms.size(); ++item) members[histograms[item]].push_back(item);
  std::vector<const std::pair<const chem::MurckoHistogram, std::vector<std::size_t>>*> groups;
  for (const auto& group : members) groups.push_back(&group);
  std::ranges::stable_sort(groups, std::greater<>(), [](const auto* group) { return group->second.size(); });

  std::vector<int> folds(histograms.size(), 0);
  std::vector<const chem::MurckoHistogram*> held_out;
  std::size_t fold = 1;
  std::size_t in_fold = 0;
  const auto full = [&] {
    return shares[fold] <= 0 || static_cast<double>(in_fold) > shares[fold] * static_cast<double>(histograms.size());
  };
  for (std::size_t k = groups.empty() ? 0 : groups.size() / 2 + 1; k-- > 0;) {
    while (fold < shares.size() && full()) {
      ++fold;
      in_fold = 0;
    }
    if (fold >= shares.size()) break;
    const auto& [histogram, items] = *groups[k];
    if (std::ranges::any_of(held_out, [&](const auto* other) { return chem::murcko_alike(histogram, *other); }))
      continue;
    held_out.push_back(&histogram);
    in_fold += items.size();
    for (const std::size_t item : items) folds[item] = static_cast<int>(fold);
  }
  return folds;
}

SharedKeys find_shared(std::span<const std::string> keys, std::span<const int> folds) {
  MOLBRIDGE_CHECK(keys.size() == folds.size(), std::to_string(keys.size()));
  SharedKeys shared;
  std::unordered_map<std::string_view, std::size_t> first_of_key;
  std::set<std::string_view> counted;
  for (std::size_t item = 0; item < keys.size(); ++item) {
    const auto [at, is_new] = first_of_key.try_emplace(keys[item], item);
    if (is_new || folds[at->second] == folds[item] || !counted.insert(keys[item]).second) continue;
    if (shared.count++ == 0) {
      shared.first = at->second;
      shared.second = item;
    }
  }
  return shared;
}

}  // namespace molbridge::eval
