#include "molbridge/service/reason_tally.hpp"

#include <algorithm>

namespace molbridge::service {
namespace {

/// The sentence without what differs between two of a kind.
std::string kind_of(std::string_view reason) {
  std::string kind;
  char closing = 0;
  for (const char c : reason) {
    if (closing != 0) {
      if (c == closing) closing = 0;
      continue;
    }
    const bool is_digit = c >= '0' && c <= '9';
    if (c == '\'' || c == '[') closing = c == '[' ? ']' : c;
    const bool in_number = !kind.empty() && kind.back() == '#';
    if (in_number && (is_digit || c == '.' || c == ',')) continue;
    kind += is_digit ? '#' : c;
  }
  return kind;
}

}  // namespace

void ReasonTally::add(const std::string& reason, const std::string& where) {
  std::string kind = kind_of(reason);
  if (groups_.size() >= kMaxGroups && !index_.contains(kind)) kind.clear();
  const auto [entry, is_new] = index_.try_emplace(std::move(kind), groups_.size());
  if (is_new) groups_.push_back({0, reason, where});
  ++groups_[entry->second].count;
}

std::vector<ReasonGroup> ReasonTally::groups() const {
  std::vector<ReasonGroup> sorted = groups_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  return sorted;
}

}  // namespace molbridge::service
