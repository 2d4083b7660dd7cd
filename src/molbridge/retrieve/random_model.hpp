#pragma once
// A model that knows nothing: the row "Random" of a table, measured instead of computed.

#include <memory>

#include "molbridge/retrieve/spectrum_model.hpp"

namespace molbridge::retrieve {

/// What --model says for it; a folder of that name is reached as ./random.
inline constexpr char kRandomModel[] = "random";

/// A vector of standard normal numbers that follows from the seed and from what the query is: its id, peaks and precursor. The space is named by the
/// caller, since the model is at home in every one.
std::shared_ptr<const SpectrumModel> make_random_model(std::string target_encoder, std::string target_encoder_digest,
                                                       std::uint64_t width, std::uint64_t seed);

}  // namespace molbridge::retrieve
