#include "molbridge/encoders/concat_encoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/embedding_cache.hpp"

namespace molbridge::encoders {
namespace {

using testing::ElementsAre;
using Items = std::vector<std::string>;

/// A text of letters as the count of 'a' and of 'b'; none without either; over four letters it is cut. Counts how often it was asked.
class Letters : public ItemEncoder {
 public:
  explicit Letters(std::string letters, std::string precision = "")
      : letters_(std::move(letters)), precision_(std::move(precision)) {}
  Modality modality() const override { return Modality::kText; }
  std::string name() const override { return letters_; }
  std::string digest() const override { return "digest of " + letters_; }
  std::uint64_t width() const override { return letters_.size(); }
  std::string precision() const override { return precision_; }
  std::vector<ItemState> encode(std::span<const std::string> items, std::size_t, std::span<float> out) const override {
    std::vector<ItemState> states(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      ++asked;
      float sum = 0;
      for (std::size_t k = 0; k < letters_.size(); ++k) {
        out[i * width() + k] = static_cast<float>(std::count(items[i].begin(), items[i].end(), letters_[k]));
        sum += out[i * width() + k];
      }
      if (sum == 0) states[i].reason = "none of " + letters_;
      states[i].truncated = items[i].size() > 4;
    }
    return states;
  }
  mutable int asked = 0;

 private:
  std::string letters_, precision_;
};

struct Pair {
  std::shared_ptr<Letters> first = std::make_shared<Letters>("ab"), second = std::make_shared<Letters>("cde");
  ConcatEncoder of(double weight = 1) const { return ConcatEncoder({{first, 1}, {second, weight}}); }
};

TEST(ConcatEncoder, EachPart_HasTheLengthOfItsWeight) {
  const ConcatEncoder encoder = Pair().of(0.5);
  ASSERT_EQ(encoder.width(), 5U);
  std::vector<float> row(5);
  EXPECT_TRUE(encoder.encode(Items{"aaabbbbccc"}, 1, row)[0].ok());
  EXPECT_THAT(row, ElementsAre(0.6F, 0.8F, 0.5F, 0, 0));
}

TEST(ConcatEncoder, PartWithoutVector_IsZeros_AndAllWithoutIsAFailure) {
  const ConcatEncoder encoder = Pair().of();
  std::vector<float> rows(10, 7.0F);
  const auto states = encoder.encode(Items{"dzzzz", "z"}, 1, rows);
  EXPECT_TRUE(states[0].ok());
  EXPECT_TRUE(states[0].truncated);
  EXPECT_THAT(rows, ElementsAre(0, 0, 0, 1, 0, 0, 0, 0, 0, 0));
  EXPECT_EQ(states[1].reason, "none of ab");
  EXPECT_FALSE(states[1].truncated);
}

TEST(ConcatEncoder, Digest_DependsOnPartsOrderAndWeights) {
  const Pair pair;
  EXPECT_EQ(pair.of().digest(), pair.of().digest());
  EXPECT_NE(pair.of().digest(), pair.of(2).digest());
  EXPECT_NE(pair.of().digest(), ConcatEncoder({{pair.second, 1}, {pair.first, 1}}).digest());
  EXPECT_EQ(pair.of(2).name(), "ab + 2*cde");
}

TEST(ConcatEncoder, Cache_KeepsThePartsAndGivesTheSameRows) {
  const Pair plain;
  const auto network = std::make_shared<Letters>("cde", "f32");
  const ConcatEncoder encoder({{plain.first, 1}, {network, 2}});
  EXPECT_EQ(encoder.precision(), "f32");
  EmbeddingCache cache("");
  const Items items{"ac", "bd", "ac", "z"};
  const CachedRows first = cache.rows(encoder, items, 1, no_progress());
  const int asked = network->asked;
  EXPECT_EQ(cache.rows(encoder, items, 1, no_progress()).rows, first.rows);
  EXPECT_EQ(network->asked, asked + 1) << "z alone, which has no vector to keep";
  const CachedRows alone = cache.rows(*network, Items{"ac"}, 1, no_progress());
  EXPECT_EQ(alone.computed, 0U) << "the part is known by itself";
  std::vector<float> direct(items.size() * encoder.width());
  encoder.encode(items, 1, direct);
  EXPECT_EQ(first.rows, direct);
  EXPECT_EQ(first.failed, 1U);
  EXPECT_FALSE(first.states[3].ok());
}

TEST(PartSpecifications, AreReadAndWritten) {
  const auto parts = parse_parts("tfidf + 0.5*/models/a?pooling=mean,dtype=bf16 +  x*y ");
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].text, "tfidf");
  EXPECT_EQ(parts[1].text, "/models/a?pooling=mean,dtype=bf16");
  EXPECT_EQ(parts[1].weight, 0.5);
  EXPECT_EQ(parts[2].text, "x*y");
  EXPECT_EQ(join_parts(parts), "tfidf + 0.5*/models/a?pooling=mean,dtype=bf16 + x*y");
  EXPECT_EQ(parse_parts("2*a+b").front().text, "2*a+b") << "one part stays as it is";
  for (const char* bad : {"a + ", " + a", "a + 0*b", "a + -1*b", "a + 2*", "a + nan*b"})
    EXPECT_THROW(parse_parts(bad), Error) << bad;
}

TEST(MakeItemEncoder, PartsOfEveryModality_StandSideBySide) {
  const auto protein = make_item_encoder(Modality::kProtein, "composition + 2*dipeptides");
  EXPECT_EQ(protein->width(), 420U);
  EXPECT_EQ(protein->parts().size(), 2U);
  EXPECT_EQ(make_item_encoder(Modality::kProtein, protein->name())->digest(), protein->digest());
  std::vector<float> row(420);
  ASSERT_TRUE(protein->encode(Items{"MKTAYIAK"}, 1, row)[0].ok());
  double first = 0, second = 0;
  for (std::size_t i = 0; i < row.size(); ++i) (i < 20 ? first : second) += static_cast<double>(row[i]) * row[i];
  EXPECT_NEAR(first, 1, 1e-6);
  EXPECT_NEAR(second, 4, 1e-5);
  const auto molecule = make_item_encoder(Modality::kMolecule, "ecfp4 + morgan:radius=1,bits=64");
  EXPECT_EQ(molecule->width(), 2048U + 64U);
  EXPECT_THROW(make_item_encoder(Modality::kProtein, "composition + nothing"), Error);
}

}  // namespace
}  // namespace molbridge::encoders
