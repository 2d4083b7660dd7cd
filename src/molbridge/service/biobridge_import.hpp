#pragma once
// A checkpoint in the layout of BioBridge's becomes a model folder. Private to the service. Format page: docs/formats/biobridge.md.

#include <string>

#include "molbridge/nn/weights.hpp"
#include "molbridge/service/import_plan.hpp"

namespace molbridge::service {

/// By its keys.
bool is_biobridge_checkpoint(const nn::Weights& weights);

/// Names of types and relations: of `config` (JSON: node_types, relation_types, n_head), where it says them, else those of PrimeKG by their
/// published ids; heads 12 as published. "": no config. The frozen encoders stay unnamed: the checkpoint does not know their weights. Errors: kModel.
ImportPlan plan_biobridge(const nn::Weights& weights, const std::string& config);

}  // namespace molbridge::service
