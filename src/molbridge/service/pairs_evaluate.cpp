// Use case: pairs evaluate.

#include <algorithm>
#include <numeric>
#include <set>
#include <unordered_set>
#include <utility>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/model_cache.hpp"
#include "molbridge/service/output.hpp"
#include "molbridge/service/pairs.hpp"
#include "molbridge/service/pairs_report.hpp"

namespace molbridge::service {
namespace {

const std::vector<std::string> kBaselines{"popularity", "nearest", "shuffled"};

void check(const PairsEvaluateOptions& options) {
  for (const std::string& baseline : options.baselines) {
    if (std::ranges::find(kBaselines, baseline) != kBaselines.end()) continue;
    Error error(ErrorCode::kUsage, "no baseline \"" + baseline + "\"; there are " + join(kBaselines, ", "));
    if (const auto close = nearest(baseline, kBaselines)) error.remedy("Did you mean " + *close + "?");
    throw error;
  }
  const bool shuffled = std::ranges::find(options.baselines, "shuffled") != options.baselines.end();
  if (options.model.empty() && (shuffled || options.baselines.empty())) {
    throw Error(ErrorCode::kUsage, shuffled
                                       ? "the baseline \"shuffled\" shuffles the texts of a model, and none is given"
                                       : "nothing to measure: neither --model nor --baseline is given")
        .remedy("Add --model DIR, or --baseline popularity or nearest.");
  }
  if (options.decoys.empty() != (options.num_decoys == 0))
    throw Error(ErrorCode::kUsage, "--decoys and --num-decoys go together");
}

class Evaluator {
 public:
  Evaluator(const PairsEvaluateOptions& options, Progress& progress)
      : options_(options), progress_(progress), reading_(options.reading) {}

  PairsEvaluateReport run() {
    check(options_);
    const auto output = open_output(options_.output);
    if (!options_.per_query.empty()) per_query_ = open_output(options_.per_query);
    read();
    make_task();
    if (per_query_) per_query_->write(pairs_query_header());
    if (!options_.model.empty()) add_model();
    for (const std::string& baseline : options_.baselines) add_baseline(baseline);
    output->write(pairs_evaluation_json(options_, report_));
    if (per_query_) per_query_->commit();
    output->commit();
    return std::move(report_);
  }

 private:
  void read() {
    corpus::parse_fold(options_.fold, reading_);
    if (!reading_.fold.empty() && reading_.fold_column.empty()) reading_.fold_column = "fold";
    reading_.threads = options_.threads;
    report_.fold = std::exchange(reading_.fold, "");  // all rows are read: right answers and the gallery need them
    table_ = corpus::read_pairs(options_.pairs, reading_, progress_);
    report_.reading = describe_reading(table_);
    report_.text_column = table_.text_column;
    report_.fold_column = table_.fold_column;
    report_.target_column = table_.target_column;
  }

  void make_task() {
    task_ = make_pair_task(table_, report_.fold, options_.gallery == "all");
    if (task_.queries.empty()) throw no_queries();
    if (!options_.decoys.empty())
      add_decoys(task_, *bank::Bank::open(options_.decoys), options_.num_decoys, options_.seed);
    constexpr std::size_t kMostScores = std::size_t{1} << 29;  // 2 GiB
    if (task_.molecules.size() > kMostScores / task_.texts.size()) {
      throw Error(ErrorCode::kUsage, format_count(task_.texts.size()) + " texts and " +
                                         format_count(task_.molecules.size()) +
                                         " molecules make more scores than are held at once (2 GiB)")
          .remedy("Lower --num-decoys, or take a smaller --fold.");
    }
    report_.queries = task_.queries.size();
    report_.gallery_molecules = task_.molecules.size();
    report_.gallery_texts = task_.texts.size();
    report_.decoys = task_.decoys;
  }

  Error no_queries() const {
    std::set<std::string> folds;
    for (const auto& pair : table_.pairs) folds.insert(pair.fold);
    const std::vector<std::string> known(folds.begin(), folds.end());
    return Error(ErrorCode::kInput, "no usable row" + (report_.fold.empty() ? "" : " of fold \"" + report_.fold + "\""))
        .in_file(options_.pairs)
        .remedy(known.empty() ? "Run: molbridge pairs info" : "folds found: " + join(known, ", "));
  }

  void add_model() {
    const auto model = retrieve::TextModel::load(
        options_.model, {.text_encoder = options_.text_encoder, .cache_folder = vector_cache_folder(options_.cache)});
    std::unordered_set<std::string> trained;
    for (const auto& molecule : model->training_molecules()) trained.insert(molecule.inchikey14);
    for (const PairQuery& query : task_.queries)
      report_.queries_in_training += trained.count(task_.molecules[query.molecule].inchikey14);
    const auto scorer = make_model_scorer(model);
    model_scores_ = scorer->score(task_.texts, task_.molecules, options_.threads, progress_);
    add(scorer->name(), scorer->digest(), scorer->description(), model_scores_);
  }

  void add_baseline(const std::string& name) {
    if (name == "shuffled") return add_shuffled();
    read_training();
    std::unique_ptr<PairScorer> scorer;
    if (name == "popularity") {
      scorer = make_popularity_scorer(training_);
    } else {
      const std::string encoder = options_.text_encoder.empty() ? "tfidf" : options_.text_encoder;
      scorer = make_nearest_scorer(training_, make_pair_text_encoder(encoder, training_),
                                   vector_cache_folder(options_.cache));
    }
    add(scorer->name(), scorer->digest(), scorer->description(),
        scorer->score(task_.texts, task_.molecules, options_.threads, progress_));
  }

  /// The model's ranking of another text: what is left is what the model says whatever the text.
  void add_shuffled() {
    std::vector<std::size_t> order(task_.texts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng(options_.seed, "shuffled texts").shuffle(std::span(order));
    const std::size_t width = task_.molecules.size();
    PairScores scores{
        .scores = {}, .reasons = std::vector<std::string>(order.size()), .truncated = model_scores_.truncated};
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto row = std::span(model_scores_.scores).subspan(order[i] * width, width);
      scores.scores.insert(scores.scores.end(), row.begin(), row.end());
      scores.reasons[i] = model_scores_.reasons[order[i]];
    }
    add("shuffled", "", "the model's scores of another text of the gallery, drawn by the seed", scores);
  }

  void read_training() {
    if (report_.training_pairs > 0) return;
    corpus::PairReadOptions reading = reading_;
    if (options_.train.empty() && report_.fold.empty()) throw no_training_fold();  // it would train on the queries
    corpus::parse_fold(options_.train_fold, reading);
    const bool same_table = options_.train.empty() && reading.fold_column == reading_.fold_column;
    training_ =
        same_table
            ? rows_of_fold(reading.fold)
            : corpus::read_pairs(options_.train.empty() ? options_.pairs : options_.train, reading, progress_).pairs;
    if (training_.empty()) throw no_training_fold();
    report_.training_pairs = training_.size();
    std::set<std::pair<std::string, std::string>> known;
    for (const auto& pair : training_) known.emplace(pair.inchikey14, pair.text);
    for (const PairQuery& query : task_.queries)
      report_.training_overlap += known.count({task_.molecules[query.molecule].inchikey14, task_.texts[query.text]});
  }

  std::vector<corpus::MoleculeTextPair> rows_of_fold(const std::string& fold) const {
    std::vector<corpus::MoleculeTextPair> rows;
    for (const auto& pair : table_.pairs) {
      if (fold.empty() || pair.fold == fold) rows.push_back(pair);
    }
    return rows;
  }

  static Error no_training_fold() {
    return Error(ErrorCode::kUsage, "the baselines need training pairs")
        .remedy("Name them: --train FILE --train-fold COLUMN=VALUE");
  }

  void add(std::string name, std::string digest, std::string description, const PairScores& scores) {
    check_interrupt();
    PairScorerReport report{.name = std::move(name),
                            .digest = std::move(digest),
                            .description = std::move(description),
                            .truncated = scores.truncated};
    ReasonTally tally;
    for (std::size_t i = 0; i < scores.reasons.size(); ++i) {
      constexpr std::size_t kShown = 60;
      if (!scores.reasons[i].empty()) tally.add(scores.reasons[i], task_.texts[i].substr(0, kShown));
    }
    report.skip_reasons = tally.groups();
    report.measures =
        measure_pairs(task_, scores, {.seed = options_.seed, .resamples = options_.resamples}, options_.threads);
    if (per_query_) per_query_->write(pairs_query_rows(table_, task_, scores, report));
    report_.scorers.push_back(std::move(report));
  }

  const PairsEvaluateOptions& options_;
  Progress& progress_;
  corpus::PairReadOptions reading_;
  std::unique_ptr<Output> per_query_;
  corpus::PairTable table_;
  PairTask task_;
  PairScores model_scores_;
  std::vector<corpus::MoleculeTextPair> training_;
  PairsEvaluateReport report_;
};

}  // namespace

PairsEvaluateReport evaluate_pairs(const PairsEvaluateOptions& options, Progress& progress) {
  return Evaluator(options, progress).run();
}

}  // namespace molbridge::service
