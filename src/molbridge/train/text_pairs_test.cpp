#include "molbridge/train/text_pairs.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/corpus/sentences.hpp"

namespace molbridge::train {
namespace {

class TextPairsTest : public ::testing::Test {
 protected:
  TextPairsTest()
      : path_(std::filesystem::temp_directory_path() / ("molbridge_text_pairs_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
    write("a.tsv",
          "smiles\ttarget_key\tquery_text\tquery_short\tfold\n"
          "CCO\tT1\tlong one\tone\ttrain\n"
          "OCC\tT2\tlong two\ttwo\ttrain\n"  // the same molecule
          "CCN\tT1\tlong one\tother\ttrain\n"
          "c1ccccc1CC\tT3\tlong three\tthree\tval\n"
          "not a molecule\tT3\tlong four\tfour\ttrain\n");
    write("b.tsv", "smiles\ttext\nCCCl\tchlorine\n");
  }
  ~TextPairsTest() override { std::filesystem::remove_all(path_); }
  void write(const std::string& name, const std::string& text) { std::ofstream(path_ / name) << text; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

  TextPairs load(const std::vector<std::string>& specifications) const {
    std::vector<TextPairFile> files;
    for (const auto& one : specifications) files.push_back(parse_text_pair_file(file(one), {}));
    return load_text_pairs(files, 2, no_progress());
  }
  std::filesystem::path path_;
};

TEST_F(TextPairsTest, Load_MixedFiles_GiveEachMoleculeAndTextOnce) {
  const TextPairs pairs = load({"a.tsv?text=query_text+query_short,fold=train", "b.tsv?weight=0.25"});
  ASSERT_EQ(pairs.pairs.size(), 4U);
  EXPECT_EQ(pairs.molecules.size(), 3U);
  EXPECT_EQ(pairs.pairs[0].molecule, pairs.pairs[1].molecule);
  EXPECT_EQ(pairs.pairs[0].target, pairs.pairs[2].target);
  EXPECT_NE(pairs.pairs[0].target, pairs.pairs[1].target);
  EXPECT_EQ(pairs.pairs[0].texts[0], pairs.pairs[2].texts[0]) << "one text of two drugs";
  EXPECT_NE(pairs.pairs[0].texts[1], pairs.pairs[2].texts[1]);
  EXPECT_EQ(pairs.pairs[3].target, -1);
  EXPECT_EQ(pairs.pairs[3].weight, 0.25);
  EXPECT_EQ(pairs.texts[pairs.pairs[3].texts[0]], "chlorine");
  EXPECT_EQ(pairs.counts.read, 5U);
  EXPECT_EQ(pairs.counts.used, 4U);
}

TEST_F(TextPairsTest, SplitOff_PartsNoGroupAndLosesNothing) {
  std::string rows = "smiles\ttarget_key\ttext\n";
  for (int i = 1; i <= 60; ++i)
    rows += std::string(static_cast<std::size_t>(i), 'C') + "O\tT" + std::to_string(i % 7) + "\ttext " +
            std::to_string(i) + "\n";
  write("c.tsv", rows);
  for (const auto by : {PairGroup::kMolecule, PairGroup::kTarget, PairGroup::kScaffold, PairGroup::kPair}) {
    TextPairs training = load({"c.tsv"});
    const TextPairs held_out = split_off_pairs(training, by, 0.3);
    EXPECT_EQ(training.pairs.size() + held_out.pairs.size(), 60U);
    EXPECT_GT(held_out.pairs.size(), 0U) << name(by);
    EXPECT_GT(training.pairs.size(), held_out.pairs.size()) << name(by);
    EXPECT_NO_THROW(require_disjoint(training, held_out, by)) << name(by);
  }
}

TEST_F(TextPairsTest, RequireDisjoint_SameMoleculeWithAnotherTarget_IsForTheConfigToAllow) {
  write("other.tsv", "smiles\ttarget_key\ttext\nCCO\tT9\tanother target\n");
  const TextPairs training = load({"a.tsv?text=query_text"}), held_out = load({"other.tsv"});
  EXPECT_NO_THROW(require_disjoint(training, held_out, PairGroup::kPair));
  try {
    require_disjoint(training, held_out, PairGroup::kMolecule);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("LFQSCWFLJHTTHZ"), std::string::npos) << error.what();
  }
}

TEST_F(TextPairsTest, DropWithoutVectors_TakesTheOtherVariantOrCountsThePair) {
  TextPairs pairs = load({"a.tsv?text=query_text+query_short,fold=train"});
  std::vector<bool> has_text(pairs.texts.size(), true);
  has_text[pairs.pairs[0].texts[0]] = false;  // "long one" of two pairs, which have a short text each
  has_text[pairs.pairs[1].texts[0]] = has_text[pairs.pairs[1].texts[1]] = false;
  drop_without_vectors(pairs, std::vector<bool>(pairs.molecules.size(), true), has_text);
  ASSERT_EQ(pairs.pairs.size(), 2U);
  EXPECT_EQ(pairs.pairs[0].texts.size(), 1U);
  EXPECT_EQ(pairs.counts.skipped.at("a text without a vector"), 1U);
}

TEST_F(TextPairsTest, Where_LeavesRowsOutAndCountsThem) {
  const TextPairs pairs = load({"a.tsv?text=query_text+query_short,where=target_key!=T1,where=fold=train"});
  ASSERT_EQ(pairs.pairs.size(), 1U);
  EXPECT_EQ(pairs.texts, (std::vector<std::string>{"long two", "two"}));
  EXPECT_EQ(pairs.counts.skipped.at("left out by where"), 3U);
}

TEST(AddExcerpts, TextsGetSomeOfTheirSentencesOnce) {
  TextPairs pairs;
  pairs.texts = {"One here. Two here. Three here. Four here.", "No more than this.", "One here.", "A b. A b."};
  TextPairs again = pairs;
  EXPECT_GT(add_excerpts(pairs, {.most = 4, .seed = 3}), 2U);
  ASSERT_EQ(pairs.excerpts.size(), 4U);
  ASSERT_EQ(pairs.excerpts[0].size(), 4U);
  EXPECT_EQ(pairs.excerpts[0][0], 2U) << "the first sentence is a text that is there";
  const std::set<std::size_t> distinct(pairs.excerpts[0].begin(), pairs.excerpts[0].end());
  EXPECT_EQ(distinct.size(), 4U);
  for (const std::size_t text : pairs.excerpts[0]) {
    EXPECT_LT(pairs.texts[text].size(), pairs.texts[0].size());
    std::size_t at = 0;  // its sentences are those of the whole, in order
    for (const auto sentence : corpus::split_sentences(pairs.texts[text])) {
      at = pairs.texts[0].find(sentence, at);
      ASSERT_NE(at, std::string::npos) << pairs.texts[text];
    }
  }
  EXPECT_FALSE(pairs.has_excerpts(1));
  EXPECT_EQ(pairs.excerpts[3].size(), 1U) << "two equal sentences";
  EXPECT_EQ(std::set<std::string>(pairs.texts.begin(), pairs.texts.end()).size(), pairs.texts.size());
  add_excerpts(again, {.most = 4, .seed = 3});
  EXPECT_EQ(again.texts, pairs.texts);
}

TEST(AddExcerpts, ThoseWithoutVectorAreNotDrawn) {
  TextPairs pairs;
  pairs.molecules.resize(1);
  pairs.texts = {"One here. Two here."};
  pairs.pairs = {{0, -1, {0}, 1}};
  ASSERT_EQ(add_excerpts(pairs, {}), 2U);
  drop_without_vectors(pairs, {true}, {true, false, true});
  EXPECT_EQ(pairs.excerpts[0], std::vector<std::size_t>{2});
}

TEST(TextPairFile, Specification_IsReadWholeOrRefused) {
  const TextPairFile file = parse_text_pair_file("d/x.tsv.gz?text=a+b,fold=fold_random=train,weight=2", {"c"});
  EXPECT_EQ(file.path, "d/x.tsv.gz");
  EXPECT_EQ(file.text_columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(file.fold, "fold_random=train");
  EXPECT_EQ(file.weight, 2);
  EXPECT_EQ(parse_text_pair_file("x.tsv", {"c"}).text_columns, std::vector<std::string>{"c"});
  for (const char* bad :
       {"x.tsv?weight=-1", "x.tsv?weight=2x", "x.tsv?txt=a", "x.tsv?text", "?text=a", "x.tsv?where=licence"})
    EXPECT_THROW(parse_text_pair_file(bad, {}), Error) << bad;
}

}  // namespace
}  // namespace molbridge::train
