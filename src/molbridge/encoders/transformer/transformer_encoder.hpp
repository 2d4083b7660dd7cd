#pragma once
// The SequenceEncoder over a frozen transformer.

#include <memory>
#include <string>

#include "molbridge/encoders/sequence_encoder.hpp"

namespace molbridge::encoders {

/// As SequenceEncoder::open, with a tokenizer of the caller's.
std::shared_ptr<const SequenceEncoder> open_transformer(const std::string& folder,
                                                        const SequenceEncoderOptions& options,
                                                        std::shared_ptr<const Tokenizer> tokenizer);

}  // namespace molbridge::encoders
