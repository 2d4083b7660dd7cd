#include "molbridge/corpus/pairs.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "molbridge/chem/columns.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/corpus/structures.hpp"
#include "molbridge/corpus/table.hpp"

namespace molbridge::corpus {
namespace {

constexpr std::array<std::string_view, 6> kTextNames{"querytext", "text", "description", "caption", "sentence", "name"};
constexpr std::array<std::string_view, 5> kIdNames{"pairid", "id", "cid", "sourceid", "moleculechemblid"};
constexpr std::array<std::string_view, 5> kNameNames{"drugname", "prefname", "compoundname", "moleculename", "name"};
constexpr std::array<std::string_view, 5> kTargetNames{"targetkey", "targetid", "targetchemblid", "class", "target"};
constexpr std::array<std::string_view, 2> kFoldNames{"fold", "split"};
constexpr std::array<std::string_view, 3> kKeyNames{"inchikey14", "inchikey", "standardinchikey"};
constexpr std::array<std::string_view, 2> kLicenceNames{"licence", "license"};
constexpr std::array<std::string_view, 1> kScaffoldNames{"scaffold"};
constexpr std::size_t kBlockLength = 14;

void count(Occurrences& occurrences, std::uint64_t line, const std::string& what) {
  if (occurrences.count++ == 0) {
    occurrences.first_line = line;
    occurrences.first = what;
  }
}

class PairReader {
 public:
  PairReader(LineSource& lines, const PairReadOptions& options, Progress& progress)
      : lines_(lines), options_(options), progress_(progress), table_(lines) {
    smiles_ = table_.required(options.smiles_column, chem::smiles_synonyms(), "structures", "--smiles-column");
    text_ = table_.required(options.text_column, kTextNames, "texts", "--text-column");
    id_ = table_.column(options.id_column, kIdNames);
    name_ = table_.column(options.name_column, kNameNames);
    if (options.name_column.empty() && name_ == text_) name_.reset();  // one meaning only
    target_ = table_.column(options.target_column, kTargetNames);
    fold_ = table_.column(options.fold_column, kFoldNames);
    key_ = table_.column("", kKeyNames);
    licence_ = table_.column("", kLicenceNames);
    scaffold_ = table_.column("", kScaffoldNames);
    for (const RowFilter& filter : options.where) where_.push_back(*table_.column(filter.column, {}));
    if (!options.fold.empty() && !fold_) {
      table_.required(options.fold_column, kFoldNames, "folds", "--fold COLUMN=VALUE; no option --fold-column");
    }
  }

  PairTable read() {
    made_.file = lines_.name();
    made_.text_column = table_.header()[text_];
    if (target_) made_.target_column = table_.header()[*target_];
    if (fold_) made_.fold_column = table_.header()[*fold_];
    if (name_) made_.name_column = table_.header()[*name_];
    while (table_.next()) take_row();
    require_rows();
    if (!options_.fold.empty()) require_fold();
    add_structures();
    std::ranges::stable_sort(made_.skipped, {}, &SkippedPair::line);
    return std::move(made_);
  }

 private:
  void skip(std::uint64_t line, std::string reason) { made_.skipped.push_back({line, std::move(reason)}); }

  /// The cell as UTF-8; says in `bad` that it was not.
  std::string utf8(std::optional<std::size_t> column, bool& bad) const {
    const std::string_view cell = table_.field(column);
    std::string text = chem::as_utf8(cell);
    bad = bad || text != cell;
    return text;
  }

  void take_row() {
    ++made_.rows;
    if (!table_.failure().empty()) return skip(table_.line(), table_.failure());
    if (!is_wanted()) {
      ++made_.left_out;
      return;
    }
    bool bad = false;
    MoleculeTextPair pair{.id = utf8(id_, bad),
                          .inchikey14 = {},
                          .smiles = std::string(table_.field(smiles_)),
                          .name = utf8(name_, bad),
                          .target = utf8(target_, bad),
                          .text = utf8(text_, bad),
                          .fold = utf8(fold_, bad),
                          .scaffold = utf8(scaffold_, bad),
                          .licence = utf8(licence_, bad),
                          .line = table_.line()};
    folds_.insert(pair.fold);
    if (!options_.fold.empty() && pair.fold != options_.fold) {
      ++made_.other_folds;
      return;
    }
    if (bad) count(made_.not_utf8, pair.line, pair.text.substr(0, 60));
    if (pair.text.empty()) return skip(pair.line, "no text in column " + made_.text_column);
    if (pair.smiles.empty()) return skip(pair.line, "no SMILES");
    pairs_.push_back(std::move(pair));
    stated_keys_.emplace_back(table_.field(key_).substr(0, kBlockLength));
  }

  bool is_wanted() const {
    for (std::size_t i = 0; i < where_.size(); ++i) {
      const RowFilter& filter = options_.where[i];
      if ((chem::as_utf8(table_.field(where_[i])) == filter.value) != filter.equal) return false;
    }
    return true;
  }

  void require_rows() const {
    if (made_.left_out == 0 || made_.left_out < made_.rows) return;
    std::vector<std::string> filters;
    for (const RowFilter& filter : options_.where)
      filters.push_back(filter.column + (filter.equal ? "=" : "!=") + filter.value);
    throw Error(ErrorCode::kInput, "no row is left where " + join(filters, " and "))
        .in_file(lines_.name())
        .remedy("Values are compared as a whole, and case counts.");
  }

  void require_fold() const {
    if (made_.other_folds < made_.rows - made_.skipped.size() - made_.left_out || folds_.empty()) return;
    std::vector<std::string> known(folds_.begin(), folds_.end());
    constexpr std::size_t kMostShown = 10;
    if (known.size() > kMostShown) known.resize(kMostShown);
    throw Error(ErrorCode::kInput, "no row has \"" + options_.fold + "\" in column " + made_.fold_column)
        .in_file(lines_.name())
        .remedy("folds found: " + join(known, ", "));
  }

  void add_structures() {
    std::vector<std::string> spellings;
    for (const MoleculeTextPair& pair : pairs_) spellings.push_back(pair.smiles);
    const StructureTable structures(spellings, options_.threads, progress_);
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      MoleculeTextPair& pair = pairs_[i];
      const Structure& structure = structures.of(pair.smiles);
      if (!structure.reason.empty()) {
        skip(pair.line, structure.reason);
        continue;
      }
      pair.smiles = structure.smiles;
      pair.inchikey14 = structure.inchikey14;
      if (!stated_keys_[i].empty() && stated_keys_[i] != pair.inchikey14) {
        count(made_.key_mismatch, pair.line, stated_keys_[i] + " is stated, the structure is " + pair.inchikey14);
      }
      made_.pairs.push_back(std::move(pair));
    }
  }

  LineSource& lines_;
  const PairReadOptions& options_;
  Progress& progress_;
  Table table_;
  std::size_t smiles_ = 0, text_ = 0;
  std::optional<std::size_t> id_, name_, target_, fold_, key_, licence_, scaffold_;
  std::vector<std::size_t> where_;  // of each filter
  PairTable made_;
  std::vector<MoleculeTextPair> pairs_;  // SMILES as given
  std::vector<std::string> stated_keys_;
  std::set<std::string> folds_;
};

}  // namespace

RowFilter parse_row_filter(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals != std::string_view::npos) {
    const bool is_not = equals > 0 && text[equals - 1] == '!';
    RowFilter filter{std::string(trim(text.substr(0, equals - (is_not ? 1 : 0)))),
                     std::string(trim(text.substr(equals + 1))), !is_not};
    if (!filter.column.empty()) return filter;
  }
  throw Error(ErrorCode::kUsage, "\"" + std::string(text) + "\" names no rows")
      .remedy("write COLUMN=VALUE or COLUMN!=VALUE, e.g. licence!=CC BY-NC 4.0");
}

void parse_fold(const std::string& text, PairReadOptions& options) {
  if (text.empty()) return;
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    options.fold = text;
    return;
  }
  options.fold_column = trim(std::string_view(text).substr(0, equals));
  options.fold = trim(std::string_view(text).substr(equals + 1));
  if (options.fold_column.empty() || options.fold.empty()) {
    throw Error(ErrorCode::kUsage, "\"" + text + "\" names no fold")
        .remedy("write COLUMN=VALUE, e.g. fold_scaffold=val");
  }
}

PairTable read_pairs(LineSource& lines, const PairReadOptions& options, Progress& progress) {
  return PairReader(lines, options, progress).read();
}

PairTable read_pairs(const std::string& path, const PairReadOptions& options, Progress& progress) {
  return read_pairs(*LineSource::open(path), options, progress);
}

}  // namespace molbridge::corpus
