#include "molbridge/encoders/tokenizers/model.hpp"

#include "molbridge/encoders/tokenizers/glyphs.hpp"

namespace molbridge::encoders {
namespace {

std::unique_ptr<TokenModel> read_bpe(const JsonFields& fields) {
  BpeOptions options;
  options.vocabulary = read_vocabulary(fields.at("vocab"));
  fields.at("merges").each_element([&](const JsonFields& merge) {
    if (merge.is_string() && merge.text().starts_with("#version")) return;
    options.merges.push_back(read_merge(merge));
  });
  if (const auto token = fields.find("unk_token")) options.unk_token = token->text();
  options.continuing_subword_prefix = fields.text("continuing_subword_prefix", "");
  options.end_of_word_suffix = fields.text("end_of_word_suffix", "");
  options.fuse_unk = fields.boolean("fuse_unk", false);
  options.byte_fallback = fields.boolean("byte_fallback", false);
  options.ignore_merges = fields.boolean("ignore_merges", false);
  return make_bpe(std::move(options));
}

std::unique_ptr<TokenModel> read_word_piece(const JsonFields& fields) {
  WordPieceOptions options;
  options.vocabulary = read_vocabulary(fields.at("vocab"));
  options.unk_token = fields.text("unk_token", options.unk_token);
  options.continuing_subword_prefix = fields.text("continuing_subword_prefix", options.continuing_subword_prefix);
  options.max_input_chars_per_word = fields.integer("max_input_chars_per_word", options.max_input_chars_per_word);
  return make_word_piece(std::move(options));
}

std::unique_ptr<TokenModel> read_unigram(const JsonFields& fields) {
  UnigramOptions options;
  fields.at("vocab").each_element([&](const JsonFields& piece) {
    if (piece.size() != 2) piece.refuse("must be a piece and its score");
    options.pieces.emplace_back(piece.at(std::size_t{0}).text(), piece.at(std::size_t{1}).number());
  });
  if (const auto id = fields.find("unk_id")) options.unk_id = id->integer();
  options.byte_fallback = fields.boolean("byte_fallback", false);
  return make_unigram(std::move(options));
}

std::string type_of(const JsonFields& fields) {  // files of early versions have no "type"
  if (fields.has("type")) return fields.type();
  if (fields.has("merges")) return "BPE";
  if (fields.has("continuing_subword_prefix")) return "WordPiece";
  return fields.at("vocab").is_array() ? "Unigram" : "WordLevel";
}

}  // namespace

std::pair<std::string, std::string> read_merge(const JsonFields& merge) {
  if (merge.is_array()) {
    if (merge.size() != 2) merge.refuse("must be a pair of tokens");
    return {merge.at(std::size_t{0}).text(), merge.at(std::size_t{1}).text()};
  }
  const auto text = merge.text();
  const auto space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
    merge.refuse("must be two tokens with a space between");
  return {text.substr(0, space), text.substr(space + 1)};
}

Vocabulary read_vocabulary(const JsonFields& fields) {
  Vocabulary vocabulary;
  fields.each_member([&](const std::string& token, const JsonFields& id) { vocabulary.add(token, id.integer()); });
  return vocabulary;
}

std::unique_ptr<TokenModel> make_model(const JsonFields& fields) {
  if (fields.has("tokenize")) return make_glyph_model(fields);
  const auto type = type_of(fields);
  if (type == "BPE") return read_bpe(fields);
  if (type == "WordPiece") return read_word_piece(fields);
  if (type == "WordLevel") return make_word_level(read_vocabulary(fields.at("vocab")), fields.text("unk_token"));
  if (type == "Unigram") return read_unigram(fields);
  fields.refuse("the model '" + type + "' is not known");
}

}  // namespace molbridge::encoders
