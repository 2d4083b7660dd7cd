#pragma once
// What stands around the tokens of a text: the post-processor of tokenizer.json for a single text. Threads: const use is safe.

#include <cstdint>
#include <vector>

#include "molbridge/encoders/tokenizers/json_fields.hpp"

namespace molbridge::encoders {

struct Template {
  static constexpr std::int32_t kText = -1;
  std::vector<std::int32_t> parts = {kText};  ///< ids, and kText where the text stands
  std::int64_t added() const;                 ///< special tokens that it adds
};

/// TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, and Sequences with at most one of the first three.
/// Errors: kModel naming an unknown type or a bad field.
Template read_template(const JsonFields& fields);
Template enclosing_template(std::int32_t before, std::int32_t after);

}  // namespace molbridge::encoders
