#include "molbridge/bank/builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <tuple>

#include "molbridge/bank/check.hpp"
#include "molbridge/bank/replace_folder.hpp"
#include "molbridge/bank/test_bank.hpp"

namespace molbridge::bank {
namespace {

using namespace testing;
namespace fs = std::filesystem;

constexpr std::uint64_t kWidth = 32;

MoleculeRecord molecule(const std::string& smiles, const std::string& block, const std::string& formula, double mass) {
  return {smiles, block, formula, mass, "name of " + smiles, "test:" + smiles};
}

/// What a bank of these rows must hold, by the definition: first of each (block, formula), then sorted.
std::vector<TestRow> expected_rows(const std::vector<TestRow>& rows) {
  std::map<std::pair<std::string, std::string>, TestRow> first;
  for (const auto& row : rows) first.try_emplace({row.record.inchikey14, row.record.formula}, row);
  std::vector<TestRow> out;
  for (auto& [key, row] : first) out.push_back(row);
  std::sort(out.begin(), out.end(), [](const TestRow& a, const TestRow& b) {
    return std::tie(a.record.mass, a.record.inchikey14, a.record.smiles) <
           std::tie(b.record.mass, b.record.inchikey14, b.record.smiles);
  });
  return out;
}

void expect_same(const MoleculeRecord& a, const MoleculeRecord& b) {
  EXPECT_EQ(std::tie(a.smiles, a.inchikey14, a.formula, a.mass, a.name, a.source_id),
            std::tie(b.smiles, b.inchikey14, b.formula, b.mass, b.name, b.source_id));
}

class BuilderOf : public ::testing::TestWithParam<Dtype> {
 protected:
  TempFolder folder_;
};

TEST_P(BuilderOf, Finish_ManyRows_HoldsTheFirstOfEachMoleculeInOrder) {
  const auto rows = make_rows(1500, kWidth, 1);
  const BuildReport report = build_bank(folder_ / "bank", rows, test_options(kWidth, GetParam()));
  const auto expected = expected_rows(rows);
  ASSERT_LT(expected.size(), rows.size());
  EXPECT_EQ(report.added, rows.size());
  EXPECT_EQ(report.written, expected.size());
  EXPECT_EQ(report.merged, rows.size() - expected.size());

  const auto bank = Bank::open(folder_ / "bank");
  ASSERT_EQ(bank->size(), expected.size());
  std::vector<float> embedding(kWidth);
  for (std::uint64_t row = 0; row < bank->size(); ++row) {
    expect_same(bank->record(row), expected[row].record);
    bank->embedding(row, embedding);
    EXPECT_EQ(embedding, expected[row].embedding);
  }
  EXPECT_FALSE(fs::exists(folder_ / "bank.partial"));
  EXPECT_EQ(deep_check(folder_ / "bank").manifest.count, expected.size());
}

TEST_P(BuilderOf, Finish_LittleMemory_GivesTheSameBytesFromManyRuns) {
  const auto rows = make_rows(2000, kWidth, 2);
  BuildOptions options = test_options(kWidth, GetParam());
  build_bank(folder_ / "one", rows, options);
  options.memory_budget = 40000;
  build_bank(folder_ / "many", rows, options);
  build_bank(folder_ / "many_with_checkpoints", rows, options, 337);
  EXPECT_EQ(bank_bytes(folder_ / "one"), bank_bytes(folder_ / "many"));
  EXPECT_EQ(bank_bytes(folder_ / "one"), bank_bytes(folder_ / "many_with_checkpoints"));
}

INSTANTIATE_TEST_SUITE_P(Dtypes, BuilderOf, ::testing::Values(Dtype::kFloat32, Dtype::kFloat16, Dtype::kBits),
                         [](const auto& param) { return std::string(name(param.param)); });

class BuilderTest : public ::testing::Test {
 protected:
  std::unique_ptr<BankBuilder> create(bool resume = true) { return BankBuilder::create(target_, options_, resume); }
  void add(BankBuilder& builder, const MoleculeRecord& record) {
    builder.add(record, std::vector<float>(options_.width, static_cast<float>(++added_)));
  }
  BuildReport build_of(const std::string& smiles) {
    const auto builder = create();
    add(*builder, molecule(smiles, "BLOCK" + smiles, "CH4", 16.0313));
    return builder->finish();
  }

  TempFolder folder_;
  std::string target_ = folder_ / "bank";
  BuildOptions options_ = test_options(4, Dtype::kFloat32);
  int added_ = 0;
};

TEST_F(BuilderTest, Finish_OneBlockWithTwoFormulas_KeepsBothIsotopologues) {
  const auto builder = create();
  add(*builder, molecule("C", "VNWKTOKETHGBQD", "CH4", 16.0313));
  add(*builder, molecule("[13CH4]", "VNWKTOKETHGBQD", "[13C]H4", 17.0346));
  add(*builder, molecule("[H]C", "VNWKTOKETHGBQD", "CH4", 16.0313));
  const BuildReport report = builder->finish();
  EXPECT_EQ(report.written, 2U);
  EXPECT_EQ(report.merged, 1U);
  const auto bank = Bank::open(target_);
  EXPECT_EQ(bank->record(0).smiles, "C");
  EXPECT_EQ(bank->record(1).smiles, "[13CH4]");
}

TEST_F(BuilderTest, Finish_DuplicatesWithMassesALittleApart_AreMerged) {
  const auto builder = create();
  add(*builder, molecule("CC", "OTMSDBZUPAUEDD", "C2H6", 30.046950192));
  add(*builder, molecule("C", "VNWKTOKETHGBQD", "CH4", 30.046950190));
  add(*builder, molecule("C-C", "OTMSDBZUPAUEDD", "C2H6", 30.046950188));
  EXPECT_EQ(builder->finish().written, 2U);
  EXPECT_EQ(Bank::open(target_)->record(1).smiles, "CC");
}

TEST_F(BuilderTest, Finish_NoRows_IsAnEmptyBank) {
  EXPECT_EQ(create()->finish().written, 0U);
  const auto bank = Bank::open(target_);
  EXPECT_EQ(bank->size(), 0U);
  EXPECT_EQ(bank->window({0, 1000}).size(), 0U);
  EXPECT_TRUE(top_k(*bank, std::vector<float>(4, 1.0F), RowRange{0, 0}, 10).empty());
  deep_check(target_);
}

TEST_F(BuilderTest, Finish_TextsOfAnyKind_ComeBack) {
  const auto builder = create();
  const MoleculeRecord odd{"C'\"%;--", "", "CH4", 16.0313, std::string("\xce\xb2-carotene\0\n\t", 14), "file \xff:1"};
  add(*builder, odd);
  builder->finish();
  expect_same(Bank::open(target_)->record(0), odd);
}

TEST_F(BuilderTest, Finish_SourcesThatAreNotUtf8_StillOpen) {
  options_.sources = {"caf\xe9.tsv", "line\nend", std::string("\xf5\x80\x80\x80"), "\xe2\x82\xac"};
  build_of("C");
  EXPECT_EQ(Bank::open(target_)->manifest().sources,
            (std::vector<std::string>{"caf?.tsv", "line?end", "????", "\xe2\x82\xac"}));
}

TEST_F(BuilderTest, Manifest_SaysWhatWasAsked) {
  build_of("C");
  const Manifest m = Bank::open(target_)->manifest();
  EXPECT_EQ(m.encoder, "test encoder");
  EXPECT_EQ(m.encoder_digest, options_.encoder_digest);
  EXPECT_EQ(m.width, 4U);
  EXPECT_EQ(m.dtype, Dtype::kFloat32);
  EXPECT_EQ(m.count, 1U);
  EXPECT_EQ(m.toolkit, "none");
  EXPECT_EQ(m.digest.size(), 64U);
}

TEST_F(BuilderTest, Finish_OtherContent_HasAnotherDigest) {
  build_of("C");
  const std::string first = Bank::open(target_)->manifest().digest;
  build_of("CC");
  const std::string second = Bank::open(target_)->manifest().digest;
  build_of("C");
  EXPECT_NE(first, second);
  added_ = 0;
  fs::remove_all(target_);
  build_of("C");
  EXPECT_EQ(first, Bank::open(target_)->manifest().digest);
}

TEST_F(BuilderTest, Finish_OverAnOldBank_ReplacesItAndAnOpenOneStaysReadable) {
  build_of("C");
  const auto old_bank = Bank::open(target_);
  build_of("CC");
  EXPECT_EQ(Bank::open(target_)->record(0).smiles, "CC");
  EXPECT_EQ(old_bank->record(0).smiles, "C");
  EXPECT_EQ(old_bank->rows_of_inchikey14("BLOCKC").size(), 1U);
}

TEST_F(BuilderTest, Create_AfterACheckpoint_ContinuesWithItsCounts) {
  {
    const auto builder = create();
    add(*builder, molecule("C", "A", "CH4", 16));
    builder->checkpoint({5, 4, 1});
    add(*builder, molecule("N", "B", "H3N", 17));  // after the checkpoint: lost with the process
  }
  const auto builder = create();
  EXPECT_EQ(builder->resume_point().input_rows, 5U);
  EXPECT_EQ(builder->resume_point().parsed, 4U);
  EXPECT_EQ(builder->resume_point().rejected, 1U);
  add(*builder, molecule("O", "C", "H2O", 18));
  EXPECT_EQ(builder->finish().written, 2U);
  EXPECT_EQ(Bank::open(target_)->record(1).smiles, "O");
}

TEST_F(BuilderTest, Create_WithoutResumeOrOfAnotherJob_StartsAnew) {
  const auto leave_checkpoint = [&] {
    const auto builder = create(false);
    add(*builder, molecule("C", "A", "CH4", 16));
    builder->checkpoint({1, 1, 0});
  };
  leave_checkpoint();
  EXPECT_EQ(create(false)->resume_point().input_rows, 0U);
  leave_checkpoint();
  options_.job_digest = "another";
  EXPECT_EQ(create()->resume_point().input_rows, 0U);
  options_.job_digest = "job";
  EXPECT_EQ(create()->resume_point().input_rows, 0U) << "removed by the other job";
  leave_checkpoint();
  options_.encoder_digest = std::string(64, 'f');
  EXPECT_EQ(create()->resume_point().input_rows, 0U);
}

TEST_F(BuilderTest, Create_DamagedPartialBuild_StartsAnew) {
  const std::string partial = target_ + ".partial";
  const auto leave_checkpoint = [&] {
    options_.memory_budget = 1;  // every row is a run
    const auto builder = create(false);
    for (int i = 0; i < 3; ++i) add(*builder, molecule("C" + std::to_string(i), std::to_string(i), "CH4", 16));
    builder->checkpoint({3, 3, 0});
  };
  leave_checkpoint();
  EXPECT_EQ(create()->resume_point().input_rows, 3U);
  const std::string state = read_file(partial + "/state.json");
  for (std::size_t size = 0; size + 1 < state.size(); size += 17) {
    leave_checkpoint();
    write_file(partial + "/state.json", state.substr(0, size));
    EXPECT_EQ(create()->resume_point().input_rows, 0U) << size;
  }
  leave_checkpoint();
  fs::resize_file(partial + "/run-1.rows", 10);
  EXPECT_EQ(create()->resume_point().input_rows, 0U);
  leave_checkpoint();
  fs::remove(partial + "/run-2.keys");
  EXPECT_EQ(create()->resume_point().input_rows, 0U);
}

TEST_F(BuilderTest, Create_WhileAnotherBuilds_IsRefused) {
  const auto first = create();
  const Error error = error_of([&] { create(); });
  EXPECT_EQ(error.code(), ErrorCode::kOutput);
  EXPECT_NE(error.message().find("another process"), std::string::npos) << error.what();
}

TEST_F(BuilderTest, Create_TargetIsAFile_IsRefused) {
  write_file(target_, "precious");
  EXPECT_EQ(error_of([&] { create(); }).code(), ErrorCode::kOutput);
  EXPECT_EQ(read_file(target_), "precious");
  EXPECT_FALSE(fs::exists(target_ + ".partial"));
}

TEST_F(BuilderTest, Create_TargetIsAFolderOfTheUser_IsRefusedAndUntouched) {
  fs::create_directories(target_);
  write_file(target_ + "/thesis.tex", "precious");
  const Error error = error_of([&] { create(); });
  EXPECT_EQ(error.code(), ErrorCode::kOutput);
  EXPECT_NE(error.message().find("thesis.tex"), std::string::npos) << error.what();
  EXPECT_EQ(read_file(target_ + "/thesis.tex"), "precious");
}

TEST_F(BuilderTest, Finish_UserPutAFileIntoTheOldBank_IsRefusedAndUntouched) {
  build_of("C");
  const auto builder = create();
  add(*builder, molecule("CC", "B", "C2H6", 30));
  write_file(target_ + "/notes.txt", "precious");
  EXPECT_EQ(error_of([&] { builder->finish(); }).code(), ErrorCode::kOutput);
  EXPECT_EQ(read_file(target_ + "/notes.txt"), "precious");
  EXPECT_EQ(Bank::open(target_)->record(0).smiles, "C");
}

TEST_F(BuilderTest, Create_PartialFolderOfTheUser_IsRefusedAndUntouched) {
  fs::create_directories(target_ + ".partial");
  write_file(target_ + ".partial/thesis.tex", "precious");
  EXPECT_EQ(error_of([&] { create(); }).code(), ErrorCode::kOutput);
  EXPECT_EQ(read_file(target_ + ".partial/thesis.tex"), "precious");
}

TEST_F(BuilderTest, Create_EmptyFolderOrTrailingSlashOrOldReport_IsFine) {
  fs::create_directories(target_);
  target_ += "/";
  build_of("C");
  write_file(target_ + "rejected.tsv", "line\treason\n");
  build_of("CC");
  EXPECT_EQ(Bank::open(target_)->record(0).smiles, "CC");
}

TEST_F(BuilderTest, Finish_TargetIsALink_ReplacesWhatItPointsTo) {
  build_of("C");
  fs::create_directory_symlink(target_, folder_ / "link");
  target_ = folder_ / "link";
  build_of("CC");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(Bank::open(folder_ / "bank")->record(0).smiles, "CC");
}

TEST_F(BuilderTest, Create_WhereNothingCanBeWritten_IsAnOutputError) {
  write_file(folder_ / "file", "");
  target_ = folder_ / "file/bank";
  EXPECT_EQ(error_of([&] { create(); }).code(), ErrorCode::kOutput);
  target_ = "/proc/no_bank_here";
  EXPECT_EQ(error_of([&] { create(); }).code(), ErrorCode::kOutput);
}

TEST_F(BuilderTest, Create_InAReadOnlyFolder_IsAnOutputError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write into a read-only folder";
  fs::create_directories(folder_ / "closed");
  fs::permissions(folder_ / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  target_ = folder_ / "closed/bank";
  EXPECT_EQ(error_of([&] { create(); }).code(), ErrorCode::kOutput);
}

TEST_F(BuilderTest, Create_WidthThatCannotBe_IsAUsageError) {
  options_.width = 0;
  EXPECT_EQ(error_of([&] { create(); }).code(), ErrorCode::kUsage);
  options_.width = 12;
  options_.dtype = Dtype::kBits;
  EXPECT_EQ(error_of([&] { create(); }).code(), ErrorCode::kUsage);
}

TEST_F(BuilderTest, Add_WhatNoBankCanHold_IsADefectOfTheCaller) {
  const auto builder = create();
  const MoleculeRecord good = molecule("C", "A", "CH4", 16);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(error_of([&] { builder->add(good, std::vector<float>{1, nan, 0, 0}); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(error_of([&] { builder->add(good, std::vector<float>{1, -infinity, 0, 0}); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(error_of([&] { builder->add(good, std::vector<float>{1, 0, 0}); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(error_of([&] { add(*builder, molecule("C", "A", "CH4", nan)); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(error_of([&] { builder->add_bits(good, std::vector<std::uint8_t>(1)); }).code(), ErrorCode::kInternal);
}

TEST_F(BuilderTest, Add_TooLargeForFloat16_IsADefectOfTheCaller) {
  options_.dtype = Dtype::kFloat16;
  const auto builder = create();
  const MoleculeRecord good = molecule("C", "A", "CH4", 16);
  builder->add(good, std::vector<float>{65519.0F, -65504.0F, 0, 0});
  EXPECT_EQ(error_of([&] { builder->add(good, std::vector<float>{65520.0F, 0, 0, 0}); }).code(), ErrorCode::kInternal);
}

TEST_F(BuilderTest, PutInPlace_WithoutExchange_ReplacesTheOldBank) {
  build_of("C");
  fs::rename(target_, folder_ / "new");
  build_of("CC");
  put_in_place(folder_ / "new", target_, false);
  EXPECT_EQ(Bank::open(target_)->record(0).smiles, "C");
  EXPECT_FALSE(fs::exists(target_ + ".replaced"));
  EXPECT_FALSE(fs::exists(folder_ / "new"));
}

TEST_F(BuilderTest, Open_DiedBetweenTheTwoRenames_OpensTheOldBankAndTheNextBuildPutsItBack) {
  build_of("C");
  fs::rename(target_, target_ + ".replaced");
  EXPECT_EQ(Bank::open(target_)->record(0).smiles, "C");
  create();
  EXPECT_TRUE(fs::exists(target_ + "/bank.toml"));
  EXPECT_FALSE(fs::exists(target_ + ".replaced"));
}

}  // namespace
}  // namespace molbridge::bank
