#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/spectra/folder_reader.hpp"
#include "molbridge/spectra/mzml_reader.hpp"
#include "molbridge/spectra/reader.hpp"
#include "molbridge/spectra/sniff.hpp"
#include "molbridge/spectra/text_reader.hpp"

namespace molbridge::spectra {
namespace {

[[noreturn]] void refuse(const std::string& name, std::string what) {
  throw Error(ErrorCode::kInput, std::move(what))
      .in_file(name)
      .remedy(
          "Read are MGF, MSP, MassBank records, MassSpecGym TSV, JSON, mzML and mzXML, each also as .gz; vendor files: "
          "msconvert FILE --mzML --filter \"peakPicking vendor msLevel=1-\"");
}

Format detect(LineSource& source, const std::string& name) {
  const std::string_view head = source.peek(kSniffBytes);
  if (head.empty() && !source.truncated()) refuse(name, "the file is empty");
  const Format format = sniff_content(head);
  if (format != Format::kAuto) return format;
  if (looks_binary(head)) refuse(name, "binary data of no spectrum format");
  const Format by_name = sniff_name(name);
  if (by_name == Format::kAuto || by_name == Format::kJson) refuse(name, "no spectrum format fits the content");
  return by_name;
}

}  // namespace

std::unique_ptr<SpectrumReader> open_spectra(std::unique_ptr<LineSource> source, std::string name,
                                             const ReadOptions& options) {
  const Format format = options.format == Format::kAuto ? detect(*source, name) : options.format;
  switch (format) {
    case Format::kMgf: return make_mgf_reader(std::move(source), std::move(name), options);
    case Format::kMsp: return make_msp_reader(std::move(source), std::move(name), options);
    case Format::kMassBank: return make_massbank_reader(std::move(source), std::move(name), options);
    case Format::kMassSpecGym: return make_massspecgym_reader(std::move(source), std::move(name), options);
    case Format::kJson: return make_json_reader(std::move(source), std::move(name), options);
    case Format::kMzml:
    case Format::kMzxml: return make_mzml_reader(std::move(source), std::move(name), options);
    case Format::kAuto: break;
  }
  throw Error(ErrorCode::kInternal, "a spectrum format without a reader");
}

std::unique_ptr<SpectrumReader> open_spectra(const std::string& path, const ReadOptions& options) {
  if (path != "-" && folder_exists(path)) return open_folder(path, options);
  return open_spectra(LineSource::open(path), path, options);
}

}  // namespace molbridge::spectra
