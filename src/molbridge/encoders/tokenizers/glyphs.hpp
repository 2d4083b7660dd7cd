#pragma once
// Glyphs of SMILES as the package `smirk` has them, and the two models over them: glyph pair encoding (of the package) and the glyph
// unigram of its fork. Threads: const use is safe.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/encoders/tokenizers/model.hpp"
#include "molbridge/encoders/tokenizers/pieces.hpp"
#include "molbridge/encoders/tokenizers/regex.hpp"

namespace molbridge::encoders {

class GlyphSplitter {
 public:
  /// `outer` finds atoms, bonds, rings and whole brackets, `inner` takes the content of a bracket apart. Errors: kModel.
  GlyphSplitter(std::string_view outer, std::string_view inner);
  /// Appends the glyphs. Faithful to the package where text that is no SMILES precedes a bracket: glyphs overlap there.
  void find(std::string_view text, std::vector<Match>& matches) const;

 private:
  void bracket(std::string_view text, std::size_t begin, std::size_t end, std::size_t& done,
               std::vector<Match>& matches) const;
  Regex outer_;
  Regex inner_;
};

/// A model with the field "tokenize": glyph pair encoding where it has merges, else the glyph unigram. Errors: kModel.
std::unique_ptr<TokenModel> make_glyph_model(const JsonFields& fields);

}  // namespace molbridge::encoders
