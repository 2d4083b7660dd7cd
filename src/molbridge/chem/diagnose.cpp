// Why a SMILES does not parse, in words. Only reached after RDKit refused it, so speed does not matter.

#include <cctype>
#include <map>
#include <optional>
#include <string>

#include "molbridge/chem/rdkit_state.hpp"

namespace molbridge::chem {
namespace {

constexpr std::string_view kKnown = "BCNOPSFIbcnopsHlraetsAT[]()=#$:/\\.-+%@*~>0123456789";

std::string at(std::size_t index) { return " at position " + std::to_string(index + 1); }

struct Scan {
  std::string_view text;
  std::size_t index = 0;
  std::map<std::string, std::size_t> open_rings;
  std::size_t depth = 0;
  std::size_t last_open = 0;

  /// Passes "[...]"; a message if it never closes.
  std::optional<std::string> bracket() {
    const std::size_t close = text.find(']', index);
    if (close == std::string_view::npos) return "'[' without ']'" + at(index);
    if (close == index + 1) return "empty brackets" + at(index);
    index = close;
    return std::nullopt;
  }

  void ring(std::string label, std::size_t start) {
    if (open_rings.erase(label) == 0) open_rings.emplace(std::move(label), start);
  }

  void ring_label() {
    const std::size_t start = index;
    if (text[index] != '%') return ring(std::string(1, text[index]), start);
    std::string label;
    while (label.size() < 2 && index + 1 < text.size() &&
           std::isdigit(static_cast<unsigned char>(text[index + 1])) != 0) {
      label += text[++index];
    }
    ring(label, start);
  }

  std::optional<std::string> step() {
    const char c = text[index];
    if (c == '[') return bracket();
    if (c == ']') return "']' without '['" + at(index);
    if (c == '(') {
      ++depth;
      last_open = index;
    }
    if (c == ')' && depth-- == 0) return "')' without '('" + at(index);
    if (c == '%' || std::isdigit(static_cast<unsigned char>(c)) != 0) ring_label();
    if (kKnown.find(c) == std::string_view::npos) return "unexpected character '" + std::string(1, c) + "'" + at(index);
    return std::nullopt;
  }
};

}  // namespace

std::string diagnose_smiles(std::string_view smiles) {
  Scan scan{.text = smiles, .open_rings = {}};
  const std::string prefix = "does not parse as SMILES";
  if (smiles.find(">>") != std::string_view::npos) return "is a reaction, not a molecule";
  for (; scan.index < smiles.size(); ++scan.index) {
    if (auto problem = scan.step()) return prefix + ": " + *problem;
  }
  if (scan.depth > 0) return prefix + ": '(' without ')'" + at(scan.last_open);
  if (!scan.open_rings.empty()) {
    const auto& [label, index] = *scan.open_rings.begin();
    return prefix + ": ring " + label + " is opened" + at(index) + " and never closed";
  }
  return prefix;
}

}  // namespace molbridge::chem
