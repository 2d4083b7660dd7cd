#include "molbridge/train/molecule_set.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/train/molecule_rows.hpp"

namespace molbridge::train {
namespace {

constexpr std::size_t kChunk = 64;

struct Identity {
  std::string smiles, inchikey14, formula, failure;
};

/// What the structure itself says.
Identity identify(const std::string& smiles, bool with_formula) {
  const auto molecule = chem::standardize(smiles);
  if (!molecule) return {.failure = "structure not usable: " + molecule.reason()};
  auto key = chem::inchikey14(*molecule);
  if (!key) return {.failure = "structure not usable: " + key.reason()};
  return {molecule->smiles(), *key, with_formula ? molecule->formula().hill() : "", ""};
}

std::vector<Identity> identify_all(std::span<const MoleculeTableRow> rows, bool with_formulas, std::size_t threads,
                                   Progress& progress) {
  constexpr std::size_t kStep = 4096;
  std::vector<Identity> all(rows.size());
  progress.start("standardising", rows.size(), "molecules");
  for (std::size_t from = 0; from < rows.size(); from += kStep) {
    check_interrupt();
    const std::size_t count = std::min(kStep, rows.size() - from);
    parallel_for(count, threads, kChunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = from + begin; i < from + end; ++i) all[i] = identify(rows[i].smiles, with_formulas);
    });
    progress.advance(from + count);
  }
  progress.finish();
  return all;
}

/// Charges, stereo and fragments: what standardising changes. Tables that claim to be standardised often still have some charges.
bool may_change(std::string_view smiles) {
  if (smiles.find_first_of("@/\\.") != std::string_view::npos) return true;
  bool in_atom = false;
  for (const char c : smiles) {
    if (c == '[' || c == ']') in_atom = c == '[';
    if (in_atom && (c == '+' || c == '-')) return true;  // outside it is a bond
  }
  return false;
}

/// A uniform sample of a stream (algorithm R), in the order of the stream.
class Draw {
 public:
  Draw(std::int64_t limit, std::uint64_t seed) : limit_(static_cast<std::size_t>(limit)), rng_(seed, "molecules") {}

  void add(MoleculeTableRow row) {
    const std::size_t number = seen_++;
    if (limit_ == 0 || rows_.size() < limit_) {
      rows_.emplace_back(number, std::move(row));
    } else if (const std::uint64_t at = rng_.below(seen_); at < limit_) {
      rows_[at] = {number, std::move(row)};
    }
  }
  std::vector<MoleculeTableRow> finish() {
    std::sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<MoleculeTableRow> rows;
    rows.reserve(rows_.size());
    for (auto& [number, row] : rows_) rows.push_back(std::move(row));
    return rows;
  }
  std::uint64_t left_out() const { return seen_ - rows_.size(); }

 private:
  std::size_t limit_;
  Rng rng_;
  std::size_t seen_ = 0;
  std::vector<std::pair<std::size_t, MoleculeTableRow>> rows_;
};

class Loader {
 public:
  Loader(const MoleculeSetOptions& options, Progress& progress)
      : options_(options), progress_(progress), draw_(options.limit, options.seed) {}

  MoleculeSet load() {
    const bool formulas = !options_.held_out.formulas.empty();
    const auto visit = [this](MoleculeTableRow& row, const std::string& failure) { take(row, failure); };
    if (options_.standardized) {
      read_stated_rows(options_.files, formulas, progress_, visit);
    } else {
      read_molecule_rows(options_.files, progress_, visit);
    }
    if (draw_.left_out() > 0) skip("not drawn", draw_.left_out());
    std::vector<MoleculeTableRow> rows = draw_.finish();
    standardize(rows, formulas);
    if (options_.standardized) check(rows, formulas);
    for (MoleculeTableRow& row : rows) keep(row);
    set_.counts.used = set_.smiles.size();
    if (set_.smiles.empty()) {
      throw Error(ErrorCode::kUsage, "no molecule is left to train on")
          .remedy("Look at data.train, data.exclude and data.limit: " + describe());
    }
    return std::move(set_);
  }

 private:
  void skip(const std::string& reason, std::uint64_t count = 1) { set_.counts.skipped[reason] += count; }

  void take(MoleculeTableRow& row, const std::string& failure) {
    ++set_.counts.read;
    if (!failure.empty()) return skip("broken row");
    if (options_.standardized && held_out(row)) return skip("held out");
    draw_.add(row);
  }

  bool held_out(const MoleculeTableRow& row) const {
    return options_.held_out.inchikeys.contains(row.inchikey14) || options_.held_out.formulas.contains(row.formula);
  }

  /// A table that is wrong about its molecules would let held-out compounds in.
  void check(const std::vector<MoleculeTableRow>& rows, bool formulas) {
    Rng rng(options_.seed, "checked molecules");
    std::vector<MoleculeTableRow> sample;
    for (std::size_t i = 0; i < std::min(options_.checked, rows.size()); ++i) {
      const MoleculeTableRow& row = rows[rng.below(rows.size())];
      if (!row.smiles.empty()) sample.push_back(row);
    }
    const auto found = identify_all(sample, formulas, options_.threads, progress_);
    for (std::size_t i = 0; i < sample.size(); ++i) {
      const MoleculeTableRow& row = sample[i];
      const auto refuse = [&](const char* what, const std::string& stated, const std::string& computed) {
        throw Error(ErrorCode::kInput, std::string(what) + " " + stated + " should be " + computed)
            .at_line(*row.file, row.line)
            .remedy("data.standardized = true takes the table at its word; false standardises every row.");
      };
      if (row.smiles != found[i].smiles) refuse("SMILES", row.smiles, found[i].smiles + found[i].failure);
      if (row.inchikey14 != found[i].inchikey14) refuse("InChIKey", row.inchikey14, found[i].inchikey14);
      if (formulas && row.formula != found[i].formula) refuse("formula", row.formula, found[i].formula);
    }
  }

  void standardize(std::vector<MoleculeTableRow>& rows, bool formulas) {
    std::vector<MoleculeTableRow> doubtful;
    std::vector<std::size_t> place;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (options_.standardized && !may_change(rows[i].smiles)) continue;
      place.push_back(i);
      doubtful.push_back(rows[i]);
    }
    std::vector<Identity> found = identify_all(doubtful, formulas, options_.threads, progress_);
    for (std::size_t i = 0; i < found.size(); ++i) {
      MoleculeTableRow& row = rows[place[i]];
      row.smiles = std::move(found[i].smiles);
      row.inchikey14 = std::move(found[i].inchikey14);
      row.formula = std::move(found[i].formula);
      if (!found[i].failure.empty()) skip(found[i].failure);
    }
  }

  void keep(MoleculeTableRow& row) {
    if (row.smiles.empty()) return;  // counted by standardize()
    if (held_out(row)) return skip("held out");
    if (!seen_.insert(row.inchikey14).second) return skip("molecule seen before");
    set_.smiles.push_back(std::move(row.smiles));
  }

  std::string describe() const {
    std::string text = format_count(set_.counts.read) + " rows read";
    for (const auto& [reason, count] : set_.counts.skipped) text += "; " + format_count(count) + " " + reason;
    return text;
  }

  const MoleculeSetOptions& options_;
  Progress& progress_;
  Draw draw_;
  std::unordered_set<std::string> seen_;
  MoleculeSet set_;
};

}  // namespace

MoleculeSet load_molecule_set(const MoleculeSetOptions& options, Progress& progress) {
  return Loader(options, progress).load();
}

}  // namespace molbridge::train
