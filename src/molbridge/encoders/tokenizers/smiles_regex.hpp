#pragma once
// The regular expression of SMILES tokens (Schwaller et al.), matched by hand:
//   \[[^\]]+]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?|>>?|\*|\$|\%[0-9]{2}|[0-9]

#include <cstddef>
#include <string_view>

namespace molbridge::encoders {

enum class ReactionArrow {
  kDouble,  ///< ">>?": rxnmapper, DeepChem
  kSingle,  ///< ">": the first published form
};

/// Bytes of the token that begins at `at`; 0: none begins there.
std::size_t smiles_token(std::string_view text, std::size_t at, ReactionArrow arrow);

/// Whether all of a text is one token.
inline bool is_smiles_token(std::string_view text) {
  return !text.empty() && smiles_token(text, 0, ReactionArrow::kDouble) == text.size();
}

}  // namespace molbridge::encoders
