// tokenizer.json. Its "padding" is not honoured (the batch of the encoder decides that), "decoder" is not needed, "dropout" of BPE is for
// training.
#include <limits>

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/tokenizers/pipeline.hpp"

namespace molbridge::encoders {
namespace {

void read_truncation(const JsonFields& root, TokenizerFrame& frame) {
  const auto truncation = root.find("truncation");
  if (!truncation) return;
  const auto limit = truncation->at("max_length").integer();
  if (limit < 0) truncation->refuse("max_length must not be negative");
  if (truncation->text("strategy", "LongestFirst") == "OnlySecond")
    truncation->refuse("the strategy OnlySecond needs a second text");
  frame.cut_left = truncation->text("direction", "Right") == "Left";
  frame.max_tokens = limit;
}

std::vector<AddedToken> read_added_tokens(const JsonFields& root) {
  std::vector<AddedToken> tokens;
  if (const auto list = root.find("added_tokens")) {
    list->each_element([&](const JsonFields& token) { tokens.push_back(read_added_token(token)); });
  }
  return tokens;
}

std::int32_t read_pad_id(const JsonFields& root, const PipelineParts& parts) {
  if (const auto padding = root.find("padding")) {
    const auto id = padding->integer("pad_id", 0);
    if (id >= 0 && id <= std::numeric_limits<std::int32_t>::max()) return static_cast<std::int32_t>(id);
  }
  const AddedTokens added(parts.added_tokens, *parts.model, nullptr);
  for (const std::string_view name : {"[PAD]", "<pad>", "<PAD>"}) {
    if (const auto id = added.id_of(name)) return *id;
    if (const auto id = parts.model->id_of(name)) return *id;
  }
  return 0;
}

}  // namespace

std::shared_ptr<const Tokenizer> read_tokenizer_json(std::string_view text, const std::string& file,
                                                     const TokenizerOptions& options, std::int64_t model_max_tokens) {
  const auto root = JsonFields::parse(text, file);
  try {
    if (root.text("version", "1.0") != "1.0")
      root.refuse("the version '" + root.text("version") + "' is not known; this build reads 1.0");
    PipelineParts parts;
    parts.model = make_model(root.at("model"));
    parts.added_tokens = read_added_tokens(root);
    if (const auto normalizer = root.find("normalizer")) parts.normalizer = make_normalizer(*normalizer);
    if (const auto pre_tokenizer = root.find("pre_tokenizer")) parts.pre_tokenizer = make_pre_tokenizer(*pre_tokenizer);
    if (const auto processor = root.find("post_processor")) parts.frame.around = read_template(*processor);
    read_truncation(root, parts.frame);
    if (options.max_tokens > 0) parts.frame.max_tokens = options.max_tokens;
    parts.frame.model_max_tokens = model_max_tokens;
    parts.frame.pad_id = read_pad_id(root, parts);
    parts.frame.name = parts.model->name() + " (tokenizer.json), " +
                       format_count(static_cast<std::uint64_t>(parts.model->size())) + " tokens";
    parts.frame.digest = sha256("tokenizer.json\n" + std::to_string(options.max_tokens) + "\n" + std::string(text));
    return std::make_shared<PipelineTokenizer>(std::move(parts));
  } catch (Error& error) {
    if (error.position().file.empty()) error.in_file(file);
    throw;
  }
}

}  // namespace molbridge::encoders
