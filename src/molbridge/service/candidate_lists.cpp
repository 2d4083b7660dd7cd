#include "molbridge/service/candidate_lists.hpp"

#include <algorithm>
#include <utility>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/threads.hpp"

namespace molbridge::service {
namespace {

using KeyOfBlock = std::unordered_map<std::string, std::string>;

/// First key of each InChIKey first block among the keys that are structures.
KeyOfBlock keys_by_block(const CandidateLists& lists, std::size_t threads) {
  std::vector<std::string> keys;
  for (const auto& [key, list] : lists) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  std::vector<std::string> blocks(keys.size());
  constexpr std::size_t kChunk = 32;
  parallel_for(keys.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto molecule = chem::standardize(keys[i]);
      if (!molecule) continue;
      if (const auto block = chem::inchikey14(*molecule)) blocks[i] = *block;
    }
  });
  KeyOfBlock out;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!blocks[i].empty()) out.try_emplace(blocks[i], keys[i]);
  }
  return out;
}

/// "" when there is none.
std::string key_as_written(const CandidateLists& lists, const EvaluationQuery& query,
                           const EvaluationCompound& compound) {
  for (const std::string* key : {&query.pool_key, &query.spectrum.id, &compound.smiles}) {
    if (!key->empty() && lists.contains(*key)) return *key;
  }
  return "";
}

}  // namespace

const std::vector<std::string>* list_of(const CandidateLists& lists, const EvaluationQuery& query) {
  auto list = query.list_key.empty() ? lists.end() : lists.find(query.list_key);
  if (list == lists.end()) list = lists.find(query.pool_key);
  if (list == lists.end()) list = lists.find(query.spectrum.id);
  return list == lists.end() ? nullptr : &list->second;
}

void resolve_list_keys(const CandidateLists& lists, EvaluationSet& set, std::size_t threads) {
  std::vector<EvaluationQuery*> without;
  for (EvaluationQuery& query : set.queries) {
    const EvaluationCompound& compound = set.compounds[query.compound];
    query.list_key = key_as_written(lists, query, compound);
    if (query.list_key.empty() && !compound.inchikey14.empty()) without.push_back(&query);
  }
  if (without.empty()) return;
  const KeyOfBlock by_block = keys_by_block(lists, threads);
  for (EvaluationQuery* query : without) {
    const auto found = by_block.find(set.compounds[query->compound].inchikey14);
    if (found != by_block.end()) query->list_key = found->second;
  }
}

CandidateLists read_candidate_lists(const std::string& path) {
  const Json json = read_json_file(path);
  const auto refuse = [&](const std::string& why) {
    return Error(ErrorCode::kInput, why)
        .in_file(path)
        .remedy("Expected {\"query SMILES or id\": [\"candidate SMILES\", ...], ...}.");
  };
  if (!json.is_object()) throw refuse("is no candidate file");
  CandidateLists lists;
  for (const auto& [key, values] : json.items()) {
    if (!values.is_array()) throw refuse("the entry of \"" + key + "\" is not a list");
    std::vector<std::string>& list = lists[key];
    for (const auto& value : values) {
      if (!value.is_string()) throw refuse("a candidate of \"" + key + "\" is not a text");
      list.push_back(value.get<std::string>());
    }
  }
  return lists;
}

}  // namespace molbridge::service
