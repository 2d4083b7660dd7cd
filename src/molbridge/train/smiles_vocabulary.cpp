#include "molbridge/train/smiles_vocabulary.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/tokenizers/smiles_regex.hpp"

namespace molbridge::train {
namespace {

constexpr std::array<const char*, 5> kSpecial = {"<s>", "<pad>", "</s>", "<unk>", "<mask>"};
// Matched by hand in encoders::smiles_token(); a test holds the two together.
constexpr const char* kPattern =
    R"(\[[^\]]+]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?|>>?|\*|\$|\%[0-9]{2}|[0-9])";

/// visit(token) in order; runs of characters between tokens are one token each, as the files' pre-tokenizer has it.
void each_token(std::string_view smiles, const std::function<void(std::string_view)>& visit) {
  std::size_t between = 0;
  std::size_t at = 0;
  while (at < smiles.size()) {
    const std::size_t size = encoders::smiles_token(smiles, at, encoders::ReactionArrow::kDouble);
    if (size == 0) {
      ++at;
      continue;
    }
    if (at > between) visit(smiles.substr(between, at - between));
    visit(smiles.substr(at, size));
    at += size;
    between = at;
  }
  if (at > between) visit(smiles.substr(between));
}

Json special_token(std::size_t id) {
  return {{"id", id},        {"content", kSpecial[id]}, {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false},     {"special", true}};
}

Json piece(const char* kind, const char* id) { return {{kind, {{"id", id}, {"type_id", 0}}}}; }

Json framing() {
  const auto token = [](std::size_t id) {
    return Json{{"id", kSpecial[id]}, {"ids", {id}}, {"tokens", {kSpecial[id]}}};
  };
  const Json first = piece("SpecialToken", "<s>"), last = piece("SpecialToken", "</s>");
  const Json a = piece("Sequence", "A"), b = piece("Sequence", "B");
  return {{"type", "TemplateProcessing"},
          {"single", Json::array({first, a, last})},
          {"pair", Json::array({first, a, last, last, b, last})},
          {"special_tokens", {{"<s>", token(0)}, {"</s>", token(2)}}}};
}

}  // namespace

SmilesVocabulary::SmilesVocabulary(std::vector<std::string> tokens) : tokens_(kSpecial.begin(), kSpecial.end()) {
  MOLBRIDGE_CHECK(tokens.size() <= kLargest, std::to_string(tokens.size()));
  for (std::string& token : tokens) tokens_.push_back(std::move(token));
  for (std::size_t id = kOrdinary; id < tokens_.size(); ++id) id_of_[tokens_[id]] = static_cast<TokenId>(id);
}

SmilesVocabulary SmilesVocabulary::count(std::span<const std::string> smiles, std::int64_t min_count) {
  std::unordered_map<std::string_view, std::pair<std::int64_t, std::size_t>> seen;  // molecules, the last of them + 1
  for (std::size_t i = 0; i < smiles.size(); ++i) {
    each_token(smiles[i], [&](std::string_view token) {
      auto& [molecules, last] = seen[token];
      if (last == i + 1 || !encoders::is_smiles_token(token)) return;
      ++molecules;
      last = i + 1;
    });
  }
  std::vector<std::pair<std::int64_t, std::string>> kept;
  for (const auto& [token, where] : seen) {
    if (where.first >= std::max<std::int64_t>(1, min_count)) kept.emplace_back(-where.first, token);
  }
  if (kept.empty() || kept.size() > kLargest) {
    throw Error(ErrorCode::kInput,
                format_count(kept.size()) + " distinct tokens in the SMILES of the training molecules")
        .remedy("A vocabulary has 1 to " + format_count(kLargest) + "; look at data.train and tokenizer.min_count.");
  }
  std::sort(kept.begin(), kept.end());
  std::vector<std::string> tokens;
  for (auto& [count, token] : kept) tokens.push_back(std::move(token));
  return SmilesVocabulary(std::move(tokens));
}

std::vector<TokenId> SmilesVocabulary::encode(std::string_view smiles) const {
  std::vector<TokenId> ids = {kFirst};
  each_token(smiles, [&](std::string_view token) {
    const auto found = id_of_.find(token);
    ids.push_back(found == id_of_.end() ? kUnknown : found->second);
  });
  ids.push_back(kLast);
  return ids;
}

std::string SmilesVocabulary::tokenizer_json() const {
  Json added = Json::array();
  for (std::size_t id = 0; id < kSpecial.size(); ++id) added.push_back(special_token(id));
  Json vocabulary = Json::object();
  for (std::size_t id = 0; id < tokens_.size(); ++id) vocabulary[tokens_[id]] = id;
  const Json split = {
      {"type", "Split"}, {"pattern", {{"Regex", kPattern}}}, {"behavior", "Isolated"}, {"invert", false}};
  const Json json = {{"version", "1.0"},
                     {"truncation", nullptr},
                     {"padding", nullptr},
                     {"added_tokens", added},
                     {"normalizer", nullptr},
                     {"pre_tokenizer", split},
                     {"post_processor", framing()},
                     {"decoder", {{"type", "Fuse"}}},
                     {"model", {{"type", "WordLevel"}, {"vocab", vocabulary}, {"unk_token", "<unk>"}}}};
  return json.dump(2) + "\n";
}

std::string SmilesVocabulary::special_tokens_map_json() {
  const Json json = {{"bos_token", "<s>"},   {"eos_token", "</s>"}, {"unk_token", "<unk>"},  {"sep_token", "</s>"},
                     {"pad_token", "<pad>"}, {"cls_token", "<s>"},  {"mask_token", "<mask>"}};
  return json.dump(2) + "\n";
}

std::string SmilesVocabulary::tokenizer_config_json(std::int64_t max_tokens) {
  Json json = Json::parse(special_tokens_map_json());
  json["tokenizer_class"] = "PreTrainedTokenizerFast";
  json["model_max_length"] = max_tokens;
  json["model_input_names"] = {"input_ids", "attention_mask"};
  json["clean_up_tokenization_spaces"] = false;
  return json.dump(2) + "\n";
}

}  // namespace molbridge::train
