#pragma once
// Options of `embed` for networks over tokens. Private to the service.

#include <string>
#include <utility>
#include <vector>

#include "molbridge/encoders/sequence_encoder.hpp"
#include "molbridge/service/embed.hpp"

namespace molbridge::service {

/// Errors: kUsage.
encoders::SequenceEncoderOptions sequence_options(const EmbedOptions& options);
std::vector<std::pair<std::string, std::string>> sequence_settings(const encoders::SequenceEncoder& network,
                                                                   const EmbedOptions& options);

}  // namespace molbridge::service
