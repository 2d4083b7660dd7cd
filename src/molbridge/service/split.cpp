#include "molbridge/service/split.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "molbridge/core/text.hpp"
#include "molbridge/eval/mces_clusters.hpp"
#include "molbridge/service/molecule_stream.hpp"
#include "molbridge/service/output.hpp"
#include "molbridge/service/split_inputs.hpp"
#include "molbridge/service/split_keys.hpp"
#include "molbridge/spectra/writer.hpp"

namespace molbridge::service {
namespace {

const std::vector<std::string>& fold_names(std::size_t count) {
  static const std::vector<std::string> two{"train", "test"};
  static const std::vector<std::string> three{"train", "val", "test"};
  return count == 2 ? two : three;
}

std::vector<double> parse_shares(const std::string& text) {
  std::vector<double> shares;
  for (const auto part : molbridge::split(text, ',')) {
    const auto share = parse_double(trim(part));
    if (!share)
      throw Error(ErrorCode::kUsage, "share \"" + std::string(part) + "\" is no number")
          .remedy("give shares like 0.8,0.1,0.1");
    shares.push_back(*share);
  }
  if (shares.size() != 2 && shares.size() != 3) {
    throw Error(ErrorCode::kUsage, std::to_string(shares.size()) + " shares are given")
        .remedy("give two (train, test) or three (train, val, test), e.g. 0.8,0.1,0.1");
  }
  return shares;
}

SplitReadOptions read_options(const SplitOptions& options) {
  return {.files = options.inputs,
          .kind = options.kind,
          .smiles_column = options.smiles_column,
          .fold_column = "",
          .threads = options.threads};
}

/// Molecules with their groups and folds.
struct Assignment {
  std::vector<std::size_t> groups;
  std::vector<std::string> group_names;  ///< of each molecule
  std::vector<int> folds;
  std::uint64_t undecided = 0;
};

class Splitter {
 public:
  Splitter(const SplitOptions& options, Progress& progress)
      : options_(options),
        progress_(progress),
        by_(eval::parse_split_by(options.by)),
        shares_(parse_shares(options.shares)) {}

  const std::vector<std::string>& names() const { return fold_names(shares_.size()); }

  Assignment assign(std::span<const SplitMolecule> molecules) {
    Assignment made = by_ == eval::SplitBy::kMces ? by_clusters(molecules) : by_keys(molecules);
    require_disjoint(molecules, made.folds);
    return made;
  }

 private:
  eval::McesNeighborOptions neighbor_options() const { return {.cut = options_.mces_cut, .threads = options_.threads}; }

  Assignment by_keys(std::span<const SplitMolecule> molecules) const {
    Assignment made;
    made.group_names = split_keys(by_, molecules, options_.threads);
    made.groups = eval::group_by_key(made.group_names);
    made.folds = by_ == eval::SplitBy::kMurckoHistogram
                     ? eval::assign_murcko_folds(murcko_histograms(molecules, options_.threads), shares_)
                     : eval::assign_folds(made.groups, shares_, options_.seed);
    return made;
  }

  Assignment by_clusters(std::span<const SplitMolecule> molecules) {
    const auto clusters = eval::mces_clusters(mces_graphs(molecules, options_.threads), neighbor_options(), progress_);
    Assignment made;
    made.groups = clusters.cluster_of;
    made.undecided = clusters.counts.undecided;
    for (const std::size_t cluster : made.groups) made.group_names.push_back("cluster " + std::to_string(cluster + 1));
    made.folds = eval::assign_folds(made.groups, shares_, options_.seed);
    return made;
  }

  /// Does not trust the grouping: looks at the molecules of the finished folds.
  void require_disjoint(std::span<const SplitMolecule> molecules, const std::vector<int>& folds) {
    for (const eval::SplitBy by : {eval::SplitBy::kInchikey, by_}) {
      if (by == eval::SplitBy::kMces) {
        const auto close =
            eval::find_close_molecules(mces_graphs(molecules, options_.threads), folds, neighbor_options(), progress_);
        MOLBRIDGE_CHECK(close.count == 0,
                        molecules[close.molecule].inchikey14 + " " + molecules[close.partner].inchikey14);
      } else {
        const auto shared = eval::find_shared(split_keys(by, molecules, options_.threads), folds);
        MOLBRIDGE_CHECK(shared.count == 0,
                        molecules[shared.first].inchikey14 + " " + molecules[shared.second].inchikey14);
      }
    }
  }

  const SplitOptions& options_;
  Progress& progress_;
  eval::SplitBy by_;
  std::vector<double> shares_;
};

void write_rows(const SplitInputs& inputs, const Assignment& made, const std::vector<std::string>& names,
                Output& output) {
  output.write("id\tinchikey14\tfold\tgroup\tsmiles\tfile\tline\treason\n");
  for (const SplitRecord& record : inputs.records) {
    std::string molecule = "\t\t\t";
    if (record.molecule != SplitRecord::kNone) {
      const SplitMolecule& of = inputs.molecules[record.molecule];
      molecule = of.inchikey14 + "\t" + names[static_cast<std::size_t>(made.folds[record.molecule])] + "\t" +
                 made.group_names[record.molecule] + "\t" + of.molecule.smiles();
    }
    output.write(tsv_cell(record.id) + "\t" + molecule + "\t" + tsv_cell(inputs.files[record.input]) + "\t" +
                 std::to_string(record.line) + "\t" + tsv_cell(record.reason) + "\n");
  }
}

/// The inputs once more, one file per fold and kind of input.
class FoldFiles {
 public:
  FoldFiles(const std::string& prefix, const std::vector<std::string>& names, const SplitInputs& inputs)
      : writer_(spectra::make_writer(spectra::OutputFormat::kMgf)) {
    const bool spectra = std::ranges::find(inputs.are_spectra, true) != inputs.are_spectra.end();
    const bool tables = std::ranges::find(inputs.are_spectra, false) != inputs.are_spectra.end();
    for (const std::string& name : names) {
      if (spectra) spectra_.push_back(open(prefix + "." + name + ".mgf"));
      if (tables) {
        tables_.push_back(open(prefix + "." + name + ".tsv"));
        tables_.back()->write("smiles\tname\tid\tinchikey14\n");
      }
    }
  }

  void add(std::size_t fold, const spectra::Spectrum& spectrum) { spectra_[fold]->write(writer_->record(spectrum)); }
  void add(std::size_t fold, const chem::MoleculeRow& row, const SplitMolecule& molecule) {
    tables_[fold]->write(molecule.molecule.smiles() + "\t" + tsv_cell(row.name) + "\t" + tsv_cell(row.id) + "\t" +
                         molecule.inchikey14 + "\n");
  }
  std::vector<std::string> commit() {
    for (const auto& file : spectra_) file->commit();
    for (const auto& file : tables_) file->commit();
    return paths_;
  }

 private:
  std::unique_ptr<Output> open(const std::string& path) {
    paths_.push_back(path);
    return open_output(path);
  }

  std::unique_ptr<spectra::SpectrumWriter> writer_;
  std::vector<std::unique_ptr<Output>> spectra_;
  std::vector<std::unique_ptr<Output>> tables_;
  std::vector<std::string> paths_;
};

std::vector<std::string> write_folds(const SplitOptions& options, const SplitInputs& inputs, const Assignment& made,
                                     const std::vector<std::string>& names) {
  if (options.write_prefix.empty()) return {};
  FoldFiles files(options.write_prefix, names, inputs);
  read_split_inputs_again(
      read_options(options), inputs,
      [&](std::size_t index, const spectra::Spectrum& spectrum) {
        const std::size_t molecule = inputs.records[index].molecule;
        if (molecule != SplitRecord::kNone) files.add(static_cast<std::size_t>(made.folds[molecule]), spectrum);
      },
      [&](std::size_t index, const chem::MoleculeRow& row) {
        const std::size_t molecule = inputs.records[index].molecule;
        if (molecule != SplitRecord::kNone)
          files.add(static_cast<std::size_t>(made.folds[molecule]), row, inputs.molecules[molecule]);
      });
  return files.commit();
}

SplitReport count(const SplitInputs& inputs, const Assignment& made, const std::vector<std::string>& names) {
  SplitReport report;
  report.records = inputs.records.size();
  report.undecided = made.undecided;
  for (const std::string& name : names) report.folds.push_back({.fold = name});
  std::vector<std::set<std::size_t>> groups(names.size());
  std::vector<std::uint64_t> sizes;
  for (std::size_t k = 0; k < made.folds.size(); ++k) {
    const auto fold = static_cast<std::size_t>(made.folds[k]);
    ++report.folds[fold].molecules;
    groups[fold].insert(made.groups[k]);
    sizes.resize(std::max(sizes.size(), made.groups[k] + 1));
    report.largest_group = std::max(report.largest_group, ++sizes[made.groups[k]]);
  }
  report.groups = sizes.size();
  for (std::size_t fold = 0; fold < names.size(); ++fold) report.folds[fold].groups = groups[fold].size();
  ReasonTally tally;
  for (const SplitRecord& record : inputs.records) {
    if (record.molecule != SplitRecord::kNone) {
      ++report.folds[static_cast<std::size_t>(made.folds[record.molecule])].records;
      continue;
    }
    ++report.without_fold;
    tally.add(record.reason, inputs.files[record.input] + ":" + std::to_string(record.line));
  }
  report.reasons = tally.groups();
  return report;
}

void check_options(const SplitOptions& options) {
  if (!(options.mces_cut > 0)) throw Error(ErrorCode::kUsage, "the MCES cut must be above 0");
  if (options.write_prefix.empty()) return;
  for (const std::string& input : options.inputs) {
    if (!is_repeatable(input) || input == "-") {
      throw Error(ErrorCode::kUsage, input + " cannot be read twice, as writing files by fold needs")
          .remedy("give a file");
    }
  }
}

}  // namespace

SplitReport split(const SplitOptions& options, Progress& progress) {
  check_options(options);
  Splitter splitter(options, progress);
  const SplitInputs inputs = read_split_inputs(read_options(options), progress);
  if (inputs.molecules.empty()) {
    throw Error(ErrorCode::kInput, "no record names a usable structure")
        .in_file(options.inputs[0])
        .remedy(inputs.records.empty() ? "the input is empty" : "the first record: " + inputs.records[0].reason);
  }
  const auto output = open_output(options.output);
  const Assignment made = splitter.assign(inputs.molecules);
  write_rows(inputs, made, splitter.names(), *output);
  SplitReport report = count(inputs, made, splitter.names());
  report.files = write_folds(options, inputs, made, splitter.names());
  output->commit();
  return report;
}

}  // namespace molbridge::service
