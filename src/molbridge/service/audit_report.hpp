#pragma once
// The report of an audit: JSON, a table for people, a table of compounds. Page: docs/audit.md. Private to the audit and the command line.

#include <string>
#include <vector>

#include "molbridge/service/audit.hpp"
#include "molbridge/service/audit_model.hpp"
#include "molbridge/service/audit_set.hpp"

namespace molbridge::service {

/// No dates and no timings: the same inputs give the same bytes.
std::string audit_json(const AuditOptions& options, const AuditReport& report);
/// Every check in a line, then what to do about those that are not ok, then the outcome.
std::string audit_text(const AuditReport& report);
/// A row per compound that has a list.
std::string audit_tsv(const AuditSet& audit, const eval::LeakSet& set, const AuditModelOutcome& model);

}  // namespace molbridge::service
