#pragma once
// The normalizers of tokenizer.json. Threads: const use is safe.

#include <memory>
#include <string>
#include <vector>

#include "molbridge/encoders/tokenizers/json_fields.hpp"

namespace molbridge::encoders {

/// A text being normalised. `moved` turns true when characters fall away at its begin: Metaspace "first" asks for that.
struct NormalText {
  std::string text;
  bool moved = false;
};

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(NormalText& value) const = 0;
};

struct BertNormalizerOptions {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;
  bool lowercase = true;
};
std::unique_ptr<Normalizer> make_bert_normalizer(const BertNormalizerOptions& options);

/// The one that a JSON object describes. Errors: kModel naming an unknown type or a bad field.
std::unique_ptr<Normalizer> make_normalizer(const JsonFields& fields);

}  // namespace molbridge::encoders
