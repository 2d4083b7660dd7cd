#pragma once
// What the tests of the transformer encoders share: the folders with random networks and a tokenizer that reads ids.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/transformer/transformer_encoder.hpp"
#include "molbridge/nn/safetensors.hpp"

namespace molbridge::encoders {

inline const std::string kTransformerGoldens = std::string(MOLBRIDGE_SOURCE_DIR) + "/tests/golden/transformers";

/// "0 17 2" to those ids; the first and the last are special, no text is no tokens.
class IdTokenizer : public Tokenizer {
 public:
  Encoding encode(std::string_view text, bool /*with_special_tokens*/, bool /*with_tokens*/) const override {
    Encoding encoding;
    for (const std::string_view part : split_whitespace(text)) {
      encoding.ids.push_back(static_cast<std::int32_t>(*parse_int(part)));
      encoding.special.push_back(0);
    }
    if (!encoding.ids.empty()) encoding.special.front() = encoding.special.back() = 1;
    return encoding;
  }
  std::int64_t vocabulary_size() const override { return 0; }
  std::optional<std::int32_t> id_of(std::string_view /*token*/) const override { return std::nullopt; }
  std::int32_t pad_id() const override { return 0; }
  std::int64_t max_tokens() const override { return 0; }
  std::string name() const override { return "ids"; }
  std::string digest() const override { return sha256("ids"); }
};

template <typename T>
std::vector<T> read_values(const nn::SafetensorsFile& file, const std::string& name) {
  const auto bytes = file.at(name).bytes;
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

struct TransformerCase {
  std::string name, folder;
  std::vector<std::vector<std::int32_t>> sequences;
  std::vector<std::string> texts;  // for IdTokenizer
  nn::SafetensorsFile expected;

  static TransformerCase read(const std::string& folder) {
    auto file = nn::SafetensorsFile::open(folder + "/expected.safetensors");
    TransformerCase result{std::filesystem::path(folder).filename().string(), folder, {}, {}, std::move(file)};
    const auto ids = read_values<std::int32_t>(result.expected, "ids");
    auto next = ids.begin();
    for (const std::int64_t length : read_values<std::int64_t>(result.expected, "lengths")) {
      result.sequences.emplace_back(next, next + length);
      next += length;
      std::string text;
      for (const std::int32_t id : result.sequences.back()) text += std::to_string(id) + " ";
      result.texts.push_back(text);
    }
    return result;
  }
};

inline std::vector<std::string> transformer_case_folders() {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(kTransformerGoldens)) {
    if (std::filesystem::exists(entry.path() / "expected.safetensors")) folders.push_back(entry.path().string());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

inline std::vector<float> embed_all(const SequenceEncoder& encoder, std::span<const std::string> texts,
                                    std::size_t threads = 1) {
  std::vector<float> out(texts.size() * static_cast<std::size_t>(encoder.width()));
  encoder.embed(texts, threads, out);
  return out;
}

inline double largest_difference(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return HUGE_VAL;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
    largest = difference <= largest ? largest : difference;  // NaN counts
  }
  return largest;
}

}  // namespace molbridge::encoders
