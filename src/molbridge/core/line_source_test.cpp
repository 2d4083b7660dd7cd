#include "molbridge/core/line_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

namespace molbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string gzip(std::string_view text) {
  z_stream encoder{};
  EXPECT_EQ(deflateInit2(&encoder, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(text.size() + 1024, '\0');
  encoder.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  encoder.avail_in = static_cast<uInt>(text.size());
  encoder.next_out = reinterpret_cast<Bytef*>(packed.data());
  encoder.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&encoder, Z_FINISH), Z_STREAM_END);
  packed.resize(encoder.total_out);
  deflateEnd(&encoder);
  return packed;
}

std::vector<std::string> lines_of(LineSource& source) {
  std::vector<std::string> lines;
  std::string line;
  while (source.next_line(line)) lines.push_back(line);
  return lines;
}

std::vector<std::string> lines_of(std::string_view bytes) { return lines_of(*LineSource::from_memory("x", bytes)); }

/// Lines before the break, and the message of the error.
std::pair<std::vector<std::string>, std::string> lines_and_error(std::string_view bytes) {
  std::vector<std::string> lines;
  std::string line;
  try {
    auto source = LineSource::from_memory("broken.gz", bytes);
    while (source->next_line(line)) lines.push_back(line);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
    return {lines, error.what()};
  }
  return {lines, ""};
}

std::string many_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i * 7919 % 10007) + "\n";
  return text;
}

TEST(LineSource, LineEnds_AreTakenOff) {
  EXPECT_THAT(lines_of("a\nb\r\n\nc"), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(lines_of("a\n"), ElementsAre("a"));
  EXPECT_THAT(lines_of("\n"), ElementsAre(""));
  EXPECT_THAT(lines_of(""), ElementsAre());
  EXPECT_THAT(lines_of("a\r"), ElementsAre("a"));
}

TEST(LineSource, LineNumber_CountsFromOne) {
  auto source = LineSource::from_memory("x", "a\nb\n");
  std::string line;
  EXPECT_EQ(source->line_number(), 0U);
  ASSERT_TRUE(source->next_line(line));
  EXPECT_EQ(source->line_number(), 1U);
  ASSERT_TRUE(source->next_line(line));
  EXPECT_EQ(source->line_number(), 2U);
  EXPECT_FALSE(source->next_line(line));
  EXPECT_EQ(source->line_number(), 2U);
}

TEST(LineSource, ByteOrderMark_IsPassedOver) {
  EXPECT_THAT(lines_of("\xEF\xBB\xBFhello\n"), ElementsAre("hello"));
  EXPECT_EQ(LineSource::from_memory("x", "\xEF\xBB\xBFhello")->peek(5), "hello");
}

TEST(LineSource, Utf16_IsRefusedWithTheRemedy) {
  EXPECT_THAT(lines_and_error(std::string("\xFF\xFE"
                                          "a\0",
                                          4))
                  .second,
              HasSubstr("iconv"));
}

TEST(LineSource, Peek_TakesNothing) {
  auto source = LineSource::from_memory("x", "abc\ndef\n");
  EXPECT_EQ(source->peek(5), "abc\nd");
  EXPECT_EQ(source->peek(100), "abc\ndef\n");
  EXPECT_THAT(lines_of(*source), ElementsAre("abc", "def"));
}

TEST(LineSource, Read_GivesTheBytesBehindTheLines) {
  auto source = LineSource::from_memory("x", gzip("first\nrest\r\nof it"));
  std::string line;
  ASSERT_TRUE(source->next_line(line));
  std::string rest(100, '\0');
  rest.resize(source->read(std::as_writable_bytes(std::span(rest))));
  EXPECT_EQ(rest, "rest\r\nof it");
  EXPECT_EQ(source->read(std::as_writable_bytes(std::span(rest))), 0U);
}

TEST(LineSource, Gzip_IsToldByContentAndMembersAreJoined) {
  EXPECT_THAT(lines_of(gzip("a\nb") + gzip("") + gzip("c\n")), ElementsAre("a", "bc"));
  EXPECT_THAT(lines_of(gzip("a\n") + std::string(512, '\0')), ElementsAre("a"));
}

TEST(LineSource, LongInput_IsTheSamePlainAndPacked) {
  const std::string text = many_lines(100000);
  const auto lines = lines_of(text);
  EXPECT_EQ(lines.size(), 100000U);
  EXPECT_EQ(lines_of(gzip(text)), lines);
}

TEST(LineSource, TruncatedGzip_GivesWholeLinesThenThrows) {
  const std::string text = many_lines(300);
  const auto all = lines_of(text);
  const std::string packed = gzip(text);
  for (std::size_t size = 2; size < packed.size(); ++size) {
    const auto [lines, error] = lines_and_error(std::string_view(packed).substr(0, size));
    ASSERT_THAT(error, HasSubstr("truncated")) << size;
    ASSERT_LE(lines.size(), all.size());
    ASSERT_TRUE(std::equal(lines.begin(), lines.end(), all.begin())) << size;
  }
  EXPECT_THAT(lines_and_error(packed).second, "");
  // near the end nearly all lines must have come out
  EXPECT_GT(lines_and_error(std::string_view(packed).substr(0, packed.size() - 8)).first.size(), all.size() - 2);
}

TEST(LineSource, TruncatedGzip_ThrowsAgainAndSaysSo) {
  const std::string packed = gzip("a\nb\n");
  auto source = LineSource::from_memory("x", std::string_view(packed).substr(0, packed.size() - 4));
  std::string line;
  ASSERT_TRUE(source->next_line(line));
  ASSERT_TRUE(source->next_line(line));
  EXPECT_THROW(source->next_line(line), Error);
  EXPECT_THROW(source->next_line(line), Error);
  EXPECT_TRUE(source->truncated());
}

TEST(LineSource, FlippedBits_NeverGiveAWrongTextSilently) {
  const std::string text = many_lines(50);
  const std::string packed = gzip(text);
  const auto all = lines_of(text);
  for (std::size_t i = 10; i < packed.size(); ++i) {  // behind the header, whose time and system bytes mean nothing
    std::string damaged = packed;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    const auto [lines, error] = lines_and_error(damaged);
    if (error.empty()) {  // padding bits before the checksum carry nothing
      ASSERT_EQ(lines, all) << i;
    }
  }
}

TEST(LineSource, GarbageBehindGzip_IsAnErrorAfterTheLines) {
  const auto [lines, error] = lines_and_error(gzip("a\n") + "junk");
  EXPECT_THAT(lines, ElementsAre("a"));
  EXPECT_THAT(error, HasSubstr("corrupt"));
}

TEST(LineSource, OtherPackers_AreNamed) {
  EXPECT_THAT(lines_and_error("PK\x03\x04....").second, HasSubstr("zip"));
  EXPECT_THAT(lines_and_error(std::string("\xFD"
                                          "7zXZ\0..",
                                          8))
                  .second,
              HasSubstr("xz -dc"));
  EXPECT_THAT(lines_and_error("BZh91AY&SY").second, HasSubstr("bzip2"));
  EXPECT_THAT(lines_and_error("\x28\xB5\x2F\xFD....").second, HasSubstr("zstd"));
  EXPECT_THAT(lines_of("BZh is a word\n"), ElementsAre("BZh is a word"));
}

TEST(LineSource, EndlessLine_IsRefused) {
  const std::string text(LineSource::kMaxLineBytes + 2, 'x');
  EXPECT_THAT(lines_and_error(gzip(text)).second, HasSubstr("64 MiB"));
}

TEST(LineSource, MissingFileAndFolder_AreErrorsWithTheName) {
  EXPECT_THAT([] { LineSource::open("/no/such/file"); }, testing::ThrowsMessage<Error>(HasSubstr("/no/such/file")));
  EXPECT_THAT([] { LineSource::open("/tmp"); }, testing::ThrowsMessage<Error>(HasSubstr("folder")));
}

TEST(LineSource, File_CountsItsBytes) {
  const auto path =
      std::filesystem::temp_directory_path() / ("molbridge_line_source_" + std::to_string(::getpid()) + ".txt.gz");
  const std::string packed = gzip("a\nb\n");
  std::ofstream(path, std::ios::binary) << packed;
  auto source = LineSource::open(path.string());
  EXPECT_EQ(source->bytes_total(), packed.size());
  EXPECT_THAT(lines_of(*source), ElementsAre("a", "b"));
  EXPECT_EQ(source->bytes_read(), packed.size());
  EXPECT_EQ(source->name(), path.string());
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace molbridge
