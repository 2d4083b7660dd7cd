#pragma once
// The comment line of an MSP record, where MoNA and NIST put half of what they know:
//   Comments: "SMILES=CCO" "accession=X1" "collision energy=30 eV"        MoNA
//   Comment: Spec=Consensus Parent=500.12 Protein="sp|P1|X"                NIST
// Thread-safe.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace molbridge::spectra {

/// The key=value pairs in the order of the text; free text gives none. An unquoted key has at least two letters or digits, so
/// that a SMILES is no field. Pairs without value are left out.
std::vector<std::pair<std::string, std::string>> comment_pairs(std::string_view comment);

/// The written key that a pair of a comment gets as a field: "Comments:SMILES".
std::string comment_field_key(std::string_view pair_key);

}  // namespace molbridge::spectra
