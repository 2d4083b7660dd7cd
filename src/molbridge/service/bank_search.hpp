#pragma once
// Use case: which molecules of a bank have a structure like this, a mass, a formula or an InChIKey.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"

namespace molbridge::service {

/// A structure, a mass, a formula, or some of these; or an InChIKey alone. With a structure, hits are ranked by
/// similarity among the molecules of the mass and formula; without, the nearest mass comes first, or what comes first
/// in the bank.
struct BankSearchOptions {
  std::string bank;
  std::optional<std::string> smiles;
  std::optional<double> mass;           ///< u, monoisotopic, of the neutral molecule
  double ppm = 10;                      ///< half width of the window around `mass`
  std::optional<std::string> formula;   ///< exact
  std::optional<std::string> inchikey;  ///< whole or first block; the first block decides
  std::uint64_t top_k = 10;             ///< hits given at most
};

struct BankSearchHit {
  bank::MoleculeRecord molecule;
  std::optional<std::uint64_t> rank;     ///< pessimistic, with a structure only
  std::optional<double> score;           ///< cosine, with a structure only
  std::optional<double> mass_error_ppm;  ///< of the asked mass against the molecule's, with a mass only
};

struct BankSearchReport {
  BankSearchOptions query;
  std::string standardized_smiles;  ///< as the query was read, "" without one
  bank::Manifest bank;
  std::uint64_t num_candidates = 0;  ///< molecules that fit, of which hits are the first
  std::vector<BankSearchHit> hits;
};

/// Errors: kUsage (nothing asked, bad mass, formula or key, SMILES that does not parse), kModel (bank missing, damaged,
/// or of an encoder that this build does not have).
BankSearchReport search_bank(const BankSearchOptions& options);
std::string to_tsv(const BankSearchReport& report);
std::string to_json(const BankSearchReport& report);

}  // namespace molbridge::service
