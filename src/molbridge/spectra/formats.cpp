#include <array>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/spectra/reader.hpp"
#include "molbridge/spectra/sniff.hpp"
#include "molbridge/spectra/writer.hpp"

namespace molbridge::spectra {
namespace {

constexpr std::array<std::pair<Format, std::string_view>, 8> kFormats = {{{Format::kAuto, "auto"},
                                                                          {Format::kMgf, "mgf"},
                                                                          {Format::kMsp, "msp"},
                                                                          {Format::kMassBank, "massbank"},
                                                                          {Format::kMassSpecGym, "massspecgym"},
                                                                          {Format::kMzml, "mzml"},
                                                                          {Format::kMzxml, "mzxml"},
                                                                          {Format::kJson, "json"}}};

constexpr std::array<std::pair<OutputFormat, std::string_view>, 3> kOutputFormats = {
    {{OutputFormat::kMgf, "mgf"}, {OutputFormat::kMsp, "msp"}, {OutputFormat::kJson, "json"}}};

template <typename Table>
auto by_name(const Table& table, std::string_view text, std::string_view what) {
  std::vector<std::string> names;
  for (const auto& [value, known] : table) {
    if (iequals(known, text)) return value;
    names.emplace_back(known);
  }
  Error error(ErrorCode::kUsage, "unknown " + std::string(what) + " '" + std::string(text) + "'");
  const auto meant = nearest(text, names);
  throw error.remedy(meant ? "did you mean " + *meant + "?" : "one of " + join(names, ", "));
}

}  // namespace

std::string_view name(Format format) {
  for (const auto& [value, known] : kFormats) {
    if (value == format) return known;
  }
  return "auto";
}

Format parse_format(std::string_view text) { return by_name(kFormats, text, "spectrum format"); }

OutputFormat parse_output_format(std::string_view text) {
  switch (sniff_name(text)) {
    case Format::kMgf: return OutputFormat::kMgf;
    case Format::kMsp: return OutputFormat::kMsp;
    case Format::kJson: return OutputFormat::kJson;
    default: return by_name(kOutputFormats, text, "output format");
  }
}

OutputFormat output_format_of(const std::string& path) { return parse_output_format(path); }

}  // namespace molbridge::spectra
