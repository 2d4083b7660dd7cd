#include "molbridge/service/pair_task.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {
namespace {

class Numbering {
 public:
  std::size_t number(const std::string& key) { return index_.emplace(key, index_.size()).first->second; }
  std::optional<std::size_t> find(const std::string& key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? std::nullopt : std::optional(found->second);
  }
  std::size_t size() const { return index_.size(); }

 private:
  std::unordered_map<std::string, std::size_t> index_;
};

void sort_distinct(PairTask::Lists& lists) {
  for (auto& list : lists) {
    std::ranges::sort(list);
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
}

class TaskMaker {
 public:
  TaskMaker(const corpus::PairTable& table, const std::string& fold) : table_(table), fold_(fold) {}

  PairTask make(bool whole_gallery) {
    for (const auto& pair : table_.pairs) {
      if (whole_gallery || is_query(pair)) add_to_gallery(pair);
    }
    link();
    return std::move(task_);
  }

 private:
  bool is_query(const corpus::MoleculeTextPair& pair) const { return fold_.empty() || pair.fold == fold_; }

  void add_to_gallery(const corpus::MoleculeTextPair& pair) {
    if (texts_.number(pair.text) == task_.texts.size()) task_.texts.push_back(pair.text);
    if (molecules_.number(pair.inchikey14) == task_.molecules.size())
      task_.molecules.push_back({pair.inchikey14, *chem::standardize(pair.smiles)});
  }

  void link() {
    task_.molecules_of_text.resize(texts_.size());
    task_.texts_of_molecule.resize(molecules_.size());
    for (std::size_t row = 0; row < table_.pairs.size(); ++row) link_row(row);
    for (auto* lists :
         {&task_.molecules_of_text, &task_.texts_of_molecule, &task_.molecules_of_target, &task_.texts_of_target})
      sort_distinct(*lists);
  }

  void link_row(std::size_t row) {
    const auto& pair = table_.pairs[row];
    const auto text = texts_.find(pair.text), molecule = molecules_.find(pair.inchikey14);
    const std::size_t target = target_of(pair.target);
    if (text && molecule) {
      task_.molecules_of_text[*text].push_back(*molecule);
      task_.texts_of_molecule[*molecule].push_back(*text);
    }
    if (target != PairTask::kNoTarget) {
      if (molecule) task_.molecules_of_target[target].push_back(*molecule);
      if (text) task_.texts_of_target[target].push_back(*text);
    }
    if (is_query(pair)) task_.queries.push_back({row, *text, *molecule, target});
  }

  std::size_t target_of(const std::string& key) {
    if (key.empty()) return PairTask::kNoTarget;
    const std::size_t target = targets_.number(key);
    if (target == task_.targets.size()) {
      task_.targets.push_back(key);
      task_.molecules_of_target.emplace_back();
      task_.texts_of_target.emplace_back();
    }
    return target;
  }

  const corpus::PairTable& table_;
  const std::string& fold_;
  Numbering texts_, molecules_, targets_;
  PairTask task_;
};

}  // namespace

PairTask make_pair_task(const corpus::PairTable& table, const std::string& fold, bool whole_gallery) {
  return TaskMaker(table, fold).make(whole_gallery);
}

void add_decoys(PairTask& task, const bank::Bank& bank, std::uint64_t count, std::uint64_t seed) {
  std::unordered_set<std::string> taken;
  for (const PairMolecule& molecule : task.molecules) taken.insert(molecule.inchikey14);
  std::vector<std::uint64_t> rows(bank.size());
  for (std::uint64_t row = 0; row < rows.size(); ++row) rows[row] = row;
  Rng(seed, "decoys").shuffle(std::span(rows));
  for (const std::uint64_t row : rows) {
    if (task.decoys == count) break;
    const bank::MoleculeRecord record = bank.record(row);
    auto molecule = chem::standardize(record.smiles);
    if (!molecule || !taken.insert(record.inchikey14).second) continue;
    task.molecules.push_back({record.inchikey14, std::move(*molecule)});
    ++task.decoys;
  }
  task.texts_of_molecule.resize(task.molecules.size());
  if (task.decoys < count) {
    throw Error(ErrorCode::kUsage, "the bank has " + format_count(task.decoys) + " molecules that are not among the " +
                                       "pairs, " + format_count(count) + " decoys are wanted")
        .remedy("Lower --num-decoys.");
  }
}

}  // namespace molbridge::service
