#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include "molbridge/core/text.hpp"
#include "molbridge/eval/mces_clusters.hpp"
#include "molbridge/service/output.hpp"
#include "molbridge/service/split.hpp"
#include "molbridge/service/split_inputs.hpp"
#include "molbridge/service/split_keys.hpp"

namespace molbridge::service {
namespace {

/// Distinct molecules of every fold: a molecule of two folds stands here twice.
struct FoldMembers {
  std::vector<SplitMolecule> molecules;
  std::vector<int> folds;
  std::vector<std::string> ids;  ///< of the first record
};

class Checker {
 public:
  Checker(const SplitCheckOptions& options, Progress& progress) : options_(options), progress_(progress) {}

  SplitCheckReport run() {
    const bool by_file = options_.inputs.size() > 1;
    const SplitInputs inputs = read_split_inputs({.files = options_.inputs,
                                                  .kind = options_.kind,
                                                  .smiles_column = options_.smiles_column,
                                                  .fold_column = by_file ? "" : options_.fold_column,
                                                  .threads = options_.threads},
                                                 progress_);
    gather(inputs, by_file);
    if (report_.folds.size() < 2) {
      throw Error(ErrorCode::kUsage, "there are not two folds to compare")
          .remedy(by_file ? "no file but one has usable structures"
                          : "give a file per fold, or one file with a field or column \"fold\"");
    }
    for (const eval::SplitBy by : eval::all_split_kinds()) {
      if (options_.by.empty() || by == eval::parse_split_by(options_.by)) report_.rows.push_back(check(by));
    }
    return std::move(report_);
  }

 private:
  void gather(const SplitInputs& inputs, bool by_file) {
    std::map<std::string, int> fold_index;
    std::set<std::pair<std::size_t, int>> seen;
    for (const SplitRecord& record : inputs.records) {
      if (record.molecule == SplitRecord::kNone) {
        ++report_.without_structure;
        continue;
      }
      const std::string& fold = by_file ? inputs.files[record.input] : record.fold;
      if (fold.empty()) {
        ++report_.without_fold;
        continue;
      }
      const auto [at, is_new] = fold_index.try_emplace(fold, static_cast<int>(report_.folds.size()));
      if (is_new) report_.folds.push_back({.fold = fold});
      FoldCount& counts = report_.folds[static_cast<std::size_t>(at->second)];
      ++counts.records;
      if (!seen.insert({record.molecule, at->second}).second) continue;
      ++counts.molecules;
      members_.molecules.push_back(inputs.molecules[record.molecule]);
      members_.folds.push_back(at->second);
      members_.ids.push_back(record.id);
    }
  }

  std::string describe(std::size_t member) const {
    return members_.ids[member] + " (" + members_.molecules[member].inchikey14 + ", " +
           report_.folds[static_cast<std::size_t>(members_.folds[member])].fold + ")";
  }

  SplitCheckRow check(eval::SplitBy by) {
    SplitCheckRow row{.by = by, .shared = 0, .offender = ""};
    if (by == eval::SplitBy::kMces) return check_distances();
    const std::vector<std::string> keys = split_keys(by, members_.molecules, options_.threads);
    const auto shared = eval::find_shared(keys, members_.folds);
    row.shared = shared.count;
    if (shared.count > 0)
      row.offender = keys[shared.first] + ": " + describe(shared.first) + " and " + describe(shared.second);
    return row;
  }

  SplitCheckRow check_distances() {
    SplitCheckRow row{.by = eval::SplitBy::kMces, .shared = 0, .offender = ""};
    const auto graphs = mces_graphs(members_.molecules, options_.threads);
    const eval::McesNeighborOptions neighbors{.cut = options_.mces_cut, .threads = options_.threads};
    const auto close = eval::find_close_molecules(graphs, folds_by_size(), neighbors, progress_);
    row.shared = close.count;
    if (close.count == 0) return row;
    const auto distance =
        chem::mces_distance(graphs[close.molecule], graphs[close.partner], {.threshold = options_.mces_cut});
    row.offender = "distance " + format_shortest(distance.value) + ": " + describe(close.molecule) + " and " +
                   describe(close.partner);
    return row;
  }

  /// Folds numbered by falling size, so that the molecules that are counted are those of the smaller ones: held-out data.
  std::vector<int> folds_by_size() const {
    std::vector<int> order(report_.folds.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::greater<>(),
                             [&](int fold) { return report_.folds[static_cast<std::size_t>(fold)].molecules; });
    std::vector<int> rank(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) rank[static_cast<std::size_t>(order[k])] = static_cast<int>(k);
    std::vector<int> folds;
    for (const int fold : members_.folds) folds.push_back(rank[static_cast<std::size_t>(fold)]);
    return folds;
  }

  const SplitCheckOptions& options_;
  Progress& progress_;
  FoldMembers members_;
  SplitCheckReport report_;
};

}  // namespace

bool SplitCheckReport::disjoint() const {
  return std::ranges::all_of(rows, [](const SplitCheckRow& row) { return row.shared == 0; });
}

SplitCheckReport check_split(const SplitCheckOptions& options, Progress& progress) {
  if (!options.by.empty()) (void)eval::parse_split_by(options.by);
  if (!(options.mces_cut > 0)) throw Error(ErrorCode::kUsage, "the MCES cut must be above 0");
  SplitCheckReport report = Checker(options, progress).run();
  const auto output = open_output(options.output);
  output->write("by\tdisjoint\tshared\tfirst_offender\n");
  for (const SplitCheckRow& row : report.rows) {
    output->write(eval::name(row.by) + "\t" + (row.shared == 0 ? "yes" : "no") + "\t" + std::to_string(row.shared) +
                  "\t" + tsv_cell(row.offender) + "\n");
  }
  output->commit();
  return report;
}

}  // namespace molbridge::service
