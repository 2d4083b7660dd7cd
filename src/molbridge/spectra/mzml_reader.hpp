#pragma once
// Readers of mzML (0.99 to 1.1, indexed or not) and mzXML (1 to 3.2), told apart by the root element.
//
// One pass over the XML from front to back: works on files, gzip and pipes alike, and an index at the end is never looked at, so
// a wrong one does no harm. Format page: docs/formats/mzml.md; choice of library: docs/adr/0002-mzml-library.md.

#include <memory>
#include <string>

#include "molbridge/core/line_source.hpp"
#include "molbridge/spectra/reader.hpp"

namespace molbridge::spectra {

/// Reads up to the root element. `name` becomes Spectrum::source ("-" for standard input).
///
/// Where the file breaks off or stops being XML, next() gives the whole spectra before the place and then one skipped record with
/// damaged_input; so it does when the list of spectra ends before the count that it declares. A spectrum whose own arrays are
/// corrupt is skipped alone.
///
/// Errors   kInput when the root element is not one of mzML or mzXML, or there is none.
/// Threads  not thread-safe.
/// Cost     memory is bounded by one chunk of the file and the largest spectrum (options.max_peaks).
std::unique_ptr<SpectrumReader> make_mzml_reader(std::unique_ptr<LineSource> source, std::string name,
                                                 const ReadOptions& options);

/// The same by path, "-" for standard input. Errors: kInput also when `format` is kMzml or kMzxml and the file is the other one.
std::unique_ptr<SpectrumReader> open_mzml(const std::string& path, const ReadOptions& options = {},
                                          Format format = Format::kAuto);

}  // namespace molbridge::spectra
