#pragma once
// Where a command may put a model folder. Private to the service.

#include <string>

namespace molbridge::service {

/// Errors: kOutput where something stands that is no model folder, or one that is not to be replaced (`force`). An empty folder is fine.
void check_model_target(const std::string& target, bool force);

}  // namespace molbridge::service
