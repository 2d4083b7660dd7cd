#include "molbridge/service/link_evaluation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge::service {
namespace {

using testing::HasSubstr;

/// Scores a tail by the number at the end of its id, whatever the head: "g3" is 3. Fails on what it is told.
class ByNumber final : public LinkScorer {
 public:
  ByNumber(const graph::Graph& graph, std::string fails_on) : graph_(graph), fails_on_(std::move(fails_on)) {}
  std::string name() const override { return "by-number"; }
  std::string digest() const override { return "d"; }
  std::vector<std::string> unknown(std::span<const graph::Relation> relations) const override {
    return relations[0].name == "mystery" ? std::vector<std::string>{"relation mystery"} : std::vector<std::string>{};
  }
  std::vector<std::string> set_tails(const std::string&, std::span<const std::uint32_t> nodes, std::size_t) override {
    tails_.assign(nodes.begin(), nodes.end());
    return reasons(nodes);
  }
  std::vector<std::string> score(std::span<const std::uint32_t> heads, const graph::Relation& relation, std::size_t,
                                 std::span<float> scores) override {
    asked_.push_back(graph::describe(relation));
    for (std::size_t k = 0; k < scores.size(); ++k)
      scores[k] = std::stof(graph_.nodes()[tails_[k % tails_.size()]].id.substr(1));
    return reasons(heads);
  }
  static inline std::vector<std::string> asked_;

 private:
  std::vector<std::string> reasons(std::span<const std::uint32_t> nodes) const {
    std::vector<std::string> out;
    for (const std::uint32_t node : nodes) out.push_back(graph_.nodes()[node].id == fails_on_ ? "does not parse" : "");
    return out;
  }
  const graph::Graph& graph_;
  std::string fails_on_;
  std::vector<std::uint32_t> tails_;
};

class LinkEvaluationTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "link_evaluation_" + std::to_string(getpid());
    make_folders(folder_);
    // Genes g1 to g9, of which g9 has no sequence; drugs c1 to c3, of which c3 has no structure.
    std::string nodes = "id\ttype\tsmiles\tsequence\n";
    for (int k = 1; k <= 9; ++k) nodes += "g" + std::to_string(k) + "\tgene\t\t" + (k < 9 ? "MKV" : "") + "\n";
    nodes += "c1\tdrug\tC\t\nc2\tdrug\tCC\t\nc3\tdrug\t\t\n";
    write_file_atomically(folder_ + "/nodes.tsv", nodes);
    write_file_atomically(folder_ + "/edges_train.tsv",
                          "head\trelation\ttail\nc1\tbinds\tg8\nc1\tcuts\tg7\ng1\tinteracts\tg5\n");
    write_file_atomically(folder_ + "/edges_val.tsv",
                          "head\trelation\ttail\theld_out\n"
                          "c1\tbinds\tg6\thead\n"
                          "c1\tbinds\tg2\thead\n"
                          "c2\tbinds\tg8\ttail\n"
                          "c2\tbinds\tg9\thead\n"
                          "c3\tbinds\tg1\thead\n"
                          "g5\tinteracts\tg3\thead\n");
    options_.graph.paths = {folder_};
    options_.edges = {folder_ + "/edges_val.tsv"};
    options_.resamples = 20;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Analysis run(const std::string& fails_on = "") {
    ByNumber::asked_.clear();
    return evaluate_links(
        options_,
        [&](const graph::ReadGraph& read, const graph::GraphFiles&) {
          return std::make_unique<ByNumber>(read.graph, fails_on);
        },
        2, no_progress());
  }
  static double number(const Analysis& analysis, const std::string& table, std::size_t row, const std::string& column) {
    for (const auto& [name, of] : analysis.tables) {
      if (name != table) continue;
      const auto at = std::ranges::find(of.columns, column) - of.columns.begin();
      const Cell& cell = of.rows.at(row).at(static_cast<std::size_t>(at));
      if (const auto* count = std::get_if<std::uint64_t>(&cell)) return static_cast<double>(*count);
      return std::get<double>(cell);
    }
    return -1;
  }

  std::string folder_;
  LinkEvaluationOptions options_;
};

TEST_F(LinkEvaluationTest, Ranks_RawAndFiltered_AreThoseCountedByHand) {
  options_.relations = {"binds"};
  const Analysis analysis = run();
  // Candidates g1..g8. c1: g6 is third raw (g8, g7 above), second without g8; g2 is seventh, fifth without g8 and g6. c2: g8 is first.
  EXPECT_EQ(number(analysis, "summary", 0, "edges"), 5);
  EXPECT_EQ(number(analysis, "summary", 0, "ranked"), 3);
  EXPECT_EQ(number(analysis, "summary", 0, "without_modality"), 2);
  EXPECT_NEAR(number(analysis, "summary", 0, "mrr_raw"), 100 * (1.0 / 3 + 1.0 / 7 + 1) / 3, 1e-9);
  EXPECT_NEAR(number(analysis, "summary", 0, "mrr"), 100 * (1.0 / 2 + 1.0 / 5 + 1) / 3, 1e-9);
  EXPECT_NEAR(number(analysis, "summary", 0, "hits_at_3"), 100 * 2.0 / 3, 1e-9);
  EXPECT_EQ(number(analysis, "summary", 0, "candidates"), 8);
  // Two heads: c1 has one of two among the first three, c2 its one.
  EXPECT_NEAR(number(analysis, "heads", 0, "recall_at_3"), 75, 1e-9);
  EXPECT_NEAR(number(analysis, "heads", 0, "precision_at_1"), 50, 1e-9);
}

TEST_F(LinkEvaluationTest, PairFilter_TakesOtherRelationsOut) {
  options_.relations = {"binds"};
  options_.filter = "pair";
  // Also without g7, which c1 cuts: g6 first, g2 fourth.
  EXPECT_NEAR(number(run(), "summary", 0, "mrr"), 100 * (1.0 + 1.0 / 4 + 1) / 3, 1e-9);
}

TEST_F(LinkEvaluationTest, SymmetricRelation_FiltersBothDirections) {
  options_.relations = {"interacts"};
  // g5 asks for g3; g1, which interacts with g5 in the other direction, scores below. Above: g4 to g8, of which g5 is no candidate of itself.
  EXPECT_NEAR(number(run(), "summary", 0, "mrr"), 100.0 / 5, 1e-9);
  EXPECT_NEAR(number(run(), "summary", 0, "mrr_raw"), 100.0 / 6, 1e-9);
  write_file_atomically(folder_ + "/edges_train.tsv", "head\trelation\ttail\ng8\tinteracts\tg5\n");
  EXPECT_NEAR(number(run(), "summary", 0, "mrr"), 100.0 / 4, 1e-9);
}

TEST_F(LinkEvaluationTest, ScorerThatFails_MissesItsEdges) {
  options_.relations = {"binds"};
  const Analysis of_head = run("c1");
  EXPECT_EQ(number(of_head, "summary", 0, "failed"), 2);
  EXPECT_NEAR(number(of_head, "summary", 0, "mrr"), 100.0 / 3, 1e-9) << "misses stay in the denominator";
  EXPECT_EQ(of_head.skipped, 1U);
  const Analysis of_tail = run("g8");
  EXPECT_EQ(number(of_tail, "summary", 0, "failed"), 1);
  EXPECT_NEAR(number(of_tail, "summary", 0, "mrr"), 100 * (1.0 / 2 + 1.0 / 5) / 3, 1e-9);
}

TEST_F(LinkEvaluationTest, HeldOut_ChoosesEdges) {
  options_.held_out = {"tail", "both"};
  EXPECT_EQ(number(run(), "summary", 0, "edges"), 1);
  options_.held_out = {"heads"};
  EXPECT_THROW(run(), Error);
  options_.held_out = {"both"};
  EXPECT_THROW(run(), Error);
}

TEST_F(LinkEvaluationTest, AsRelation_IsWhatTheScorerIsAsked) {
  options_.relations = {"binds"};
  options_.as_relation = "cuts";
  run();
  EXPECT_THAT(ByNumber::asked_, testing::Each("drug cuts gene"));
  options_.as_relation = "cuts:disease:gene";
  run();
  EXPECT_THAT(ByNumber::asked_, testing::Each("disease cuts gene"));
}

TEST_F(LinkEvaluationTest, RelationUnknownToTheScorer_IsRefusedOrPassedOver) {
  write_file_atomically(folder_ + "/more.tsv", "head\trelation\ttail\nc1\tmystery\tg1\nc1\tbinds\tg1\n");
  options_.edges = {folder_ + "/more.tsv"};
  try {
    run();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel);
    EXPECT_THAT(error.what(), HasSubstr("by-number does not know relation mystery"));
  }
  options_.known_only = true;
  EXPECT_EQ(number(run(), "summary", 0, "edges"), 1);
}

TEST_F(LinkEvaluationTest, EveryNode_OnRequest) {
  options_.relations = {"binds"};
  options_.all_nodes = true;
  const Analysis analysis = run();
  EXPECT_EQ(number(analysis, "summary", 0, "without_modality"), 0);
  EXPECT_EQ(number(analysis, "summary", 0, "candidates"), 9);
}

}  // namespace
}  // namespace molbridge::service
