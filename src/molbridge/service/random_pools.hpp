#pragma once
// Pools in which every molecule gets a score by chance: what the random model ranks in.

#include <memory>

#include "molbridge/service/candidate_pools.hpp"

namespace molbridge::service {

/// The pools of `source`; scores are independent and uniform in [0, 1), and follow from the query vector and the molecule's place in the pool alone. So
/// every rank of the truth is as likely as any other, whatever the molecules are: a cosine with a random vector would prefer those that lie
/// apart, and would tie those of one fingerprint.
std::unique_ptr<PoolSource> make_random_pools(std::unique_ptr<PoolSource> source);

}  // namespace molbridge::service
