#include "molbridge/service/answer_spool.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "molbridge/core/error.hpp"

namespace molbridge::service {
namespace {

Answer answer(std::uint64_t index) {
  Answer out{.query_index = index, .query_id = "scan\t" + std::to_string(index), .source = "run.mgf", .line = 7};
  out.fields = {ResultField::of("[M+H]+"), ResultField()};
  out.status = QueryStatus::kRanked;
  out.num_candidates = 12;
  out.reason = std::string("odd\0\n", 5);
  for (std::uint64_t i = 0; i < index % 3; ++i) {
    out.hits.push_back(
        {i + 1, 0.1 * static_cast<double>(i), {ResultField::number("0.5"), ResultField::flag(true)}, "[]"});
  }
  return out;
}

void expect_equal(const std::vector<ResultField>& a, const std::vector<ResultField>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].kind, b[i].kind);
    EXPECT_EQ(a[i].text, b[i].text);
  }
}

TEST(AnswerSpoolTest, Replay_GivesWhatWasAddedInItsOrder) {
  const std::string folder = std::filesystem::temp_directory_path().string();
  AnswerSpool spool(folder);
  constexpr std::uint64_t kCount = 500;
  for (std::uint64_t i = 0; i < kCount; ++i) spool.add(answer(i));
  std::uint64_t next = 0;
  spool.replay([&](Answer& found) {
    const Answer expected = answer(next++);
    EXPECT_EQ(found.query_index, expected.query_index);
    EXPECT_EQ(found.query_id, expected.query_id);
    EXPECT_EQ(found.source, expected.source);
    EXPECT_EQ(found.line, expected.line);
    EXPECT_EQ(found.status, expected.status);
    EXPECT_EQ(found.num_candidates, expected.num_candidates);
    EXPECT_EQ(found.reason, expected.reason);
    expect_equal(found.fields, expected.fields);
    ASSERT_EQ(found.hits.size(), expected.hits.size());
    for (std::size_t h = 0; h < found.hits.size(); ++h) {
      EXPECT_EQ(found.hits[h].rank, expected.hits[h].rank);
      EXPECT_EQ(found.hits[h].score, expected.hits[h].score);
      EXPECT_EQ(found.hits[h].peaks, expected.hits[h].peaks);
      expect_equal(found.hits[h].fields, expected.hits[h].fields);
    }
  });
  EXPECT_EQ(next, kCount);
}

TEST(AnswerSpoolTest, Folder_ThatCannotBeWritten_IsAnOutputErrorAndNoFileIsLeftElsewhere) {
  EXPECT_THROW(AnswerSpool("/proc/nowhere"), Error);
  const auto folder = std::filesystem::temp_directory_path() / "molbridge_spool_test";
  std::filesystem::create_directories(folder);
  {
    AnswerSpool spool(folder.string());
    spool.add(answer(1));
    EXPECT_TRUE(std::filesystem::is_empty(folder));  // nothing for a kill to leave behind
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace molbridge::service
