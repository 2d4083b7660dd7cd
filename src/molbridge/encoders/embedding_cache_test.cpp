#include "molbridge/encoders/embedding_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"

namespace molbridge::encoders {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using Items = std::vector<std::string>;

/// (length, first letter, salt); "!..." fails, more than 5 letters are cut. Notes what it was asked.
class CountingEncoder : public ItemEncoder {
 public:
  explicit CountingEncoder(float salt = 1, std::string precision = "f32")
      : salt_(salt), precision_(std::move(precision)) {}
  Modality modality() const override { return Modality::kText; }
  std::string name() const override { return "counting"; }
  std::string digest() const override { return sha256("counting " + std::to_string(salt_)); }
  std::uint64_t width() const override { return width_; }
  std::string precision() const override { return precision_; }
  std::vector<ItemState> encode(std::span<const std::string> items, std::size_t, std::span<float> out) const override {
    std::vector<ItemState> states(items.size());
    std::fill(out.begin(), out.end(), 0.0F);
    for (std::size_t i = 0; i < items.size(); ++i) {
      asked.push_back(items[i]);
      if (items[i] == stop_at) throw Error(ErrorCode::kCancelled, "interrupted");
      if (items[i].starts_with('!')) {
        states[i].reason = "an exclamation";
        continue;
      }
      out[i * width_] = static_cast<float>(items[i].size());
      out[i * width_ + 1] = items[i].empty() ? 0.0F : static_cast<float>(items[i][0]);
      out[i * width_ + 2] = salt_;
      states[i].truncated = items[i].size() > 5;
    }
    return states;
  }
  mutable Items asked;
  std::string stop_at = "none";
  std::uint64_t width_ = 3;

 private:
  float salt_;
  std::string precision_;
};

class EmbeddingCacheTest : public testing::Test {
 protected:
  EmbeddingCacheTest()
      : folder_((fs::temp_directory_path() / ("molbridge_cache_" + std::to_string(::getpid()))).string()) {
    fs::remove_all(folder_);
  }
  ~EmbeddingCacheTest() override { fs::remove_all(folder_); }

  /// By a process that starts anew, as far as the cache can tell.
  CachedRows fresh(const CountingEncoder& encoder, const Items& items) const {
    encoder.asked.clear();
    return EmbeddingCache(folder_).rows(encoder, items, 1, no_progress());
  }
  std::string file() const { return folder_ + "/" + encoder_.digest() + "-f32.vectors"; }
  std::string content() const { return read_text_file(file()); }
  void put(const std::string& bytes) const { std::ofstream(file(), std::ios::binary) << bytes; }
  std::string refusal(const CountingEncoder& encoder, const Items& items) const {
    try {
      fresh(encoder, items);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kModel) << error.what();
      EXPECT_THAT(error.remedy_text(), HasSubstr("Delete the file"));
      return error.what();
    }
    return "";
  }

  std::string folder_;
  CountingEncoder encoder_;
};

TEST_F(EmbeddingCacheTest, Rows_StandInTheOrderOfTheItems_AndEqualOnesAreEncodedOnce) {
  const CachedRows rows = fresh(encoder_, {"b", "!no", "aaaaaaa", "b", "!no", ""});
  EXPECT_THAT(encoder_.asked, ElementsAre("b", "!no", "aaaaaaa", ""));
  EXPECT_THAT(rows.row(0), ElementsAre(1, 'b', 1));
  EXPECT_THAT(rows.row(1), ElementsAre(0, 0, 0));
  EXPECT_THAT(rows.row(2), ElementsAre(7, 'a', 1));
  EXPECT_THAT(rows.row(3), ElementsAre(1, 'b', 1));
  EXPECT_EQ(rows.states[4].reason, "an exclamation");
  EXPECT_TRUE(rows.states[2].truncated);
  EXPECT_EQ(rows.computed, 4u);
  EXPECT_EQ(rows.failed, 2u);
  EXPECT_EQ(rows.truncated, 1u);
}

TEST_F(EmbeddingCacheTest, SecondRun_ComputesOnlyWhatIsNew) {
  const CachedRows first = fresh(encoder_, {"b", "aaaaaaa", "!no"});
  const CachedRows second = fresh(encoder_, {"c", "aaaaaaa", "!no", "b"});
  EXPECT_THAT(encoder_.asked, ElementsAre("c", "!no"));  // failures are cheap and are not kept
  EXPECT_TRUE(std::equal(second.row(1).begin(), second.row(1).end(), first.row(1).begin()));
  EXPECT_TRUE(second.states[1].truncated);
  fresh(encoder_, {"aaaaaaa", "b", "c"});
  EXPECT_TRUE(encoder_.asked.empty());
}

TEST_F(EmbeddingCacheTest, OneObject_SeesWhatItAndAnotherWrote) {
  EmbeddingCache cache(folder_);
  cache.rows(encoder_, Items{"a"}, 1, no_progress());
  fresh(encoder_, {"b"});
  encoder_.asked.clear();
  const CachedRows rows = cache.rows(encoder_, Items{"a", "b", "c"}, 1, no_progress());
  EXPECT_THAT(encoder_.asked, ElementsAre("c"));
  EXPECT_THAT(rows.row(1), ElementsAre(1, 'b', 1));
}

TEST_F(EmbeddingCacheTest, FileDeletedOrBegunAnewBetweenTwoCalls_IsReadAnew) {
  EmbeddingCache cache(folder_);
  cache.rows(encoder_, Items{"a", "b"}, 1, no_progress());
  cache.rows(encoder_, Items{"a", "b"}, 1, no_progress());
  fs::remove(file());
  fresh(encoder_, {"xx", "yy"});
  const CachedRows rows = cache.rows(encoder_, Items{"b", "a"}, 1, no_progress());
  EXPECT_THAT(rows.row(0), ElementsAre(1, 'b', 1));
  fs::remove(file());
  EXPECT_THAT(cache.rows(encoder_, Items{"a"}, 1, no_progress()).row(0), ElementsAre(1, 'a', 1));
}

TEST_F(EmbeddingCacheTest, WithoutFolder_RemembersAndWritesNothing) {
  EmbeddingCache cache("");
  cache.rows(encoder_, Items{"a", "bbbbbbb"}, 1, no_progress());
  encoder_.asked.clear();
  const CachedRows rows = cache.rows(encoder_, Items{"bbbbbbb", "c"}, 1, no_progress());
  EXPECT_THAT(encoder_.asked, ElementsAre("c"));
  EXPECT_TRUE(rows.states[0].truncated);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(EmbeddingCacheTest, CheapEncoder_IsNotWritten) {
  const CountingEncoder cheap(1, "");
  EXPECT_THAT(fresh(cheap, {"a", "a"}).row(1), ElementsAre(1, 'a', 1));
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(EmbeddingCacheTest, EncodersAndPrecisions_HaveTheirOwnFiles) {
  const CountingEncoder other(2), bf16(1, "bf16");
  fresh(encoder_, {"a"});
  EXPECT_THAT(fresh(other, {"a"}).row(0), ElementsAre(1, 'a', 2));
  fresh(bf16, {"a"});
  EXPECT_THAT(bf16.asked, ElementsAre("a"));
}

TEST_F(EmbeddingCacheTest, CutAtAnyByte_LosesOnlyWhatWasCut) {
  const Items items = {"a", "cccccc"};
  const CachedRows whole = fresh(encoder_, items);
  const std::string bytes = content();
  const std::size_t record = 64 + 4 + 3 * 4 + 16, header = bytes.size() - 2 * record;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    put(bytes.substr(0, size));
    const CachedRows rows = fresh(encoder_, items);
    ASSERT_EQ(rows.rows, whole.rows) << size;
    ASSERT_EQ(encoder_.asked.size(), 2 - (size < header ? 0 : (size - header) / record)) << size;
    ASSERT_EQ(content(), bytes) << size;
  }
}

TEST_F(EmbeddingCacheTest, FlippedByte_NeverGivesAnotherVector) {
  const Items items = {"a", "bb", "cccccc"};
  const CachedRows whole = fresh(encoder_, items);
  const std::string bytes = content();
  const std::size_t last = bytes.size() - (64 + 4 + 3 * 4 + 16);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    put(flipped);
    if (i < last) {
      ASSERT_NE(refusal(encoder_, items), "") << i;
      continue;
    }
    ASSERT_EQ(fresh(encoder_, items).rows, whole.rows) << i;  // the last record: as if a kill had cut it
    ASSERT_EQ(content(), bytes) << i;
  }
}

TEST_F(EmbeddingCacheTest, ForeignFile_IsRefused) {
  fresh(encoder_, {"a"});
  const CountingEncoder other(2);
  fs::copy(file(), folder_ + "/" + other.digest() + "-f32.vectors");
  EXPECT_THAT(refusal(other, {"a"}), HasSubstr("another encoder"));
  encoder_.width_ = 5;
  EXPECT_THAT(refusal(encoder_, {"a"}), HasSubstr("another width"));
  encoder_.width_ = 3;
  put("id\tvector\n");
  EXPECT_THAT(refusal(encoder_, {"a"}), HasSubstr("is no file of cached vectors"));
}

TEST_F(EmbeddingCacheTest, RunThatIsCancelled_KeepsItsFinishedBlocks) {
  Items items;
  for (int i = 0; i < 500; ++i) items.push_back("item " + std::to_string(i));
  encoder_.stop_at = "item 400";
  try {
    fresh(encoder_, items);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
    EXPECT_THAT(error.what(), HasSubstr("are kept"));
  }
  encoder_.stop_at = "none";
  const CachedRows rows = fresh(encoder_, items);
  EXPECT_LT(encoder_.asked.size(), 400u);
  EXPECT_THAT(rows.row(499), ElementsAre(8, 'i', 1));
}

TEST_F(EmbeddingCacheTest, TwoProcesses_TakeTurns) {
  constexpr int kItems = 60;
  const auto work = [&](int from) {
    EmbeddingCache cache(folder_);
    for (int i = 0; i < kItems; ++i) cache.rows(encoder_, Items{"item " + std::to_string(from + i)}, 1, no_progress());
  };
  make_folders(folder_);
  const pid_t child = ::fork();
  if (child == 0) {
    work(0);
    ::_exit(0);
  }
  work(kItems / 2);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  Items all;
  for (int i = 0; i < kItems + kItems / 2; ++i) all.push_back("item " + std::to_string(i));
  fresh(encoder_, all);
  EXPECT_TRUE(encoder_.asked.empty());
}

}  // namespace
}  // namespace molbridge::encoders
