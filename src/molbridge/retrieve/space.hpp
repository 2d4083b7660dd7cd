#pragma once
// A model may search a bank only where both speak of the same space.

#include "molbridge/bank/bank.hpp"
#include "molbridge/retrieve/query_model.hpp"

namespace molbridge::retrieve {

/// Errors: kModel when the bank was made by another encoder than the model maps into, or is of another width. The
/// message has both digests and the command that builds a bank that fits.
void require_same_space(const QueryModel& model, const bank::Bank& bank);

/// Errors: kModel when the model says nothing of the molecules that its vectors are to be compared with.
void require_target_space(const QueryModel& model);

}  // namespace molbridge::retrieve
