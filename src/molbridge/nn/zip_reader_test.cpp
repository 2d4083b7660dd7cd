#include "molbridge/nn/zip_reader.hpp"

#include <zlib.h>

#include "molbridge/nn/test_files.hpp"

namespace molbridge::nn {
namespace {

ZipReader opened(const std::string& bytes) { return ZipReader::open(MappedFile::open(MemoryFile(bytes).path())); }

void expect_refused(const std::string& bytes, const std::string& part) {
  expect_model_error([&] { opened(bytes); }, part);
}

std::string text_of(const ZipContent& content) {
  return {reinterpret_cast<const char*>(content.bytes.data()), content.bytes.size()};
}

ZipPart deflated(const std::string& name, const std::string& data) {
  std::string packed(compressBound(data.size()) + 64, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  ZipPart part{name, packed, Z_DEFLATED};
  part.size = static_cast<std::int64_t>(data.size());
  part.crc = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
  return part;
}

TEST(ZipReader, StoredEntry_IsAViewOfTheMap) {
  const MemoryFile memory(zip_of({{"a", "hello"}, {"b/c", ""}}));
  const auto file = MappedFile::open(memory.path());
  ZipReader zip = ZipReader::open(file);
  ASSERT_EQ(zip.entries().size(), 2u);
  const ZipContent content = zip.read(*zip.find("a"));
  EXPECT_EQ(text_of(content), "hello");
  EXPECT_TRUE(content.stored);
  EXPECT_GE(content.bytes.data(), file->bytes().data());
  EXPECT_LT(content.bytes.data(), file->bytes().data() + file->bytes().size());
  EXPECT_EQ(text_of(zip.read(*zip.find("b/c"))), "");
  EXPECT_EQ(zip.find("absent"), nullptr);
}

TEST(ZipReader, DeflatedEntry_IsExpanded) {
  const std::string data(10'000, 'x');
  ZipReader zip = opened(zip_of({deflated("a", data), deflated("empty", "")}));
  const ZipContent content = zip.read(*zip.find("a"));
  EXPECT_EQ(text_of(content), data);
  EXPECT_FALSE(content.stored);
  EXPECT_EQ(text_of(zip.read(*zip.find("empty"))), "");
}

TEST(ZipReader, EmptyArchive_HasNoEntries) { EXPECT_TRUE(opened(zip_of({})).entries().empty()); }

TEST(ZipReader, ZipBomb_IsRefused) {
  const std::string zeros(8u << 20, '\0');
  std::vector<ZipPart> parts;
  for (int i = 0; i < 12; ++i) parts.push_back(deflated("bomb" + std::to_string(i), zeros));
  ZipReader zip = opened(zip_of(parts));
  expect_model_error(
      [&] {
        for (const auto& [name, entry] : zip.entries()) zip.read(entry);
      },
      "beyond the limit");
}

TEST(ZipReader, SizesThatPackedDataCannotHold_AreRefusedBeforeAllocation) {
  ZipPart part = deflated("a", "hello");
  part.size = 0x7fffffff;
  ZipReader zip = opened(zip_of({part}));
  expect_model_error([&] { zip.read(*zip.find("a")); }, "more bytes than its packed data can hold");
}

TEST(ZipReader, PackedDataOfAnotherSizeOrCrc_IsRefused) {
  for (const std::int64_t size : {4, 6}) {
    ZipPart part = deflated("a", "hello");
    part.size = size;
    ZipReader zip = opened(zip_of({part}));
    expect_model_error([&] { zip.read(*zip.find("a")); }, "does not expand");
  }
  ZipPart part = deflated("a", "hello");
  part.crc ^= 1;
  ZipReader zip = opened(zip_of({part}));
  expect_model_error([&] { zip.read(*zip.find("a")); }, "CRC");
}

TEST(ZipReader, WhatIsNotRead_IsNamed) {
  ZipReader zip = opened(zip_of({{"a", "x", 93}, {"b", "x", 0, -1, -1, -1, -1, 0, 1}, {"c", "xyz", 0, 5}}));
  expect_model_error([&] { zip.read(*zip.find("a")); }, "unknown method 93");
  expect_model_error([&] { zip.read(*zip.find("b")); }, "encrypted");
  expect_model_error([&] { zip.read(*zip.find("c")); }, "two sizes differ");
}

TEST(ZipReader, HostileArchives_AreRefused) {
  expect_refused("", "end record");
  expect_refused(std::string(100, 'x'), "no end record");
  expect_refused(zip_of({{"a", "1"}, {"a", "2"}}), "two entries are called a");
  expect_refused(zip_of({{"a", "hello", 0, -1, 4}}), "does not match the central directory");
  expect_refused(zip_of({{"a", "hello", 0, -1, -1, 1000}}), "reaches beyond");
  expect_refused(zip_of({{"a", "hello", 0, -1, -1, -1, 100'000}}), "outside");
  expect_refused(zip_of({{"a", "hello"}, {"b", "hello", 0, -1, -1, -1, 0}}), "does not match");
  // A second entry whose header stands inside the data of the first.
  const std::string inner = zip_of({{"b", "x"}}).substr(0, 32);
  expect_refused(zip_of({{"a", inner}, {"b", "x", 0, -1, -1, -1, 31}}), "overlap");
}

TEST(ZipReader, Zip64Records_AreFollowedAndChecked) {
  const std::string plain = zip_of({{"a", "hello"}});
  const std::size_t directory = 30 + 1 + 5, size = plain.size() - 22 - directory;
  const auto with64 = [&](std::uint64_t offset) {
    std::string bytes = plain.substr(0, plain.size() - 22);
    const std::uint64_t record = bytes.size();
    bytes += "PK\x06\x06" + raw(std::uint64_t{44}) + raw(std::uint32_t{0}) + raw(std::uint64_t{0}) +
             raw(std::uint64_t{1}) + raw(std::uint64_t{1}) + raw(std::uint64_t{size}) + raw(offset);
    bytes += "PK\x06\x07" + raw(std::uint32_t{0}) + raw(record) + raw(std::uint32_t{1});
    return bytes + "PK\x05\x06" + std::string(4, '\0') + std::string(12, '\xff') + std::string(2, '\0');
  };
  EXPECT_EQ(opened(with64(directory)).entries().size(), 1u);
  expect_refused(with64(~std::uint64_t{0}), "outside the file");
  expect_refused(with64(directory + 1), "");
}

TEST(ZipReader, CutAtEveryByte_IsRefused) {
  const std::string bytes = zip_of({{"a", "hello"}, deflated("b", "world")});
  for (std::size_t length = 0; length < bytes.size(); ++length) expect_refused(bytes.substr(0, length), "");
}

}  // namespace
}  // namespace molbridge::nn
