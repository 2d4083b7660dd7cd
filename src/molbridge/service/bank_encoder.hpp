#pragma once
// The encoder that made a bank, for queries that must be encoded as its rows were.

#include <memory>

#include "molbridge/bank/bank.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"

namespace molbridge::service {

/// Errors: kModel when this build of molbridge does not know the bank's encoder or makes other vectors with it; the
/// message says which two digests differ and what to run.
std::shared_ptr<const encoders::MoleculeEncoder> encoder_of(const bank::Bank& bank);

}  // namespace molbridge::service
