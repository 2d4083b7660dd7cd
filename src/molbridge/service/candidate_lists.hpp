#pragma once
// Candidate files as MassSpecGym writes them (v1, v1.5 and the lists of `molbridge pools`), and which list belongs to which query.

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/service/evaluation_set.hpp"

namespace molbridge::service {

/// A candidate file: {"key": ["SMILES", ...]} with the query's SMILES or its id as key.
using CandidateLists = std::unordered_map<std::string, std::vector<std::string>>;
/// Errors: kInput when the file is no such object.
CandidateLists read_candidate_lists(const std::string& path);

/// The list of a query, null when there is none: the one that resolve_list_keys() found, else by structure as written, else by id.
const std::vector<std::string>* list_of(const CandidateLists& lists, const EvaluationQuery& query);

/// Fills `list_key` of every query: by structure as written, else by id, else by standardised structure, else by the InChIKey first
/// block of the keys, so that a file that spells its keys in another way than the spectra fits too. Of several keys of one block the
/// first in the order of bytes counts. Keys are parsed only where a query is left without a list.
void resolve_list_keys(const CandidateLists& lists, EvaluationSet& set, std::size_t threads);

}  // namespace molbridge::service
