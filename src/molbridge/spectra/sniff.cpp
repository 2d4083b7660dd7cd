#include "molbridge/spectra/sniff.hpp"

#include <array>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/key_table.hpp"

namespace molbridge::spectra {
namespace {

Format sniff_xml(std::string_view head) {
  if (head.find("<mzML") != std::string_view::npos || head.find("<indexedmzML") != std::string_view::npos)
    return Format::kMzml;
  if (head.find("<mzXML") != std::string_view::npos || head.find("<msRun") != std::string_view::npos)
    return Format::kMzxml;
  return Format::kAuto;
}

bool is_massspecgym_header(std::string_view line) {
  bool mzs = false;
  bool intensities = false;
  for (const std::string_view cell : split(line, '\t')) {
    mzs |= iequals(trim(cell), "mzs");
    intensities |= iequals(trim(cell), "intensities");
  }
  return mzs && intensities;
}

/// The format that a single line gives away.
Format sniff_line(std::string_view line) {
  if (iequals(line, "BEGIN IONS")) return Format::kMgf;
  if (line.starts_with("ACCESSION:")) return Format::kMassBank;
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    const KeyEntry* key = find_key(normalise_key(line.substr(0, colon)));
    if (key != nullptr && key->canonical == "num_peaks") return Format::kMsp;
  }
  return Format::kAuto;
}

}  // namespace

bool looks_binary(std::string_view head) {
  std::size_t control = 0;
  for (const char c : head) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return true;
    control += byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f';
  }
  return control * 50 > head.size();
}

Format sniff_content(std::string_view head) {
  if (looks_binary(head)) return Format::kAuto;
  const std::string_view start = trim(head);
  if (start.starts_with('<')) return sniff_xml(start);
  if (start.starts_with('{') ||
      start.starts_with('[')) {  // JSON holds many things; ours and all that we read have peaks
    return head.find("\"peaks") != std::string_view::npos ? Format::kJson : Format::kAuto;
  }
  bool first = true;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    const std::string_view line = trim(head.substr(0, end));
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    if (line.empty()) continue;
    if (first && is_massspecgym_header(line)) return Format::kMassSpecGym;
    first = false;
    if (const Format format = sniff_line(line); format != Format::kAuto) return format;
  }
  return Format::kAuto;
}

Format sniff_name(std::string_view path) {
  std::string lower = to_lower(path);
  if (lower.ends_with(".gz")) lower.resize(lower.size() - 3);
  constexpr std::array<std::pair<std::string_view, Format>, 5> kEndings = {{{".mgf", Format::kMgf},
                                                                            {".msp", Format::kMsp},
                                                                            {".mzml", Format::kMzml},
                                                                            {".mzxml", Format::kMzxml},
                                                                            {".json", Format::kJson}}};
  for (const auto& [ending, format] : kEndings) {
    if (lower.ends_with(ending)) return format;
  }
  return Format::kAuto;
}

}  // namespace molbridge::spectra
