#pragma once
// Checks of an audit that compare the queries with the spectra a model was trained on, and with each other. Private to the audit.

#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/eval/leak.hpp"
#include "molbridge/service/audit_set.hpp"

namespace molbridge::service {

/// Errors: kInput, kCancelled.
std::vector<eval::LeakCheck> train_checks(const AuditSet& audit, const AuditOptions& options, Progress& progress);

}  // namespace molbridge::service
