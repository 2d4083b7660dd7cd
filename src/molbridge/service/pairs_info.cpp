// Use case: pairs info.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "molbridge/core/text.hpp"
#include "molbridge/corpus/name_mask.hpp"
#include "molbridge/service/pairs.hpp"

namespace molbridge::service {
namespace {

using Pairs = std::vector<corpus::MoleculeTextPair>;
using Groups = std::map<std::string, std::set<std::string>>;

/// Distinct `values` of each `key`; rows without a key are left out.
Groups group(const Pairs& pairs, std::string corpus::MoleculeTextPair::*key,
             std::string corpus::MoleculeTextPair::*value) {
  Groups groups;
  for (const auto& pair : pairs) {
    if (!(pair.*key).empty()) groups[pair.*key].insert(pair.*value);
  }
  return groups;
}

std::uint64_t largest(const Groups& groups) {
  std::size_t most = 0;
  for (const auto& [key, members] : groups) most = std::max(most, members.size());
  return most;
}

std::uint64_t with_several(const Groups& groups) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(groups, [](const auto& entry) { return entry.second.size() > 1; }));
}

std::vector<std::pair<std::string, std::uint64_t>> count_rows(const Pairs& pairs,
                                                              std::string corpus::MoleculeTextPair::*key) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& pair : pairs) {
    if (!(pair.*key).empty()) ++counts[pair.*key];
  }
  std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted, std::greater<>(), &std::pair<std::string, std::uint64_t>::second);
  return sorted;
}

void look_for_names(const Pairs& pairs, PairsInfoReport& report) {
  for (const auto& pair : pairs) {
    if (pair.name.empty()) continue;
    ++report.named;
    const auto left = corpus::NameMasker(std::span(&pair.name, 1)).find(pair.text);
    if (!left) continue;
    if (report.own_name_left.count++ == 0) {
      report.own_name_left.first_line = pair.line;
      report.own_name_left.first = *left;
    }
  }
}

void describe_lengths(const Pairs& pairs, PairsInfoReport& report) {
  std::vector<std::uint64_t> lengths;
  for (const auto& pair : pairs) lengths.push_back(pair.text.size());
  if (lengths.empty()) return;
  std::ranges::sort(lengths);
  report.shortest = lengths.front();
  report.median = lengths[lengths.size() / 2];
  report.longest = lengths.back();
}

void describe_groups(const Pairs& pairs, PairsInfoReport& report) {
  using Pair = corpus::MoleculeTextPair;
  const Groups texts = group(pairs, &Pair::text, &Pair::inchikey14);
  report.texts = texts.size();
  report.largest_text = largest(texts);
  for (const auto& pair : pairs) report.shared_text_rows += texts.at(pair.text).size() > 1 ? 1 : 0;
  const Groups targets = group(pairs, &Pair::target, &Pair::inchikey14);
  report.targets = targets.size();
  report.largest_target = largest(targets);
  const Groups molecules = group(pairs, &Pair::inchikey14, &Pair::fold);
  report.molecules = molecules.size();
  report.molecules_in_folds = with_several(molecules);
  const Groups scaffolds = group(pairs, &Pair::scaffold, &Pair::fold);
  report.scaffolds = scaffolds.size();
  report.scaffolds_in_folds = with_several(scaffolds);
  report.targets_in_folds = with_several(group(pairs, &Pair::target, &Pair::fold));
  report.texts_in_folds = with_several(group(pairs, &Pair::text, &Pair::fold));
}

std::string counts_text(const std::string& label, const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
  std::vector<std::string> parts;
  for (const auto& [name, rows] : counts) parts.push_back(name + " " + format_count(rows));
  return counts.empty() ? "" : label + join(parts, ", ") + "\n";
}

}  // namespace

PairReadingReport describe_reading(const corpus::PairTable& table) {
  PairReadingReport report{.rows = table.rows,
                           .pairs = table.pairs.size(),
                           .skipped = table.skipped.size(),
                           .other_folds = table.other_folds,
                           .left_out = table.left_out,
                           .not_utf8 = table.not_utf8,
                           .key_mismatch = table.key_mismatch};
  ReasonTally tally;
  for (const auto& skipped : table.skipped) tally.add(skipped.reason, table.file + ":" + std::to_string(skipped.line));
  report.skip_reasons = tally.groups();
  return report;
}

PairsInfoReport describe_pairs(const PairsInfoOptions& options, Progress& progress) {
  corpus::PairReadOptions reading = options.reading;
  reading.threads = options.threads;
  if (options.fold.find('=') == std::string::npos) {
    reading.fold_column = options.fold;
  } else {
    corpus::parse_fold(options.fold, reading);
  }
  const corpus::PairTable table = corpus::read_pairs(options.pairs, reading, progress);
  PairsInfoReport report{.reading = describe_reading(table),
                         .text_column = table.text_column,
                         .target_column = table.target_column,
                         .fold_column = table.fold_column,
                         .name_column = table.name_column};
  describe_groups(table.pairs, report);
  describe_lengths(table.pairs, report);
  look_for_names(table.pairs, report);
  report.folds = count_rows(table.pairs, &corpus::MoleculeTextPair::fold);
  report.licences = count_rows(table.pairs, &corpus::MoleculeTextPair::licence);
  return report;
}

std::string to_text(const PairsInfoReport& report) {
  const PairReadingReport& reading = report.reading;
  std::string out = fmt::format("rows       {}: {} pairs, {} skipped\n", format_count(reading.rows),
                                format_count(reading.pairs), format_count(reading.skipped));
  if (reading.left_out > 0) out += fmt::format("left out   {} by --where\n", format_count(reading.left_out));
  for (const auto& skipped : reading.skip_reasons)
    out += fmt::format("skipped    {}: {} (first: {})\n", format_count(skipped.count), skipped.reason, skipped.where);
  out += fmt::format("molecules  {}\n", format_count(report.molecules));
  out += fmt::format("texts      {} distinct, column {}; {} to {} bytes, median {}\n", format_count(report.texts),
                     report.text_column, report.shortest, report.longest, report.median);
  out += fmt::format("shared     {} rows have the text of another molecule; at most {} molecules of one text\n",
                     format_count(report.shared_text_rows), format_count(report.largest_text));
  if (report.targets > 0)
    out += fmt::format("targets    {}, column {}; at most {} molecules of one\n", format_count(report.targets),
                       report.target_column, format_count(report.largest_target));
  out += counts_text("folds      ", report.folds);
  if (report.folds.size() > 1)
    out += fmt::format("           in several folds: {} molecules, {} scaffolds, {} targets, {} texts\n",
                       format_count(report.molecules_in_folds), format_count(report.scaffolds_in_folds),
                       format_count(report.targets_in_folds), format_count(report.texts_in_folds));
  out += counts_text("licences   ", report.licences);
  if (report.named == 0) {
    out += "own names  no column of names: not looked for\n";
  } else if (report.own_name_left.count == 0) {
    out += fmt::format("own names  none left in {} texts with a name at hand\n", format_count(report.named));
  } else {
    out += fmt::format("own names  left in {} of {} texts with a name at hand; first: line {}, \"{}\"\n",
                       format_count(report.own_name_left.count), format_count(report.named),
                       report.own_name_left.first_line, report.own_name_left.first);
  }
  if (reading.not_utf8.count > 0)
    out += fmt::format("encoding   {} rows are not UTF-8 and were read as Latin-1; first: line {}\n",
                       format_count(reading.not_utf8.count), reading.not_utf8.first_line);
  if (reading.key_mismatch.count > 0)
    out += fmt::format("identity   {} rows state another InChIKey than their structure has; first: line {}, {}\n",
                       format_count(reading.key_mismatch.count), reading.key_mismatch.first_line,
                       reading.key_mismatch.first);
  return out;
}

}  // namespace molbridge::service
