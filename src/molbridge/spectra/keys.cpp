#include "molbridge/spectra/keys.hpp"

#include <cstdint>
#include <cstring>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/key_table.hpp"

namespace molbridge::spectra {
namespace {

/// Length of the UTF-8 sequence that starts at `i`, 0 when it is malformed (overlong forms and surrogates included).
std::size_t sequence_length(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(k < text.size() ? text[k] : 0); };
  const unsigned char first = byte(i);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(i + 1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return length;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  for (std::uint64_t word; i + sizeof(word) <= text.size(); i += sizeof(word)) {  // most texts are ASCII
    std::memcpy(&word, text.data() + i, sizeof(word));
    if ((word & 0x8080808080808080U) != 0) break;
  }
  while (i < text.size()) {
    const std::size_t length = sequence_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

}  // namespace

std::string_view Spectrum::field(std::string_view key) const {
  for (const Field& entry : fields) {
    if (entry.key == key) return entry.value;
  }
  return {};
}

std::string to_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

std::string canonical_key(std::string_view written_key) {
  const std::string normalised = normalise_key(written_key);
  for (const std::string_view prefix : {"comment:", "comments:"}) {
    if (normalised.starts_with(prefix)) return canonical_key(written_key.substr(written_key.find(':') + 1));
  }
  if (const KeyEntry* entry = find_key(normalised)) return std::string(entry->canonical);
  return to_lower(trim(written_key));
}

const std::string& KeyCache::canonical(std::string_view written_key) {
  constexpr std::size_t kMaxEntries = 64;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::size_t at = (next_ + i) % entries_.size();
    if (entries_[at].written != written_key) continue;
    next_ = at + 1;
    return entries_[at].canonical;
  }
  if (entries_.size() == kMaxEntries) entries_.clear();
  entries_.push_back({std::string(written_key), to_utf8(canonical_key(written_key))});
  next_ = entries_.size();
  return entries_.back().canonical;
}

void add_field(Spectrum& spectrum, std::string_view written_key, std::string_view value) {
  KeyCache keys;
  add_field(spectrum, written_key, value, keys);
}

void add_field(Spectrum& spectrum, std::string_view written_key, std::string_view value, KeyCache& keys) {
  const std::string_view trimmed = trim(written_key);
  const std::string& key = keys.canonical(trimmed);
  if (key != "num_peaks") spectrum.fields.push_back({key, to_utf8(trimmed), to_utf8(trim(value))});
}

bool is_missing(std::string_view value) {
  value = trim(value);
  for (const std::string_view word : {"", "n/a", "na", "none", "null", "nan", "unknown", "-", "?"}) {
    if (iequals(value, word)) return true;
  }
  return false;
}

std::string field_problem(const Spectrum& spectrum) {
  for (const Field& field : spectrum.fields) {
    if (field.key != "precursor_mz" || field.value.find('.') != std::string::npos) continue;
    const std::size_t comma = field.value.find(',');
    if (comma == std::string::npos) continue;
    std::string with_point = field.value;
    with_point[comma] = '.';
    if (parse_double(with_point)) {
      return field.written_key + " '" + field.value + "' has a decimal comma; write numbers with a point";
    }
  }
  return "";
}

}  // namespace molbridge::spectra
