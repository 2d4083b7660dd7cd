#include "molbridge/corpus/pairs.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/corpus/hash_share.hpp"

namespace molbridge::corpus {
namespace {

PairTable read(std::string_view text, const PairReadOptions& options = {}) {
  return read_pairs(*LineSource::from_memory("pairs.tsv", text), options, no_progress());
}

std::string error_of(std::string_view text, const PairReadOptions& options) {
  try {
    read(text, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

constexpr std::string_view kSmall =
    "pair_id\tSMILES\tquery_text\ttarget_key\tdrug_name\tfold_scaffold\n"
    "p1\tCC(=O)Oc1ccccc1C(O)=O\tCyclooxygenase inhibitor.\tgene:1\tAspirin\ttrain\n"
    "p2\tOC(=O)c1ccccc1OC(C)=O\tSays \"no\" twice.\tgene:2\tAspirin\tval\n"
    "p3\tCN1C=NC2=C1C(=O)N(C)C(=O)N2C\tAdenosine receptor antagonist.\tgene:3\tCaffeine\tval\n";

TEST(ReadPairs, UsualNames_AreFoundAndStructuresStandardised) {
  const PairTable table = read(kSmall);
  ASSERT_EQ(table.pairs.size(), 3u);
  EXPECT_EQ(table.pairs[0].inchikey14, "BSYNRYMUTXBXSQ");
  EXPECT_EQ(table.pairs[0].smiles, table.pairs[1].smiles);
  EXPECT_EQ(table.pairs[1].text, "Says \"no\" twice.");
  EXPECT_EQ(table.pairs[2].target, "gene:3");
  EXPECT_EQ(table.pairs[2].name, "Caffeine");
  EXPECT_EQ(table.pairs[2].id, "p3");
  EXPECT_EQ(table.pairs[2].line, 4u);
  EXPECT_EQ(table.text_column, "query_text");
}

TEST(ReadPairs, Fold_IsFiltered) {
  PairReadOptions options;
  parse_fold("fold_scaffold=val", options);
  const PairTable table = read(kSmall, options);
  EXPECT_EQ(table.pairs.size(), 2u);
  EXPECT_EQ(table.other_folds, 1u);
  EXPECT_EQ(table.rows, 3u);
}

TEST(ReadPairs, UnknownFold_NamesThoseThatAreThere) {
  PairReadOptions options;
  parse_fold("fold_scaffold=test", options);
  EXPECT_NE(error_of(kSmall, options).find("folds found: train, val"), std::string::npos);
  parse_fold("fold_scafold=val", options);
  EXPECT_NE(error_of(kSmall, options).find("Did you mean 'fold_scaffold'?"), std::string::npos);
  EXPECT_THROW(parse_fold("=val", options), Error);
}

TEST(ReadPairs, Where_LeavesOutWholeRows) {
  PairReadOptions options;
  options.where = {parse_row_filter("drug_name != Aspirin")};
  const PairTable table = read(kSmall, options);
  ASSERT_EQ(table.pairs.size(), 1u);
  EXPECT_EQ(table.pairs[0].name, "Caffeine");
  EXPECT_EQ(table.left_out, 2u);
  EXPECT_EQ(table.rows, 3u);
  options.where = {parse_row_filter("drug_name=Aspirin"), parse_row_filter("target_key!=gene:1")};
  parse_fold("fold_scaffold=val", options);
  ASSERT_EQ(read(kSmall, options).pairs.size(), 1u);
  EXPECT_EQ(read(kSmall, options).pairs[0].id, "p2");
  options.where.push_back(parse_row_filter("drug_name="));
  EXPECT_NE(
      error_of(kSmall, options).find("no row is left where drug_name=Aspirin and target_key!=gene:1 and drug_name="),
      std::string::npos);
  options.where = {parse_row_filter("drugname2=x")};
  EXPECT_NE(error_of(kSmall, options).find("drugname2"), std::string::npos);
  for (const char* bad : {"licence", "=x", "!=x", ""}) EXPECT_THROW(parse_row_filter(bad), Error) << bad;
}

TEST(ReadPairs, FoldWithoutRowsAfterWhere_NamesThoseThatAreThere) {
  PairReadOptions options;
  options.where = {parse_row_filter("drug_name=Caffeine")};
  parse_fold("fold_scaffold=train", options);
  EXPECT_NE(error_of(kSmall, options).find("folds found: val"), std::string::npos);
}

TEST(ReadPairs, BadRows_AreSkippedWithReasons) {
  const PairTable table = read(
      "smiles\ttext\n"
      "CCO\tAn alcohol.\n"
      "C1CC\tA broken ring.\n"
      "CCN\t\n"
      "\tNo structure.\n"
      "CCC\tone\tmore\n"
      "CCCC\tAn alkane.\n");
  EXPECT_EQ(table.rows, 6u);
  ASSERT_EQ(table.pairs.size(), 2u);
  ASSERT_EQ(table.skipped.size(), 4u);
  EXPECT_EQ(table.skipped[0].line, 3u);
  EXPECT_NE(table.skipped[0].reason.find("not usable"), std::string::npos);
  EXPECT_NE(table.skipped[1].reason.find("no text"), std::string::npos);
  EXPECT_EQ(table.skipped[2].reason, "no SMILES");
  EXPECT_NE(table.skipped[3].reason.find("3 columns, the header has 2"), std::string::npos);
}

TEST(ReadPairs, Latin1Bytes_AreCountedAndRead) {
  const PairTable table = read("smiles\ttext\nCCO\tna\xc3\xafve\nCCN\tna\xefve\n");
  EXPECT_EQ(table.pairs[0].text, table.pairs[1].text);
  EXPECT_EQ(table.not_utf8.count, 1u);
  EXPECT_EQ(table.not_utf8.first_line, 3u);
}

TEST(ReadPairs, StatedKeys_AreCheckedAndNotBelieved) {
  const PairTable table = read(
      "smiles\ttext\tinchikey\nCCO\ta\tLFQSCWFLJHTTHZ-UHFFFAOYSA-N\nCCN\tb\tLFQSCWFLJHTTHZ-UHFFFAOYSA-N\nCCC\tc\t\n");
  EXPECT_EQ(table.key_mismatch.count, 1u);
  EXPECT_EQ(table.key_mismatch.first_line, 3u);
  EXPECT_EQ(table.pairs[1].inchikey14, "QUSNBJAOOMFDIB");
}

TEST(ReadPairs, CommaSeparated_IsQuoted) {
  const PairTable table = read("smiles,text\nCCO,\"An alcohol, \"\"the\"\" one.\"\n");
  ASSERT_EQ(table.pairs.size(), 1u);
  EXPECT_EQ(table.pairs[0].text, "An alcohol, \"the\" one.");
}

TEST(ReadPairs, NameColumn_IsTheTextWhereThereIsNoOther) {
  const PairTable table = read("name\tsmiles\nethanol\tCCO\n");
  EXPECT_EQ(table.pairs[0].text, "ethanol");
  EXPECT_EQ(table.pairs[0].name, "");
}

TEST(ReadPairs, NoTextColumn_IsRefusedWithTheColumns) {
  const std::string error = error_of("smiles\tmass\nCCO\t46\n", {});
  EXPECT_NE(error.find("found: smiles, mass"), std::string::npos);
  EXPECT_NE(error.find("--text-column"), std::string::npos);
}

TEST(ReadPairs, Threads_DoNotChangeTheResult) {
  std::string text = "smiles\ttext\n";
  for (int i = 1; i < 80; ++i) text += std::string(static_cast<std::size_t>(i), 'C') + "\tchain\n";
  const PairTable one = read(text), many = read(text, {.threads = 4});
  ASSERT_EQ(one.pairs.size(), many.pairs.size());
  for (std::size_t i = 0; i < one.pairs.size(); ++i) EXPECT_EQ(one.pairs[i].inchikey14, many.pairs[i].inchikey14);
}

TEST(HashShare, KnownKeys) {
  // python3: int(hashlib.sha256(b"molbridge-text-1:c1ccccc1").hexdigest(), 16) % 1000
  EXPECT_EQ(hash_share("c1ccccc1", "molbridge-text-1:"), 173u);
  EXPECT_LT(hash_share("", ""), 1000u);
  EXPECT_FALSE(is_held_back("any", 0));
  EXPECT_TRUE(is_held_back("any", 1000));
}

TEST(DrugTargetData, FoldsFollowTheHashOfTheScaffold) {
  const std::string file = MOLBRIDGE_SOURCE_DIR "/../shared/data/text/drug_target.tsv.gz";
  if (!file_exists(file)) GTEST_SKIP() << file << " is not here";
  const auto lines = LineSource::open(file);
  std::string head, line, few;
  lines->next_line(head);
  for (int i = 0; i < 400 && lines->next_line(line); ++i) few += line + "\n";
  const PairTable table = read(head + "\n" + few, {.fold_column = "fold_scaffold", .threads = 2});
  ASSERT_EQ(table.pairs.size(), 400u);
  EXPECT_EQ(table.key_mismatch.count, 0u);
  for (const MoleculeTextPair& pair : table.pairs) {
    const std::uint64_t share = hash_share(pair.scaffold, "molbridge-text-1:");
    EXPECT_EQ(pair.fold, share < 800 ? "train" : "val") << pair.id;
  }
}

}  // namespace
}  // namespace molbridge::corpus
