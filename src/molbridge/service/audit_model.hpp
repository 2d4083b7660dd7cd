#pragma once
// Checks of an audit that ask a model: queries that have nothing to do with the list, the truth's own vector, ties, strings as given. Private
// to the audit.

#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/eval/leak.hpp"
#include "molbridge/eval/leak_checks.hpp"
#include "molbridge/service/audit_set.hpp"

namespace molbridge::service {

/// What the model finds, for the table of compounds. Fractions, by list; NaN where no query of the compound has a vector.
struct AuditModelOutcome {
  std::vector<eval::LeakCheck> checks;
  std::vector<double> hits;        ///< hit@1 by expected ties, in one spelling
  std::vector<double> given_hits;  ///< the same of strings as given; empty where the model does not read strings
};

/// Errors: kModel, kCancelled.
AuditModelOutcome model_checks(const AuditSet& audit, const eval::LeakSet& set, const AuditOptions& options,
                               Progress& progress);

}  // namespace molbridge::service
