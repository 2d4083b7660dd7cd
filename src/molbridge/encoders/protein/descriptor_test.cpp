#include "molbridge/encoders/protein/descriptor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "molbridge/core/files.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::encoders {
namespace {

using testing::HasSubstr;

struct Described {
  std::vector<float> row;
  std::string reason;
};

Described describe(const std::string& specification, const std::string& sequence) {
  const auto encoder = make_item_encoder(Modality::kProtein, specification);
  std::vector<float> row(encoder->width(), 7.0F);
  const auto states = encoder->encode(std::vector<std::string>{sequence}, 1, row);
  return {row, states[0].reason};
}

std::vector<float> row_of(const std::string& specification, const std::string& sequence) {
  const Described described = describe(specification, sequence);
  EXPECT_EQ(described.reason, "") << sequence;
  return described.row;
}

/// All components but these are zero.
std::vector<float> sparse(std::size_t width, std::initializer_list<std::pair<std::size_t, float>> values) {
  std::vector<float> row(width, 0.0F);
  for (const auto& [component, value] : values) row[component] = value;
  return row;
}

void expect_near(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-6F) << i;
}

float cosine(const std::vector<float>& a, const std::vector<float>& b) {
  const auto dot = [](const auto& x, const auto& y) { return std::inner_product(x.begin(), x.end(), y.begin(), 0.0F); };
  return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
}

TEST(ProteinComposition, Shares_AreOfTheKnownResidues) {
  constexpr float kThird = 1.0F / 3;
  expect_near(row_of("composition", "AAC"), sparse(20, {{0, 2 * kThird}, {1, kThird}}));
  expect_near(row_of("composition", " aa\tc-*"), sparse(20, {{0, 2 * kThird}, {1, kThird}}));
  expect_near(row_of("composition", "AXABZJC"), sparse(20, {{0, 2 * kThird}, {1, kThird}}));
}

TEST(ProteinComposition, SelenocysteineAndPyrrolysine_CountAsCysteineAndLysine) {
  EXPECT_EQ(row_of("composition", "AUO"), row_of("composition", "ACK"));
}

TEST(ProteinDipeptides, OrderedPairs_DoNotReachOverUnknownResidues) {
  expect_near(row_of("dipeptides", "ACA"), sparse(400, {{1, 0.5F}, {20, 0.5F}}));
  expect_near(row_of("dipeptides", "ACXCY"), sparse(400, {{1, 0.5F}, {39, 0.5F}}));
}

TEST(ProteinConjointTriad, Counts_AreScaledFromLeastToMost) {
  expect_near(row_of("conjoint-triad", "AGVC"), sparse(343, {{0, 1}, {6, 1}}));                 // 000, 006
  expect_near(row_of("conjoint-triad", "AAAARDC"), sparse(343, {{0, 1},                         // 000 twice
                                                                {4, 0.5F},                      // 004
                                                                {4 * 7 + 5, 0.5F},              // 045
                                                                {4 * 49 + 5 * 7 + 6, 0.5F}}));  // 456
}

TEST(ProteinCtd, FirstProperty_HasTheValuesComputedByHand) {
  const std::vector<float> row = row_of("ctd", "RKGL");  // classes 1 1 2 3
  ASSERT_EQ(row.size(), 147u);
  constexpr float kThird = 1.0F / 3;
  expect_near({row.begin(), row.begin() + 3}, {0.5F, 0.25F, 0.25F});
  expect_near({row.begin() + 21, row.begin() + 24}, {kThird, 0, kThird});
  expect_near({row.begin() + 42, row.begin() + 57},
              {0.25F, 0.25F, 0.25F, 0.25F, 0.5F, 0.75F, 0.75F, 0.75F, 0.75F, 0.75F, 1, 1, 1, 1, 1});
}

TEST(ProteinCtd, ClassThatIsAbsent_HasNoPositions_AndUnknownsKeepTheirPlace) {
  const std::vector<float> row = row_of("ctd", "XRXK");
  expect_near({row.begin(), row.begin() + 3}, {1, 0, 0});
  expect_near({row.begin() + 21, row.begin() + 24}, {0, 0, 0});
  expect_near({row.begin() + 42, row.begin() + 52}, {0.5F, 0.5F, 0.5F, 0.5F, 1, 0, 0, 0, 0, 0});
}

TEST(ProteinKmers, Singles_DeviateFromTheBackground) {
  constexpr double kSum = 99.92, kAlanine = 8.25 / kSum, kCysteine = 1.38 / kSum;
  const std::vector<float> row = row_of("kmers:k=1,width=20,alphabet=residues", "AA");
  EXPECT_NEAR(row[0], std::sqrt(2.0) - std::sqrt(2 * kAlanine), 1e-6);
  EXPECT_NEAR(row[1], -std::sqrt(2 * kCysteine), 1e-6);
}

TEST(ProteinKmers, TriplesOfTenClasses_HaveTheirOwnComponents) {
  const std::vector<float> row = row_of("kmers:", "LVIMA");  // LLL LLL LLA
  std::vector<std::size_t> above;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] > 0) above.push_back(i);
  }
  EXPECT_THAT(above, testing::ElementsAre(0, 2));
}

TEST(ProteinKmers, Hashed_TellSequencesApart) {
  const std::string specification = "kmers:k=5,width=64,alphabet=murphy10";
  const auto a = row_of(specification, "MKTAYIAKQRQISFVKSHFSRQ"), b = row_of(specification, "MKTAYIAKQRQISFVKSHFSRW");
  EXPECT_EQ(a.size(), 64u);
  EXPECT_NE(a, b);
  EXPECT_EQ(a, row_of(specification, "mktayiakqrqisfvkshfsrq"));
}

TEST(ProteinDescriptor, Default_HasLengthOne_AndKeepsRelativesTogether) {
  constexpr std::string_view kLetters = "ACDEFGHIKLMNPQRSTVWY";
  Rng rng(7);
  std::string protein;
  for (int i = 0; i < 300; ++i) protein += kLetters[rng.below(kLetters.size())];
  std::string mutant = protein, shuffled = protein;
  for (std::size_t i = 0; i < mutant.size(); i += 8) mutant[i] = kLetters[rng.below(kLetters.size())];
  rng.shuffle(std::span(shuffled.data(), shuffled.size()));
  const auto row = row_of("protein-descriptor", protein);
  EXPECT_EQ(row.size(), 1567u);
  EXPECT_NEAR(std::inner_product(row.begin(), row.end(), row.begin(), 0.0), 1.0, 1e-5);
  EXPECT_GT(cosine(row, row_of("protein-descriptor", mutant)),
            cosine(row, row_of("protein-descriptor", shuffled)) + 0.2F);
}

TEST(ProteinDescriptor, WhatIsNoSequence_HasAReasonAndZeros) {
  const std::vector<std::pair<std::string, std::string>> cases = {{"", "no residues"},         {" \n", "no residues"},
                                                                  {"XBZ", "no known residue"}, {"A1C", "no residue"},
                                                                  {"A*C", "a stop"},           {"ACé", "no residue"}};
  for (const auto& [sequence, reason] : cases) {
    const Described described = describe("protein-descriptor", sequence);
    EXPECT_THAT(described.reason, HasSubstr(reason)) << sequence;
    EXPECT_THAT(described.row, testing::Each(0.0F)) << sequence;
  }
  EXPECT_THAT(describe("dipeptides", "A").reason, HasSubstr("too short"));
  EXPECT_EQ(describe("protein-descriptor", "A").reason, "");
}

TEST(ProteinDescriptor, Threads_DoNotChangeRows) {
  const auto encoder = make_item_encoder(Modality::kProtein, kDefaultProteinEncoder);
  std::vector<std::string> items;
  for (std::size_t i = 1; i < 70; ++i) items.push_back(std::string(i, 'M') + "KW");
  std::vector<float> one(items.size() * encoder->width()), three(one.size());
  encoder->encode(items, 1, one);
  encoder->encode(items, 3, three);
  EXPECT_EQ(one, three);
}

TEST(ProteinDescriptor, Names_MakeTheSameEncoderAgain_AndDigestsDiffer) {
  std::vector<std::string> digests;
  for (const std::string specification :
       {"protein-descriptor", "composition", "dipeptides", "ctd", "conjoint-triad", "kmers:", "kmers:k=4,width=512"}) {
    const auto encoder = make_item_encoder(Modality::kProtein, specification);
    EXPECT_EQ(make_item_encoder(Modality::kProtein, encoder->name())->digest(), encoder->digest());
    digests.push_back(encoder->digest());
  }
  std::sort(digests.begin(), digests.end());
  EXPECT_EQ(std::unique(digests.begin(), digests.end()), digests.end());
}

TEST(ProteinDescriptor, BadSpecifications_AreUsageErrors) {
  for (const std::string specification : {"kmers:k=9", "kmers:k=6,alphabet=residues", "kmers:width=0", "ctd:k=1",
                                          "kmers:alphabet=dna", "no-such-thing", ""}) {
    try {
      make_item_encoder(Modality::kProtein, specification);
      ADD_FAILURE() << specification;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << specification;
      EXPECT_THAT(error.remedy_text(), HasSubstr("protein-descriptor"));
    }
  }
}

/// The sequence of a gene in the graph's node table; "" where the table is absent.
std::string sequence_of_gene(const std::string& symbol) {
  const std::string path = MOLBRIDGE_SOURCE_DIR "/../shared/data/kg/nodes.tsv.gz";
  if (!file_exists(path)) return "";
  const auto lines = LineSource::open(path);
  std::string line;
  lines->next_line(line);
  const auto header = split(line, '\t');
  const auto column = [&](std::string_view name) {
    return static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  };
  const std::size_t name = column("name"), type = column("type"), sequence = column("sequence");
  std::string row;
  while (lines->next_line(row)) {
    const auto cells = split(row, '\t');
    if (cells[type] == "gene_protein" && cells[name].starts_with(symbol)) return std::string(cells[sequence]);
  }
  return "";
}

/// P00750 is the example of protr's manual (Xiao et al., Bioinformatics 31, 1857, 2015).
TEST(ProteinCtd, TissuePlasminogenActivator_IsAsProtrHasIt) {
  const std::string sequence = sequence_of_gene("PLAT");
  if (sequence.size() != 562) GTEST_SKIP() << "no sequence of P00750 at hand";
  const std::vector<float> row = row_of("ctd", sequence);
  EXPECT_NEAR(row[0], 0.29715302, 1e-6);
  EXPECT_NEAR(row[1], 0.40569395, 1e-6);
  EXPECT_NEAR(row[21], 0.27094474, 1e-6);
  EXPECT_NEAR(row[42], 0.003558719, 1e-6);
  EXPECT_NEAR(row[43], 0.231316726, 1e-6);
  EXPECT_NEAR(row[44], 0.501779359, 1e-6);
}

}  // namespace
}  // namespace molbridge::encoders
