#pragma once
// The records of the inputs of `embed`, pushed one by one. Private to the service.

#include <functional>
#include <optional>

#include "molbridge/service/embed.hpp"
#include "molbridge/service/embed_item.hpp"
#include "molbridge/service/spectrum_inputs.hpp"

namespace molbridge::service {

/// `share` of the input's bytes read so far, 0 to 1, where that is known.
using PushItem = std::function<void(EmbedItem item, std::optional<double> share)>;

/// Every record of every input, in order. Spectra that a reader skipped come with their reason. Errors: kInput (an input of molecules, text or
/// proteins that cannot be read to its end; of spectra only when none opens), kUsage, and what `push` throws.
FailedInputs for_each_item(const EmbedOptions& options, const PushItem& push);

}  // namespace molbridge::service
