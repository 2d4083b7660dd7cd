#pragma once
// Kinds "transe", "distmult", "complex", "rotate": vectors of the nodes and relations of a graph (train/graph_embedding_task.hpp).

#include <memory>

#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

/// The kind is the config's.
std::unique_ptr<TrainingJob> make_graph_embedding_job(const Config& config);

}  // namespace molbridge::service_train
