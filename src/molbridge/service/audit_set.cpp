#include "molbridge/service/audit_set.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

#include "molbridge/bank/bank.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/mass/tolerance.hpp"
#include "molbridge/service/candidate_lists.hpp"

namespace molbridge::service {
namespace {

constexpr std::size_t kChunk = 32;
constexpr std::size_t kBlock = 2048;  // between two reports of progress

/// The strings of all lists, each once.
class StringTable {
 public:
  std::uint32_t row(const std::string& text) {
    const auto [at, is_new] = rows_.try_emplace(text, static_cast<std::uint32_t>(texts_.size()));
    if (is_new) texts_.push_back(text);
    return at->second;
  }

  std::vector<eval::LeakCandidate> describe(std::size_t threads, Progress& progress) {
    std::vector<eval::LeakCandidate> out(texts_.size());
    progress.start("reading candidates", texts_.size(), "strings");
    for (std::size_t block = 0; block < texts_.size(); block += kBlock) {
      check_interrupt();
      const std::size_t count = std::min(kBlock, texts_.size() - block);
      parallel_for(count, threads, kChunk, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = block + begin; i < block + end; ++i)
          out[i] = eval::describe_candidate(std::move(texts_[i]));
      });
      progress.advance(block + count);
    }
    progress.finish();
    return out;
  }

 private:
  std::unordered_map<std::string, std::uint32_t> rows_;
  std::vector<std::string> texts_;
};

/// A list before its strings are described.
struct RawList {
  std::vector<std::uint32_t> rows;
  std::uint32_t truth_row = 0;  ///< the truth as it would be added
};

class Loader {
 public:
  Loader(const AuditOptions& options, Progress& progress) : options_(options), progress_(progress) {}

  AuditSet load() {
    if (options_.candidates.empty()) {
      out_.set = load_evaluation_set({options_.spectra, options_.threads, {}}, progress_);
      take_bank();
    } else {
      take_file();
    }
    out_.table = strings_.describe(options_.threads, progress_);
    for (std::size_t i = 0; i < raw_.size(); ++i) out_.lists.push_back(finished(raw_[i], out_.compound_of_list[i]));
    return std::move(out_);
  }

 private:
  void take_file() {
    const CandidateLists lists = read_candidate_lists(options_.candidates);
    EvaluationSetOptions set_options{options_.spectra, options_.threads, {}};
    if (options_.first_is_truth) {
      for (const auto& [key, list] : lists) {
        if (!list.empty()) set_options.truth_by_id[key] = list.front();
      }
    }
    out_.set = load_evaluation_set(set_options, progress_);
    resolve_list_keys(lists, out_.set, options_.threads);
    std::vector<const std::vector<std::string>*> first(out_.set.compounds.size(), nullptr);
    take_queries([&](const EvaluationQuery& query) -> std::string {
      const auto* list = list_of(lists, query);
      if (list == nullptr) return "no candidate list for this query";
      if (first[query.compound] != nullptr) {
        out_.other_lists += *first[query.compound] == *list ? 0 : 1;
        return "";
      }
      first[query.compound] = list;
      RawList raw;
      for (const std::string& text : *list) raw.rows.push_back(strings_.row(text));
      raw.truth_row = strings_.row(query.pool_key);
      add_list(query.compound, std::move(raw));
      return "";
    });
  }

  void take_bank() {
    const std::shared_ptr<const bank::Bank> bank = bank::Bank::open(options_.bank);
    take_queries([&](const EvaluationQuery& query) -> std::string {
      if (out_.list_of_compound[query.compound] != AuditSet::kNone) return "";
      const EvaluationCompound& compound = out_.set.compounds[query.compound];
      RawList raw;
      for (const std::uint64_t row : bank_rows(*bank, compound))
        raw.rows.push_back(strings_.row(bank->record(row).smiles));
      raw.truth_row = strings_.row(compound.smiles);  // as our own pools add it: in the one spelling
      add_list(query.compound, std::move(raw));
      return "";
    });
  }

  std::vector<std::uint64_t> bank_rows(const bank::Bank& bank, const EvaluationCompound& compound) const {
    if (options_.pool == "formula") return bank.rows_of_formula(compound.formula);
    const bank::RowRange range = bank.window(mass::Tolerance::ppm(options_.ppm).around(compound.mass));
    std::vector<std::uint64_t> rows;
    for (std::uint64_t row = range.begin; row < range.end; ++row) rows.push_back(row);
    return rows;
  }

  template <typename Take>
  void take_queries(const Take& take) {
    out_.list_of_compound.assign(out_.set.compounds.size(), AuditSet::kNone);
    for (const EvaluationQuery& query : out_.set.queries) {
      check_interrupt();
      out_.skip_reasons.push_back(query.skip_reason.empty() ? take(query) : query.skip_reason);
    }
  }

  void add_list(std::size_t compound, RawList raw) {
    out_.list_of_compound[compound] = raw_.size();
    out_.compound_of_list.push_back(compound);
    raw_.push_back(std::move(raw));
  }

  /// The entry that is the truth: spelled as in the spectra where there is such a one, else the first of its InChIKey block.
  eval::LeakList finished(const RawList& raw, std::size_t compound) const {
    const std::string& key = out_.set.compounds[compound].inchikey14;
    const auto is_truth = [&](std::uint32_t row) { return row == raw.truth_row || out_.table[row].inchikey14 == key; };
    auto chosen = std::find(raw.rows.begin(), raw.rows.end(), raw.truth_row);
    if (chosen == raw.rows.end()) chosen = std::find_if(raw.rows.begin(), raw.rows.end(), is_truth);
    eval::LeakList list;
    for (auto at = raw.rows.begin(); at != raw.rows.end(); ++at) {
      if (at == chosen) list.truth = list.candidates.size();
      if (at != chosen && is_truth(*at)) {
        ++list.copies;
      } else {
        list.candidates.push_back(*at);
      }
    }
    list.truth_added = chosen == raw.rows.end();
    if (list.truth_added) {
      list.truth = list.candidates.size();
      list.candidates.push_back(raw.truth_row);
    }
    return list;
  }

  const AuditOptions& options_;
  Progress& progress_;
  AuditSet out_;
  StringTable strings_;
  std::vector<RawList> raw_;
};

}  // namespace

AuditSet load_audit_set(const AuditOptions& options, Progress& progress) { return Loader(options, progress).load(); }

}  // namespace molbridge::service
