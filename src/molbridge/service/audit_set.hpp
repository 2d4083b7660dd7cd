#pragma once
// What an audit looks at: known spectra, the list of each compound as given, every string described. Private to the audit.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/eval/leak_checks.hpp"
#include "molbridge/service/audit.hpp"
#include "molbridge/service/evaluation_set.hpp"

namespace molbridge::service {

/// Lists are per compound: checks without a spectrum would only see the same list again. A compound whose queries name different lists
/// takes the first; `other_lists` counts the rest.
struct AuditSet {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  EvaluationSet set;
  std::vector<eval::LeakCandidate> table;
  std::vector<eval::LeakList> lists;
  std::vector<std::size_t> compound_of_list;  ///< index into set.compounds
  std::vector<std::size_t> list_of_compound;  ///< kNone without one
  std::vector<std::string> skip_reasons;      ///< of every query; "" for one that has a list
  std::uint64_t other_lists = 0;
};

/// Errors: kInput, kModel (bank), kCancelled.
AuditSet load_audit_set(const AuditOptions& options, Progress& progress);

}  // namespace molbridge::service
