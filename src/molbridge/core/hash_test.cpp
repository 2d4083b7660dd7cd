#include "molbridge/core/hash.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "molbridge/core/files.hpp"

namespace molbridge {
namespace {

// Vectors of FIPS 180-4 (NIST example values).
constexpr std::string_view kOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kOfTwoBlocks = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
constexpr std::string_view kOfMillionA = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(HashTest, Sha256_PublishedVectors_Agree) {
  EXPECT_EQ(sha256(""), kOfNothing);
  EXPECT_EQ(sha256("abc"), kOfAbc);
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), kOfTwoBlocks);
}

TEST(HashTest, Sha256_InPieces_EqualsTheWhole) {
  Sha256 hash;
  const std::string thousand(1000, 'a');
  for (int i = 0; i < 1000; ++i) hash.update(thousand);
  EXPECT_EQ(hash.finish(), kOfMillionA);

  Sha256 bytes;
  bytes.update("a");
  bytes.update(std::vector<std::byte>{std::byte{'b'}, std::byte{'c'}});
  Sha256 moved = std::move(bytes);
  EXPECT_EQ(moved.finish(), kOfAbc);
}

TEST(HashTest, Sha256File_EqualsThatOfItsContent) {
  const std::string path = testing::TempDir() + "molbridge_hash_test_" + std::to_string(::getpid());
  write_file_atomically(path, "abc");
  EXPECT_EQ(sha256_file(path), kOfAbc);
  write_file_atomically(path, "");
  EXPECT_EQ(sha256_file(path), kOfNothing);
}

TEST(HashTest, Sha256File_Missing_IsAnInputError) {
  try {
    sha256_file(testing::TempDir() + "molbridge_no_such_file");
    FAIL() << "did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
  }
}

TEST(HashTest, ShortDigest_IsTheFirstTwelve) {
  EXPECT_EQ(short_digest(kOfAbc), "ba7816bf8f01");
  EXPECT_EQ(short_digest("ab"), "ab");
}

}  // namespace
}  // namespace molbridge
