#pragma once
// Nearest library spectrum as a model: the vector of a query is that of the molecule whose library spectrum is most like it. What
// recognising spectra gives without any learning.

#include <memory>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"

namespace molbridge::retrieve {

/// The mean of the neighbours' molecules, each weighted by its similarity; zeros for a query that is like no spectrum of the library, so that
/// all candidates tie. Equal similarities: the spectrum that stands first in the library. Cost of loading: a sort of all peaks. Errors: kModel.
std::shared_ptr<const SpectrumModel> load_library_model(const nn::ModelFolder& folder);

}  // namespace molbridge::retrieve
