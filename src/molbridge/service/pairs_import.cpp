// Use case: pairs import.

#include <set>

#include "molbridge/corpus/chembl.hpp"
#include "molbridge/service/output.hpp"
#include "molbridge/service/pairs.hpp"

namespace molbridge::service {

PairsImportReport import_pairs(const PairsImportOptions& options, Progress& progress) {
  if (options.mechanisms.empty()) throw Error(ErrorCode::kUsage, "no file of mechanisms is given");
  const auto output = open_output(options.output);
  const corpus::ChemblTable table = corpus::read_chembl(
      {.mechanisms = options.mechanisms, .molecules = options.molecules, .targets = options.targets}, options.threads,
      progress);
  PairsImportReport report{.rows = table.rows,
                           .written = table.pairs.size(),
                           .merged = table.merged,
                           .masked = table.masked,
                           .num_skipped = table.skipped.size()};
  ReasonTally tally;
  for (const auto& skipped : table.skipped) tally.add(skipped.reason, skipped.where);
  report.skipped = tally.groups();
  if (table.pairs.empty()) {
    Error error(ErrorCode::kInput, "none of the rows gives a pair of a molecule and a text");
    error.in_file(options.mechanisms.front());
    if (!report.skipped.empty()) error.remedy("most frequent reason: " + report.skipped.front().reason);
    throw error;
  }
  std::set<std::string> molecules, targets;
  for (const auto& pair : table.pairs) {
    molecules.insert(pair.inchikey14);
    targets.insert(pair.target_key);
  }
  report.molecules = molecules.size();
  report.targets = targets.size();
  output->write(corpus::drug_target_tsv(table));
  output->commit();
  return report;
}

}  // namespace molbridge::service
