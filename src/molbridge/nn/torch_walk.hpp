#pragma once
// Finds the weights in the unpickled content of a PyTorch file and gives them names.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "molbridge/nn/pickle.hpp"

namespace molbridge::nn {

struct NamedNodes {
  std::map<std::string, const pickle::Node*> tensors;
  std::vector<std::string> dropped;
};

/// Steps into state_dict, model_state_dict, model, module and the like, then flattens dictionaries, lists and modules (pickled whole or as
/// TorchScript) to dotted names. `budget`: steps that may be taken, since the paths of a graph can be exponentially many.
/// Errors: kModel when nested too deeply, too many paths or overlong names.
NamedNodes find_weights(const pickle::Node& root, const std::string& path, std::uint64_t budget);

}  // namespace molbridge::nn
