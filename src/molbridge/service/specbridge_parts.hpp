#pragma once
// Which tensor of a SpecBridge checkpoint is what. Private to the service.

#include <map>
#include <string>
#include <vector>

#include "molbridge/nn/weights.hpp"

namespace molbridge::service {

struct SpecbridgeParts {
  std::vector<std::string> spectrum;            ///< spectrum encoder, head and mapper, by name
  std::map<std::string, std::string> molecule;  ///< name in a Hugging Face file to name in the checkpoint
  std::vector<std::string> dropped;             ///< one line per group, with the reason
  std::vector<std::string> notes;
};

/// Errors: kModel naming the tensors that belong to no part.
SpecbridgeParts sort_specbridge_tensors(const nn::Weights& weights);

/// Number of values of those tensors.
std::uint64_t count_values(const nn::Weights& weights, const std::vector<std::string>& names);

/// Compares the molecule encoder with the weights in a Hugging Face folder, in words. Errors: kModel when a file there is damaged.
std::string compare_molecule_encoder(const nn::Weights& weights, const SpecbridgeParts& parts,
                                     const std::string& folder);

/// Refuses a config.json whose sizes are not those of the tensors. Errors: kModel naming the key.
void check_molecule_config(const nn::Weights& weights, const SpecbridgeParts& parts, const std::string& folder);

}  // namespace molbridge::service
