#include <map>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/eval/two_class.hpp"
#include "molbridge/service/link_task_table.hpp"
#include "molbridge/service/link_tasks.hpp"
#include "molbridge/service/output.hpp"

namespace molbridge::service {
namespace {

struct Pair {
  std::uint32_t head = 0;
  std::uint32_t tail = 0;
  bool positive = false;
  std::string reason;  ///< why it has no score
  float score = 0;
};

class PairEvaluation {
 public:
  PairEvaluation(const LinkPairOptions& options, const retrieve::LinkModel& model, std::size_t threads)
      : options_(options), model_(model), threads_(threads) {}

  Analysis run(Progress& progress) {
    const retrieve::LinkRelation relation = require_model_relation(model_, options_.task.relation);
    read();
    progress.start("encoding", heads_.size() + tails_.size(), "entities");
    score(LinkPairScorer(model_, relation, heads_, tails_, threads_));
    progress.finish();
    write_scores();
    return report(relation);
  }

 private:
  void read() {
    std::vector<std::string> columns{options_.task.head_column, options_.task.tail_column, options_.label_column};
    columns.insert(columns.end(), options_.group_by.begin(), options_.group_by.end());
    table_ = read_columns(options_.task.table, columns);
    for (std::size_t k = 0; k < table_.rows.size(); ++k) {
      const auto& row = table_.rows[k];
      if (row[2] != "0" && row[2] != "1") {
        throw Error(ErrorCode::kInput, "label \"" + row[2] + "\" is neither 0 nor 1")
            .at_line(options_.task.table, table_.lines[k]);
      }
      pairs_.push_back({.head = heads_.add(row[0]), .tail = tails_.add(row[1]), .positive = row[2] == "1"});
    }
    if (pairs_.empty()) throw Error(ErrorCode::kInput, "no pair could be read").in_file(options_.task.table);
  }

  void score(const LinkPairScorer& scorer) {
    for (std::size_t k = 0; k < pairs_.size(); ++k) {
      Pair& pair = pairs_[k];
      pair.reason = scorer.reason(pair.head, pair.tail);
      if (pair.reason.empty()) {
        pair.score = scorer.score(pair.head, {pair.tail})[0];
      } else {
        failures_.add(pair.reason, options_.task.table + ":" + std::to_string(table_.lines[k]));
      }
    }
  }

  void write_scores() const {
    if (options_.scores.empty()) return;
    const auto output = open_output(options_.scores);
    output->write("line\thead\ttail\tlabel\tscore\treason\n");
    for (std::size_t k = 0; k < pairs_.size(); ++k) {
      const Pair& pair = pairs_[k];
      output->write(std::to_string(table_.lines[k]) + "\t" + tsv_cell(table_.rows[k][0]) + "\t" +
                    tsv_cell(table_.rows[k][1]) + "\t" + (pair.positive ? "1" : "0") + "\t" +
                    (pair.reason.empty() ? format_shortest(pair.score) : "") + "\t" + tsv_cell(pair.reason) + "\n");
    }
    output->commit();
  }

  std::vector<Cell> row(const std::string& column, const std::string& value,
                        const std::vector<std::size_t>& members) const {
    std::vector<eval::Labelled> labelled;
    for (const std::size_t k : members) {
      const Pair& pair = pairs_[k];
      if (pair.reason.empty())
        labelled.push_back({.score = pair.score, .positive = pair.positive, .cluster = pair.head});
    }
    const auto figures = eval::two_class(labelled, {.seed = options_.task.seed, .resamples = options_.task.resamples});
    return {column,
            value,
            figures.pairs,
            figures.positives,
            std::uint64_t{members.size()} - figures.pairs,
            figures.auroc.mean,
            figures.auroc.low,
            figures.auroc.high,
            figures.auprc.mean,
            figures.auprc.low,
            figures.auprc.high,
            figures.pairs == 0 ? 0.0 : static_cast<double>(figures.positives) / static_cast<double>(figures.pairs)};
  }

  Analysis report(const retrieve::LinkRelation& relation) const {
    Analysis analysis{.kind = "link-pairs"};
    analysis.facts = {{"model", model_.name()},
                      {"digest", model_.digest()},
                      {"table", options_.task.table},
                      {"relation", options_.task.relation},
                      {"zero_shot", std::uint64_t{model_.is_zero_shot(relation) ? 1U : 0U}},
                      {"unreadable_rows", table_.bad_rows},
                      {"interval", std::string("95 %, bootstrap over heads")}};
    Table table{.columns = {"column", "value", "pairs", "positives", "failed", "auroc", "auroc_low", "auroc_high",
                            "auprc", "auprc_low", "auprc_high", "auprc_random"},
                .rows = {}};
    std::vector<std::size_t> all(pairs_.size());
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = k;
    table.rows.push_back(row("", "all", all));
    for (std::size_t column = 0; column < options_.group_by.size(); ++column) {
      std::map<std::string, std::vector<std::size_t>> groups;
      for (const std::size_t k : all) groups[table_.rows[k][3 + column]].push_back(k);
      for (const auto& [value, members] : groups) table.rows.push_back(row(options_.group_by[column], value, members));
    }
    analysis.tables.emplace_back("groups", std::move(table));
    Table failed{.columns = {"reason", "count", "first"}, .rows = {}};
    for (const ReasonGroup& group : failures_.groups()) {
      failed.rows.push_back({group.reason, group.count, group.where});
      analysis.skipped += group.count;
    }
    analysis.tables.emplace_back("failed", std::move(failed));
    return analysis;
  }

  const LinkPairOptions& options_;
  const retrieve::LinkModel& model_;
  std::size_t threads_;
  ColumnTable table_;
  EntityIndex heads_, tails_;
  std::vector<Pair> pairs_;
  ReasonTally failures_;
};

}  // namespace

Analysis evaluate_link_pairs(const LinkPairOptions& options, const LinkModelChoice& model, std::size_t threads,
                             Progress& progress) {
  return PairEvaluation(options, *open_link_model(model), threads).run(progress);
}

}  // namespace molbridge::service
