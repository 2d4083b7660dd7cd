#include "molbridge/service/spectrum_inputs.hpp"

#include <optional>

#include "molbridge/core/error.hpp"

namespace molbridge::service {

FailedInputs for_each_input(const std::vector<std::string>& inputs, const spectra::ReadOptions& options,
                            const std::function<void(const std::string&, spectra::SpectrumReader&)>& read) {
  FailedInputs failed;
  std::optional<Error> first_failure;
  for (const std::string& input : inputs) {
    std::unique_ptr<spectra::SpectrumReader> reader;
    try {
      reader = spectra::open_spectra(input, options);
    } catch (const Error& e) {
      if (e.code() != ErrorCode::kInput) throw;
      failed.emplace_back(input, e.what());
      if (!first_failure) first_failure = e;
      continue;
    }
    read(input, *reader);
  }
  if (first_failure && failed.size() == inputs.size()) throw Error(*first_failure);
  return failed;
}

}  // namespace molbridge::service
