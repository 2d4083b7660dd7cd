#include "molbridge/train/text_pairs.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/corpus/hash_share.hpp"
#include "molbridge/corpus/sentences.hpp"

namespace molbridge::train {
namespace {

constexpr double kPermille = 1000;

Error bad_file(const std::string& specification, const std::string& why) {
  return Error(ErrorCode::kUsage, "\"" + specification + "\": " + why)
      .remedy(
          "Files of pairs are named FILE?text=COLUMN+COLUMN,fold=COLUMN=VALUE,where=COLUMN!=VALUE,weight=NUMBER; all "
          "behind FILE may be left out.");
}

void set_option(TextPairFile& file, const std::string& specification, std::string_view key, std::string_view value) {
  if (key == "text") {
    file.text_columns.clear();
    for (const auto column : split(value, '+')) file.text_columns.emplace_back(column);
  } else if (key == "fold") {
    file.fold = value;
  } else if (key == "where") {
    file.where.push_back(corpus::parse_row_filter(value));
  } else if (key == "weight") {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), file.weight);
    if (error != std::errc() || end != value.data() + value.size() || !(file.weight > 0) || file.weight > 1e6)
      throw bad_file(specification, "weight must be a number above 0");
  } else {
    throw bad_file(specification, "unknown option \"" + std::string(key) + "\"");
  }
}

/// Places of distinct strings, in order of first appearance.
class Places {
 public:
  explicit Places(std::vector<std::string>& strings) : strings_(strings) {}
  std::size_t of(const std::string& text) {
    const auto [at, is_new] = place_.try_emplace(text, strings_.size());
    if (is_new) strings_.push_back(text);
    return at->second;
  }

 private:
  std::vector<std::string>& strings_;
  std::unordered_map<std::string, std::size_t> place_;
};

class Collector {
 public:
  explicit Collector(TextPairs& out) : out_(out), texts_(out.texts), targets_(out.targets) {}

  void add(const TextPairFile& file, std::size_t threads, Progress& progress) {
    std::vector<std::string> columns = file.text_columns;
    if (columns.empty()) columns.emplace_back();
    std::map<std::uint64_t, std::size_t> pair_at_line;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      corpus::PairReadOptions options;
      options.text_column = columns[c];
      options.where = file.where;
      options.threads = threads;
      corpus::parse_fold(file.fold, options);
      const corpus::PairTable table = corpus::read_pairs(file.path, options, progress);
      if (c == 0) count(table);
      for (const corpus::MoleculeTextPair& pair : table.pairs) {
        if (c == 0) {
          pair_at_line.emplace(pair.line, out_.pairs.size());
          add_pair(pair, file.weight);
        } else if (const auto at = pair_at_line.find(pair.line); at != pair_at_line.end()) {
          add_variant(out_.pairs[at->second], texts_.of(pair.text));
        }
      }
    }
  }

 private:
  void count(const corpus::PairTable& table) {
    out_.counts.read += table.pairs.size() + table.skipped.size() + table.left_out;
    out_.counts.used += table.pairs.size();
    for (const auto& row : table.skipped) ++out_.counts.skipped[row.reason];
    if (table.left_out > 0) out_.counts.skipped["left out by where"] += table.left_out;
  }
  void add_pair(const corpus::MoleculeTextPair& pair, double weight) {
    const auto [at, is_new] = molecules_.try_emplace(pair.inchikey14, out_.molecules.size());
    if (is_new) out_.molecules.push_back({pair.inchikey14, pair.smiles, "", 0});
    const std::int64_t target = pair.target.empty() ? -1 : static_cast<std::int64_t>(targets_.of(pair.target));
    out_.pairs.push_back({at->second, target, {texts_.of(pair.text)}, weight});
  }
  static void add_variant(TextPair& pair, std::size_t text) {
    if (std::find(pair.texts.begin(), pair.texts.end(), text) == pair.texts.end()) pair.texts.push_back(text);
  }

  TextPairs& out_;
  Places texts_, targets_;
  std::unordered_map<std::string, std::size_t> molecules_;
};

std::string scaffold_of(const DatasetMolecule& molecule) {
  const auto parsed = chem::Molecule::from_smiles(molecule.smiles);
  MOLBRIDGE_CHECK(parsed, molecule.smiles);
  const std::string scaffold = parsed->murcko_scaffold();
  return scaffold.empty() ? molecule.smiles : scaffold;
}

/// Group of each pair, as text that means the same in every file.
std::vector<std::string> group_keys(const TextPairs& pairs, PairGroup by) {
  std::vector<std::string> of_molecule;
  for (const auto& molecule : pairs.molecules)
    of_molecule.push_back(by == PairGroup::kScaffold ? scaffold_of(molecule) : molecule.inchikey14);
  std::vector<std::string> keys;
  for (const TextPair& pair : pairs.pairs) {
    const std::string target = pair.target < 0 ? "" : pairs.targets[static_cast<std::size_t>(pair.target)];
    const std::string& molecule = of_molecule[pair.molecule];
    if (by == PairGroup::kPair) {
      keys.push_back(molecule + "|" + target);
    } else {
      keys.push_back(by == PairGroup::kTarget && !target.empty() ? target : molecule);
    }
  }
  return keys;
}

/// Only the pairs that `keep` says, with what they name.
TextPairs take(const TextPairs& from, const std::vector<bool>& keep) {
  TextPairs out;
  out.counts = from.counts;
  Places texts(out.texts), targets(out.targets);
  std::unordered_map<std::size_t, std::size_t> molecules;
  for (std::size_t i = 0; i < from.pairs.size(); ++i) {
    if (!keep[i]) continue;
    const TextPair& pair = from.pairs[i];
    const auto [at, is_new] = molecules.try_emplace(pair.molecule, out.molecules.size());
    if (is_new) out.molecules.push_back(from.molecules[pair.molecule]);
    TextPair kept{at->second, -1, {}, pair.weight};
    if (pair.target >= 0)
      kept.target = static_cast<std::int64_t>(targets.of(from.targets[static_cast<std::size_t>(pair.target)]));
    for (const std::size_t text : pair.texts) kept.texts.push_back(texts.of(from.texts[text]));
    out.pairs.push_back(std::move(kept));
  }
  return out;
}

/// Some of the sentences, in their order, not all.
std::string draw_sentences(const std::vector<std::string_view>& sentences, Rng& rng) {
  std::vector<std::string> chosen;
  while (chosen.empty() || chosen.size() == sentences.size()) {
    chosen.clear();
    for (const std::string_view sentence : sentences) {
      if (rng.below(2) == 0) chosen.emplace_back(sentence);
    }
  }
  return join(chosen, " ");
}

std::vector<std::string> excerpts_of(const std::string& text, const ExcerptOptions& options) {
  const std::vector<std::string_view> sentences = corpus::split_sentences(text);
  if (sentences.size() < 2) return {};
  Rng rng(options.seed, "excerpts " + text);
  std::vector<std::string> out{std::string(sentences.front()),
                               std::string(sentences[1 + rng.below(sentences.size() - 1)])};
  const auto most = static_cast<std::size_t>(options.most);
  const std::size_t tries = 4 * most;  // few sentences have few choices
  for (std::size_t i = 0; i < tries && out.size() < most; ++i) {
    std::string drawn = draw_sentences(sentences, rng);
    if (std::find(out.begin(), out.end(), drawn) == out.end()) out.push_back(std::move(drawn));
  }
  out.resize(std::min(out.size(), most));
  if (out.size() == 2 && out[0] == out[1]) out.pop_back();
  return out;
}

}  // namespace

TextPairFile parse_text_pair_file(const std::string& specification, const std::vector<std::string>& text_columns) {
  const std::size_t mark = specification.rfind('?');
  TextPairFile file;
  file.path = specification.substr(0, mark);
  file.text_columns = text_columns;
  if (file.path.empty()) throw bad_file(specification, "names no file");
  if (mark == std::string::npos) return file;
  for (const auto option : split(std::string_view(specification).substr(mark + 1), ',')) {
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos || equals + 1 == option.size())
      throw bad_file(specification, "\"" + std::string(option) + "\" is not KEY=VALUE");
    set_option(file, specification, option.substr(0, equals), option.substr(equals + 1));
  }
  return file;
}

PairGroup parse_pair_group(std::string_view text) {
  for (const auto group : {PairGroup::kMolecule, PairGroup::kScaffold, PairGroup::kTarget, PairGroup::kPair}) {
    if (text == name(group)) return group;
  }
  throw Error(ErrorCode::kUsage, "\"" + std::string(text) + "\" is nothing that pairs are parted by")
      .remedy("Use molecule, scaffold, target or pair.");
}

std::string_view name(PairGroup group) {
  switch (group) {
    case PairGroup::kMolecule: return "molecule";
    case PairGroup::kScaffold: return "scaffold";
    case PairGroup::kTarget: return "target";
    case PairGroup::kPair: return "pair";
  }
  return "";
}

TextPairs load_text_pairs(const std::vector<TextPairFile>& files, std::size_t threads, Progress& progress) {
  TextPairs out;
  Collector collector(out);
  for (const TextPairFile& file : files) collector.add(file, threads, progress);
  if (out.pairs.empty()) throw Error(ErrorCode::kUsage, "no pair of a molecule and a text is left to work with");
  return out;
}

TextPairs split_off_pairs(TextPairs& pairs, PairGroup by, double share) {
  const auto permille = static_cast<std::uint64_t>(std::lround(share * kPermille));
  const std::vector<std::string> keys = group_keys(pairs, by);
  std::vector<bool> held_out, kept;
  for (const auto& key : keys) {
    held_out.push_back(corpus::is_held_back(key, permille));
    kept.push_back(!held_out.back());
  }
  TextPairs out = take(pairs, held_out);
  pairs = take(pairs, kept);
  return out;
}

std::size_t add_excerpts(TextPairs& pairs, const ExcerptOptions& options) {
  const std::size_t before = pairs.texts.size();
  std::unordered_map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < before; ++i) place.emplace(pairs.texts[i], i);
  pairs.excerpts.assign(before, {});
  for (std::size_t i = 0; i < before; ++i) {
    for (std::string& excerpt : excerpts_of(pairs.texts[i], options)) {
      const auto [at, is_new] = place.try_emplace(excerpt, pairs.texts.size());
      if (is_new) pairs.texts.push_back(std::move(excerpt));
      pairs.excerpts[i].push_back(at->second);
    }
  }
  return pairs.texts.size() - before;
}

void require_disjoint(const TextPairs& training, const TextPairs& held_out, PairGroup by) {
  const std::vector<std::string> others = group_keys(held_out, by), own = group_keys(training, by);
  const std::set<std::string> known(others.begin(), others.end());
  std::set<std::string> shared;
  const std::string* first = nullptr;
  for (const auto& key : own) {
    if (!known.contains(key)) continue;
    if (first == nullptr) first = &key;
    shared.insert(key);
  }
  if (first == nullptr) return;
  throw Error(ErrorCode::kUsage, format_count(shared.size()) + " groups by " + std::string(name(by)) +
                                     " stand in both the training and the held-out pairs, first " + *first)
      .remedy(
          "Remove them from data.train or data.held_out; or, where a split shares them by design, set data.disjoint to "
          "what it "
          "parts by: molecule, scaffold, target or pair.");
}

void drop_without_vectors(TextPairs& pairs, const std::vector<bool>& has_molecule, const std::vector<bool>& has_text) {
  MOLBRIDGE_CHECK(has_molecule.size() == pairs.molecules.size() && has_text.size() == pairs.texts.size(), "flags");
  for (auto& excerpts : pairs.excerpts) std::erase_if(excerpts, [&](std::size_t text) { return !has_text[text]; });
  std::erase_if(pairs.pairs, [&](TextPair& pair) {
    std::erase_if(pair.texts, [&](std::size_t text) { return !has_text[text]; });
    if (has_molecule[pair.molecule] && !pair.texts.empty()) return false;
    ++pairs.counts.skipped[has_molecule[pair.molecule] ? "a text without a vector" : "a molecule without a vector"];
    --pairs.counts.used;
    return true;
  });
  if (pairs.pairs.empty()) throw Error(ErrorCode::kUsage, "no pair is left whose molecule and text both have vectors");
}

}  // namespace molbridge::train
