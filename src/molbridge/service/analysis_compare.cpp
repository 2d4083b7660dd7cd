#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/eval/paired.hpp"
#include "molbridge/service/analysis.hpp"
#include "molbridge/service/per_query_table.hpp"

namespace molbridge::service {
namespace {

/// A table of evaluate --per-query.
struct PerQuery {
  std::string path, label;
  std::vector<std::string> keys;  ///< query and its number among those of the same id
  std::vector<std::string> compounds;
  std::vector<eval::QueryOutcome> outcomes;
  bool has_mces = false;
};

/// Nothing for an empty cell. Errors: kInput.
std::optional<double> number_in(const PerQueryTable& table, const std::string& column, double least) {
  const std::string_view cell = table.cell(column);
  if (cell.empty()) return std::nullopt;
  const auto value = parse_double(cell);
  if (!value || !(*value >= least)) {
    throw Error(ErrorCode::kInput, "\"" + std::string(cell) + "\" is no rank, size or distance")
        .at_line(table.path(), table.line_number());
  }
  return value;
}

class Reader {
 public:
  Reader(const std::string& path, std::string label) : table_(path, {"query_id", "inchikey14", "rank", "pool_size"}) {
    out_.path = path;
    out_.label = std::move(label);
  }

  PerQuery read() {
    while (table_.next()) take();
    return std::move(out_);
  }

 private:
  void take() {
    const std::string id(table_.cell("query_id"));
    out_.keys.push_back(id + "\t" + std::to_string(seen_[id]++));
    const std::string_view compound = table_.cell("inchikey14");
    out_.compounds.push_back(compound.empty() ? "\t" + out_.keys.back() : std::string(compound));
    eval::QueryOutcome outcome;
    if (const auto rank = number_in(table_, "rank", 1)) outcome.rank = static_cast<std::uint64_t>(*rank);
    outcome.pool_size = static_cast<std::uint64_t>(number_in(table_, "pool_size", 0).value_or(0));
    if (table_.has("mces")) outcome.mces = number_in(table_, "mces", 0);
    out_.has_mces = out_.has_mces || outcome.mces.has_value();
    out_.outcomes.push_back(outcome);
  }

  PerQueryTable table_;
  PerQuery out_;
  std::map<std::string, std::uint64_t> seen_;
};

Error other_queries(const PerQuery& table, const std::string& why) {
  return Error(ErrorCode::kInput, "is about other queries than the first file: " + why)
      .in_file(table.path)
      .remedy("Evaluate all models on the same spectra, and merge them in the same way.");
}

std::string query_of(const std::string& key) { return key.substr(0, key.find('\t')); }

/// The rows of `table` in the order of `first`, with its numbers of compounds.
void align(const PerQuery& first, PerQuery& table) {
  std::map<std::string, std::size_t> rows;
  for (std::size_t i = 0; i < table.keys.size(); ++i) rows[table.keys[i]] = i;
  if (table.keys.size() != first.keys.size()) {
    throw other_queries(table, std::to_string(table.keys.size()) + " rows, there " + std::to_string(first.keys.size()));
  }
  std::vector<eval::QueryOutcome> outcomes;
  for (std::size_t i = 0; i < first.keys.size(); ++i) {
    const auto row = rows.find(first.keys[i]);
    if (row == rows.end()) throw other_queries(table, "it lacks " + query_of(first.keys[i]));
    if (table.compounds[row->second] != first.compounds[i]) {
      throw other_queries(table, query_of(first.keys[i]) + " has another structure");
    }
    outcomes.push_back(table.outcomes[row->second]);
    outcomes.back().compound = first.outcomes[i].compound;
  }
  table.outcomes = std::move(outcomes);
}

void number_compounds(PerQuery& table) {
  std::map<std::string, std::uint64_t> numbers;
  for (std::size_t i = 0; i < table.compounds.size(); ++i) {
    table.outcomes[i].compound = numbers.try_emplace(table.compounds[i], numbers.size()).first->second;
  }
}

/// File names without folder and ending, or the paths where these are not distinct.
std::vector<std::string> labels_of(const CompareOptions& options) {
  if (!options.labels.empty() && options.labels.size() != options.files.size()) {
    throw Error(ErrorCode::kUsage, std::to_string(options.labels.size()) + " labels for " +
                                       std::to_string(options.files.size()) + " files")
        .remedy("Give one --label per file, in their order, or none.");
  }
  std::vector<std::string> labels = options.labels;
  if (labels.empty()) {
    for (const std::string& path : options.files) {
      const std::string name = path.substr(path.rfind('/') + 1);
      labels.push_back(name.substr(0, name.rfind('.')));
    }
  }
  const bool distinct = std::set<std::string>(labels.begin(), labels.end()).size() == labels.size();
  if (!distinct && !options.labels.empty()) throw Error(ErrorCode::kUsage, "two files have the same --label");
  return distinct ? labels : options.files;
}

std::size_t baseline_of(const std::vector<std::string>& labels, const std::string& baseline) {
  if (baseline.empty()) return 0;
  const auto at = std::find(labels.begin(), labels.end(), baseline);
  if (at == labels.end()) {
    throw Error(ErrorCode::kUsage, "--baseline " + baseline + " is no label; there are: " + join(labels, ", "));
  }
  return static_cast<std::size_t>(at - labels.begin());
}

std::vector<PerQuery> read_tables(const CompareOptions& options, const std::vector<std::string>& labels) {
  std::vector<PerQuery> tables;
  for (std::size_t i = 0; i < options.files.size(); ++i) {
    tables.push_back(Reader(options.files[i], labels[i]).read());
    if (i == 0) number_compounds(tables.front());
    if (i > 0) align(tables.front(), tables.back());
  }
  return tables;
}

using Figures = std::vector<std::pair<std::string, eval::Figure>>;

Figures figures_of(const PerQuery& table, const eval::BootstrapOptions& bootstrap) {
  const eval::Summary summary = eval::summarize(table.outcomes, bootstrap);
  Figures out = summary.figures;
  if (summary.mces_at_1) out.emplace_back("mces_at_1", *summary.mces_at_1);
  return out;
}

/// What is compared with what, computed once for table and figure.
struct Comparison {
  std::vector<PerQuery> tables;
  std::size_t baseline = 0;
  std::vector<Figures> figures;                                                          ///< [model]
  std::vector<std::vector<std::pair<std::string, eval::PairedDifference>>> differences;  ///< [model], from the baseline
};

Comparison compute(const CompareOptions& options) {
  const std::vector<std::string> labels = labels_of(options);
  Comparison c;
  c.baseline = baseline_of(labels, options.baseline);
  c.tables = read_tables(options, labels);
  eval::BootstrapOptions bootstrap{options.seed, options.resamples, {}};
  if (std::all_of(c.tables.begin(), c.tables.end(), [](const PerQuery& t) { return t.has_mces; })) {
    bootstrap.mces_threshold = options.mces_threshold;
  }
  for (const PerQuery& table : c.tables) {
    c.figures.push_back(figures_of(table, bootstrap));
    c.differences.push_back(eval::paired_differences(c.tables[c.baseline].outcomes, table.outcomes, bootstrap));
  }
  return c;
}

/// Rows are models, as in the ablation tables of papers.
Table models_table(const Comparison& c) {
  Table out{{"model", "queries", "compounds", "skipped"}, {}};
  for (const auto& [metric, figure] : c.figures.front()) {
    for (const char* part : {"", "_ci95_low", "_ci95_high", "_by_spectrum", "_difference", "_difference_ci95_low",
                             "_difference_ci95_high"}) {
      out.columns.push_back(metric + part);
    }
  }
  for (std::size_t i = 0; i < c.tables.size(); ++i) {
    const auto& outcomes = c.tables[i].outcomes;
    std::set<std::uint64_t> compounds;
    std::uint64_t skipped = 0;
    for (const auto& outcome : outcomes) {
      compounds.insert(outcome.compound);
      skipped += outcome.rank ? 0 : 1;
    }
    std::vector<Cell> row{c.tables[i].label, std::uint64_t{outcomes.size()}, std::uint64_t{compounds.size()}, skipped};
    for (std::size_t m = 0; m < c.figures[i].size(); ++m) {
      const eval::Figure& f = c.figures[i][m].second;
      const eval::PairedDifference& d = c.differences[i][m].second;
      for (const double value : {f.by_compound, f.ci95_low, f.ci95_high, f.by_spectrum}) row.emplace_back(value);
      const bool itself = i == c.baseline;  // no difference: an empty cell
      for (const double value : {d.by_compound, d.ci95_low, d.ci95_high})
        row.emplace_back(itself ? std::nan("") : value);
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

Table differences_table(const Comparison& c) {
  Table out{{"model", "baseline", "metric", "by_compound", "ci95_low", "ci95_high", "by_spectrum", "share_positive"},
            {}};
  for (std::size_t i = 0; i < c.tables.size(); ++i) {
    if (i == c.baseline) continue;
    for (const auto& [metric, d] : c.differences[i]) {
      out.rows.push_back({c.tables[i].label, c.tables[c.baseline].label, metric, d.by_compound, d.ci95_low, d.ci95_high,
                          d.by_spectrum, d.share_positive});
    }
  }
  return out;
}

const std::vector<std::pair<std::string, std::string>> kDrawn{
    {"recall_at_1", "Recall@1"}, {"recall_at_5", "Recall@5"}, {"recall_at_20", "Recall@20"}, {"mrr", "MRR"}};

plot::Figure figure_of(const Comparison& c) {
  plot::Panel figures, differences;
  figures.y.label = "by compound (%)";
  figures.y.include_zero = true;
  differences.y.label = "difference from " + c.tables[c.baseline].label + " (points)";
  differences.references.push_back({"", false, 0});
  for (std::size_t i = 0; i < c.tables.size(); ++i) {
    figures.x.categories.push_back(c.tables[i].label);
    if (i != c.baseline) differences.x.categories.push_back(c.tables[i].label);
  }
  for (std::size_t m = 0; m < kDrawn.size(); ++m) {
    plot::Series figure, difference;
    figure.label = difference.label = kDrawn[m].second;
    figure.mark = difference.mark = plot::Mark::kPoints;
    for (std::size_t i = 0; i < c.tables.size(); ++i) {
      const eval::Figure& f = c.figures[i][m].second;
      figure.x.push_back(static_cast<double>(i));
      figure.y.push_back(f.by_compound);
      figure.low.push_back(f.ci95_low);
      figure.high.push_back(f.ci95_high);
      if (i == c.baseline) continue;
      const eval::PairedDifference& d = c.differences[i][m].second;
      difference.x.push_back(static_cast<double>(difference.x.size()));
      difference.y.push_back(d.by_compound);
      difference.low.push_back(d.ci95_low);
      difference.high.push_back(d.ci95_high);
    }
    figures.series.push_back(std::move(figure));
    differences.series.push_back(std::move(difference));
  }
  plot::Figure out;
  out.panels.push_back(std::move(figures));
  if (c.tables.size() > 1) out.panels.push_back(std::move(differences));
  return out;
}

/// Queries whose pools are not of one size in all files: ranks then do not compare.
std::uint64_t different_pools(const Comparison& c) {
  std::uint64_t count = 0;
  for (std::size_t q = 0; q < c.tables.front().outcomes.size(); ++q) {
    std::set<std::uint64_t> sizes;
    for (const PerQuery& table : c.tables) {
      if (table.outcomes[q].rank) sizes.insert(table.outcomes[q].pool_size);
    }
    count += sizes.size() > 1 ? 1 : 0;
  }
  return count;
}

}  // namespace

Analysis compare_models(const CompareOptions& options) {
  const Comparison c = compute(options);
  Analysis out;
  out.kind = "compare";
  out.facts = {{"files", join(options.files, " ")},
               {"baseline", c.tables[c.baseline].label},
               {"seed", options.seed},
               {"resamples", static_cast<std::uint64_t>(options.resamples)},
               {"queries_with_different_pools", different_pools(c)},
               {"intervals", std::string("95 %, percentile bootstrap over compounds, paired for differences")}};
  if (const std::uint64_t count = different_pools(c); count > 0) {
    out.remarks.push_back("warning: the pools of " + format_count(count) +
                          " queries differ in size between the files: their ranks do not compare");
  }
  out.tables.emplace_back("models", models_table(c));
  out.tables.emplace_back("differences", differences_table(c));
  out.figure = figure_of(c);
  return out;
}

}  // namespace molbridge::service
