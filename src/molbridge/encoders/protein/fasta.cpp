#include "molbridge/encoders/protein/fasta.hpp"

#include <utility>

#include "molbridge/core/text.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::string_view kResidues = "ACDEFGHIKLMNPQRSTVWYBZXUOJ";

std::string letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte > 0x20 && byte < 0x7F) return std::string("'") + c + "'";
  return "a byte of value " + std::to_string(byte);
}

bool is_comment(std::string_view line) { return line.starts_with(';'); }

std::string id_of(std::string_view header) {
  const std::string_view text = trim(header.substr(1));
  return std::string(text.substr(0, text.find_first_of(" \t")));
}

}  // namespace

Result<std::string> clean_protein(std::string_view sequence) {
  sequence = trim(sequence);
  if (sequence.ends_with('*')) sequence.remove_suffix(1);
  std::string out;
  out.reserve(sequence.size());
  std::size_t position = 0;
  for (const char given : sequence) {
    if (given == ' ' || given == '\t' || given == '\r') continue;
    ++position;
    if (given == '-' || given == '.') continue;
    const char upper = given >= 'a' && given <= 'z' ? static_cast<char>(given - 'a' + 'A') : given;
    if (upper == '*') return Failure{"a stop (*) within the sequence, at position " + std::to_string(position)};
    if (kResidues.find(upper) == std::string_view::npos) {
      return Failure{letter(given) + " at position " + std::to_string(position) + " is no residue"};
    }
    out.push_back(upper);
  }
  if (out.empty()) return Failure{"no residues"};
  return out;
}

bool looks_like_fasta(std::string_view head) {
  for (const std::string_view line : split(head, '\n')) {
    if (trim(line).empty() || is_comment(line)) continue;
    return line.starts_with('>');
  }
  return false;
}

FastaReader::FastaReader(std::unique_ptr<LineSource> lines) : lines_(std::move(lines)) {
  while (next_line()) {
    if (trim(line_).empty() || is_comment(line_)) continue;
    if (!line_.starts_with('>')) {
      throw Error(ErrorCode::kInput, "is no FASTA file: a record must begin with '>'")
          .at_line(lines_->name(), lines_->line_number());
    }
    has_line_ = true;
    return;
  }
}

bool FastaReader::next_line() { return lines_->next_line(line_); }

std::optional<ProteinRecord> FastaReader::next() {
  if (!has_line_) return std::nullopt;
  has_line_ = false;
  ProteinRecord record{.id = id_of(line_), .line = lines_->line_number(), .sequence = "", .reason = ""};
  std::string text;
  bool too_long = false;
  while (next_line()) {
    if (line_.starts_with('>')) {
      has_line_ = true;
      break;
    }
    if (is_comment(line_)) continue;
    too_long = too_long || text.size() + line_.size() > kMaxResidues;
    if (!too_long) text += trim(line_);
  }
  if (too_long) {
    record.reason = "more than " + format_count(kMaxResidues) + " residues";
    return record;
  }
  auto cleaned = clean_protein(text);
  if (cleaned) {
    record.sequence = std::move(*cleaned);
  } else {
    record.reason = cleaned.reason();
  }
  return record;
}

}  // namespace molbridge::encoders
