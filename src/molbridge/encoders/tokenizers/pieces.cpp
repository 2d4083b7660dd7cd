#include "molbridge/encoders/tokenizers/pieces.hpp"

#include <algorithm>

namespace molbridge::encoders {
namespace {

// The first match of a run is glued to the piece before it. `merge` decides from (this is a hit, the one before was a hit).
template <class Merge>
void glue(std::vector<Match>& matches, Merge merge) {
  std::vector<Match> made;
  bool previous_hit = false;
  for (const auto& match : matches) {
    if (merge(match.hit, previous_hit) && !made.empty()) {
      made.back().begin = std::min(made.back().begin, match.begin);  // works from either side
      made.back().end = std::max(made.back().end, match.end);
    } else {
      made.push_back({match.begin, match.end, false});
    }
    previous_hit = match.hit;
  }
  matches = std::move(made);
}

}  // namespace

void apply_behaviour(std::vector<Match>& matches, Behaviour behaviour) {
  const auto first_of_run = [](bool hit, bool previous_hit) { return hit && !previous_hit; };
  switch (behaviour) {
    case Behaviour::kRemoved: return;
    case Behaviour::kIsolated:
      for (auto& match : matches) match.hit = false;
      return;
    case Behaviour::kContiguous: glue(matches, [](bool hit, bool previous_hit) { return hit == previous_hit; }); return;
    case Behaviour::kMergedWithPrevious: glue(matches, first_of_run); return;
    case Behaviour::kMergedWithNext:
      std::reverse(matches.begin(), matches.end());
      glue(matches, first_of_run);
      std::reverse(matches.begin(), matches.end());
      return;
  }
}

}  // namespace molbridge::encoders
