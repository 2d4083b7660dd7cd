#include "molbridge/encoders/tokenizers/pipeline.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::encoders {

void check_frame(const TokenizerFrame& frame) {
  if (frame.max_tokens < 0) throw Error(ErrorCode::kUsage, "max_tokens must not be negative");
  if (frame.max_tokens > 0 && frame.max_tokens < frame.around.added()) {
    throw Error(ErrorCode::kModel, "a limit of " + std::to_string(frame.max_tokens) +
                                       " tokens leaves no room for the " + std::to_string(frame.around.added()) +
                                       " special tokens")
        .remedy("raise max_tokens");
  }
}

Encoding frame_ids(const TokenizerFrame& frame, std::vector<std::int32_t> ids, bool with_special_tokens) {
  Encoding out;
  if (frame.max_tokens > 0) {
    const auto room = static_cast<std::size_t>(frame.max_tokens - (with_special_tokens ? frame.around.added() : 0));
    out.truncated = ids.size() > room;
    if (out.truncated && frame.cut_left) ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(room));
    if (out.truncated && !frame.cut_left) ids.resize(room);
  }
  out.ids.reserve(ids.size() + frame.around.parts.size());
  out.special.reserve(ids.size() + frame.around.parts.size());
  for (const auto part : frame.around.parts) {
    if (part == Template::kText) {
      out.ids.insert(out.ids.end(), ids.begin(), ids.end());
      out.special.insert(out.special.end(), ids.size(), 0);
    } else if (with_special_tokens) {
      out.ids.push_back(part);
      out.special.push_back(1);
    }
  }
  return out;
}

PipelineTokenizer::PipelineTokenizer(PipelineParts parts)
    : parts_(std::move(parts)), added_(parts_.added_tokens, *parts_.model, parts_.normalizer.get()) {
  check_frame(parts_.frame);
}

Encoding PipelineTokenizer::encode(std::string_view text, bool with_special_tokens, bool with_tokens) const {
  std::string valid;
  if (!is_ascii(text)) {
    valid = valid_utf8(text);
    text = valid;
  }
  auto pieces = added_.extract(text);
  if (parts_.pre_tokenizer) parts_.pre_tokenizer->apply(pieces);
  TokenIds found;
  found.ids.reserve(pieces.spans.size() + 8);
  for (const auto& span : pieces.spans) {
    if (span.id >= 0) {
      found.ids.push_back(span.id);
    } else if (span.end > span.begin) {
      parts_.model->tokenize(pieces.view(span), found);
    }
  }
  auto out = frame_ids(parts_.frame, std::move(found.ids), with_special_tokens);
  out.unknown = found.unknown;
  if (with_tokens) {
    for (const auto id : out.ids) out.tokens.push_back(token_of(id));
  }
  return out;
}

std::optional<std::int32_t> PipelineTokenizer::id_of(std::string_view token) const {
  const auto added = added_.id_of(token);
  return added ? added : parts_.model->id_of(token);
}

std::string PipelineTokenizer::token_of(std::int32_t id) const {
  const auto* added = added_.token_of(id);
  return added ? added->content : parts_.model->token_of(id);
}

}  // namespace molbridge::encoders
