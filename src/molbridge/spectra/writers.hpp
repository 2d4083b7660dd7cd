#pragma once
// The writers behind make_writer. Not thread-safe.

#include <memory>

#include "molbridge/spectra/writer.hpp"

namespace molbridge::spectra {

std::unique_ptr<SpectrumWriter> make_mgf_writer();
std::unique_ptr<SpectrumWriter> make_msp_writer();
std::unique_ptr<SpectrumWriter> make_json_writer();

}  // namespace molbridge::spectra
