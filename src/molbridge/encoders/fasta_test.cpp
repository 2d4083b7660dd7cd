#include "molbridge/encoders/protein/fasta.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace molbridge::encoders {
namespace {

std::vector<ProteinRecord> read(const std::string& text) {
  FastaReader reader(LineSource::from_memory("p.fasta", text));
  std::vector<ProteinRecord> records;
  while (auto record = reader.next()) records.push_back(std::move(*record));
  return records;
}

TEST(Fasta, Records_HaveIdLineAndJoinedSequence) {
  const auto records = read("\n; a remark\n>sp|P1|ONE first protein\r\nmkv\r\nLLA*\n\n>two\nACDX\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].id, "sp|P1|ONE");
  EXPECT_EQ(records[0].line, 3u);
  EXPECT_EQ(records[0].sequence, "MKVLLA");
  EXPECT_EQ(records[0].reason, "");
  EXPECT_EQ(records[1].id, "two");
  EXPECT_EQ(records[1].sequence, "ACDX");
}

TEST(Fasta, BadRecords_AreGivenWithTheirReason) {
  const auto records = read(">a\n>b\nMK1L\n>c\nMK*L\n>d\nMK-L..\n>\nM\n");
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(records[0].reason, "no residues");
  EXPECT_EQ(records[1].reason, "'1' at position 3 is no residue");
  EXPECT_EQ(records[2].reason, "a stop (*) within the sequence, at position 3");
  EXPECT_EQ(records[3].sequence, "MKL");
  EXPECT_EQ(records[4].id, "");
  EXPECT_EQ(records[4].sequence, "M");
}

TEST(Fasta, LongRecord_IsRefusedAndTheNextOneRead) {
  std::string text = ">long\n";
  for (std::size_t i = 0; i <= FastaReader::kMaxResidues / 1000; ++i) text += std::string(1000, 'A') + "\n";
  const auto records = read(text + ">next\nMK\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].reason, "more than 1,000,000 residues");
  EXPECT_EQ(records[1].sequence, "MK");
}

TEST(Fasta, OtherText_IsAnErrorWithItsLine) {
  try {
    read("\nMKVLLA\n");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    EXPECT_EQ(e.position().line, 2u);
  }
  EXPECT_TRUE(read("").empty());
}

TEST(Fasta, Head_TellsFastaFromTables) {
  EXPECT_TRUE(looks_like_fasta("\n>x\nMK"));
  EXPECT_FALSE(looks_like_fasta("id\tsequence\n>x\tMK"));
  EXPECT_FALSE(looks_like_fasta(""));
}

}  // namespace
}  // namespace molbridge::encoders
