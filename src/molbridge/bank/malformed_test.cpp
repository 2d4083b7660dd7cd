// Damaged banks: opening or checking one ends in an Error kModel that names a file, never in a crash or a wrong answer.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>

#include "molbridge/bank/check.hpp"
#include "molbridge/bank/manifest.hpp"
#include "molbridge/bank/test_bank.hpp"
#include "molbridge/core/hash.hpp"

namespace molbridge::bank {
namespace {

using namespace testing;
namespace fs = std::filesystem;

constexpr std::uint64_t kWidth = 16;

class Malformed : public ::testing::Test {
 protected:
  Malformed() {
    build_bank(folder_ / "good", make_rows(200, kWidth, 31), test_options(kWidth, Dtype::kFloat32));
    restore();
  }
  void restore() {
    fs::remove_all(bank_);
    fs::copy(folder_ / "good", bank_);
  }
  std::string file(std::string_view name) const { return bank_file(bank_, name); }

  static void expect_model_error(const Error& error, std::string_view file_name, const std::string& reason = "") {
    EXPECT_EQ(error.code(), ErrorCode::kModel) << error.what();
    EXPECT_NE(error.position().file.find(file_name), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
    EXPECT_FALSE(error.message().empty());
  }
  void expect_does_not_open(std::string_view file_name, const std::string& reason = "") {
    expect_model_error(error_of([&] { Bank::open(bank_); }), file_name, reason);
  }
  void replace_in_manifest(const std::string& from, const std::string& to) {
    std::string text = read_file(file(kManifestFile));
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    write_file(file(kManifestFile), text);
  }
  /// The manifest made to fit the files and `change`, as a forger or a defect of ours could.
  void resign(const std::function<void(StoredManifest&)>& change = [](StoredManifest&) {}) {
    StoredManifest stored = read_manifest(folder_ / "good");
    const auto digest_of = [&](std::string_view name) {
      return FileDigest{fs::file_size(file(name)), sha256_file(file(name))};
    };
    stored.embeddings = digest_of(kEmbeddingsFile);
    stored.masses = digest_of(kMassesFile);
    stored.records = digest_of(kRecordsFile);
    change(stored);
    write_file(file(kManifestFile), write_manifest(stored));
  }
  void run_sql(const std::string& sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file(kRecordsFile).c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }
  void set_mass(std::uint64_t row, double mass) {
    std::string bytes = read_file(file(kMassesFile));
    const std::size_t rows = Bank::open(folder_ / "good")->size();
    std::memcpy(bytes.data() + bytes.size() - (rows - row) * sizeof(mass), &mass, sizeof(mass));
    write_file(file(kMassesFile), bytes);
  }

  TempFolder folder_;
  std::string bank_ = folder_ / "bank";
};

TEST_F(Malformed, Open_UntouchedCopy_Works) {
  EXPECT_GT(Bank::open(bank_)->size(), 100U);
  deep_check(bank_);
}

TEST_F(Malformed, ParseManifest_CutAnywhere_IsRefused) {
  const std::string whole = read_file(file(kManifestFile));
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    expect_model_error(error_of([&] { parse_manifest(whole.substr(0, size), file(kManifestFile)); }), kManifestFile);
  }
}

TEST_F(Malformed, ParseManifest_AnyCharacterChanged_IsRefusedOrMeansTheSame) {
  const std::string whole = read_file(file(kManifestFile));
  Rng rng(32);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ static_cast<char>(1 + rng.below(127)));
    try {
      const StoredManifest found = parse_manifest(changed, "bank.toml");  // white space and the like
      EXPECT_EQ(found.manifest.digest, parse_manifest(whole, "bank.toml").manifest.digest);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel) << e.what();
    }
  }
}

TEST_F(Malformed, Open_AnyDataFileCutAnywhere_IsRefused) {
  for (const auto name : {kEmbeddingsFile, kMassesFile, kRecordsFile}) {
    const std::string whole = read_file(file(name));
    for (std::size_t size = 0; size < whole.size(); size = size < 300 ? size + 7 : size + whole.size() / 13) {
      write_file(file(name), whole.substr(0, size));
      expect_does_not_open(name, "bytes, the manifest says");
      resign();  // and where the manifest agrees with the size
      EXPECT_EQ(error_of([&] { deep_check(bank_); }).code(), ErrorCode::kModel) << name << " " << size;
      restore();
    }
  }
}

TEST_F(Malformed, Open_MissingFile_SaysWhich) {
  for (const auto name : {kEmbeddingsFile, kMassesFile, kRecordsFile, kManifestFile}) {
    fs::remove(file(name));
    expect_does_not_open(name == kManifestFile ? "bank" : name, "is missing");
    restore();
  }
}

TEST_F(Malformed, Open_FolderInPlaceOfAFile_IsRefused) {
  for (const auto name : {kEmbeddingsFile, kMassesFile, kRecordsFile, kManifestFile}) {
    fs::remove(file(name));
    fs::create_directory(file(name));
    expect_does_not_open("bank");
    restore();
  }
}

TEST_F(Malformed, Open_WhatIsNoBank_SaysWhatItIs) {
  const auto expect_refused = [](const std::string& path, const std::string& reason) {
    expect_model_error(error_of([&] { Bank::open(path); }), path, reason);
  };
  expect_refused(folder_ / "nothing", "there is no such bank");
  write_file(folder_ / "file", "text");
  expect_refused(folder_ / "file", "is a file");
  fs::create_directory(folder_ / "empty");
  expect_refused(folder_ / "empty", "is not a bank");
  expect_refused("", "there is no such bank");
}

TEST_F(Malformed, Open_NewerFormat_SaysBothVersions) {
  replace_in_manifest("format_version = 1", "format_version = 2");
  expect_does_not_open(kManifestFile, "format version 2, this molbridge reads version 1");
}

TEST_F(Malformed, Open_ManifestValueChanged_IsRefused) {
  const std::pair<std::string, std::string> changes[] = {{"\"molbridge-bank\"", "\"other\""},
                                                         {"width = 16", "width = 8"},
                                                         {"width = 16", "width = 0"},
                                                         {"width = 16", "width = -16"},
                                                         {"width = 16", "width = \"16\""},
                                                         {"width = 16", "width = 9223372036854775807"},
                                                         {"\"float32\"", "\"float16\""},
                                                         {"\"float32\"", "\"bits\""},
                                                         {"\"float32\"", "\"float64\""},
                                                         {"count = ", "count = 1"},
                                                         {"count = ", "count = -"},
                                                         {"count = ", "colour = "},
                                                         {"test encoder", "best encoder"},
                                                         {"rows.tsv", "sows.tsv"},
                                                         {"\"none\"", "\"some\""},
                                                         {"bytes = ", "bytes = 1"},
                                                         {"sha256 = \"", "sha256 = \"0"},
                                                         {"[files", "[fires"}};
  for (const auto& [from, to] : changes) {
    replace_in_manifest(from, to);
    expect_does_not_open(kManifestFile);
    restore();
  }
}

TEST_F(Malformed, Open_UnknownKey_IsRefused) {
  replace_in_manifest("[files", "colour = \"red\"\n[files");
  expect_does_not_open(kManifestFile, "colour");
}

TEST_F(Malformed, Open_SignedManifestThatDoesNotFitTheFiles_IsRefused) {
  const std::function<void(StoredManifest&)> changes[] = {
      [](StoredManifest& s) { --s.manifest.count; },
      [](StoredManifest& s) { s.manifest.count = 0; },
      [](StoredManifest& s) { s.manifest.count = std::uint64_t{1} << 40; },
      [](StoredManifest& s) { s.manifest.width *= 2; },
      [](StoredManifest& s) { s.manifest.dtype = Dtype::kFloat16; },
      [](StoredManifest& s) { s.manifest.dtype = Dtype::kBits; },
      [](StoredManifest& s) {
        s.manifest.dtype = Dtype::kFloat16;  // the same number of bytes
        s.manifest.width *= 2;
      }};
  for (const auto& change : changes) {
    resign(change);
    expect_does_not_open("safetensors");
  }
}

TEST_F(Malformed, Open_MassesThatDoNotAscend_AreRefused) {
  const std::uint64_t last = Bank::open(folder_ / "good")->size() - 1;
  const double nan = std::nan("");
  const double infinity = std::numeric_limits<double>::infinity();
  const std::pair<std::uint64_t, double> changes[] = {{0, 1e9},    {0, nan},    {0, -infinity},
                                                      {last, 0.0}, {last, nan}, {last, infinity}};
  for (const auto& [row, mass] : changes) {
    set_mass(row, mass);
    resign();
    expect_does_not_open(kMassesFile, "do not ascend");
    restore();
  }
}

TEST_F(Malformed, DeepCheck_OneMassOutOfOrderAnywhere_IsFound) {
  const std::size_t rows = Bank::open(folder_ / "good")->size();
  for (std::size_t row = 1; row < rows; row += 11) {
    set_mass(row, 0.5);
    resign();
    EXPECT_EQ(error_of([&] { deep_check(bank_); }).code(), ErrorCode::kModel) << row;
    restore();
  }
}

TEST_F(Malformed, DeepCheck_AnyByteOfADataFileChanged_IsFound) {
  Rng rng(33);
  for (const auto name : {kEmbeddingsFile, kMassesFile, kRecordsFile}) {
    const std::string whole = read_file(file(name));
    for (int i = 0; i < 10; ++i) {
      std::string changed = whole;
      changed[rng.below(whole.size())] ^= static_cast<char>(1 + rng.below(127));
      write_file(file(name), changed);
      EXPECT_EQ(error_of([&] { deep_check(bank_); }).code(), ErrorCode::kModel);
    }
    restore();
  }
}

TEST_F(Malformed, DeepCheck_EmbeddingThatIsNotFinite_IsFound) {
  std::string bytes = read_file(file(kEmbeddingsFile));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data() + bytes.size() - sizeof(nan), &nan, sizeof(nan));
  write_file(file(kEmbeddingsFile), bytes);
  resign();
  expect_model_error(error_of([&] { deep_check(bank_); }), kEmbeddingsFile, "not finite");
  // Opened without the check, its row is the worst of every pool and no other one suffers.
  const auto bank = Bank::open(bank_);
  const auto hits = top_k(*bank, std::vector<float>(kWidth, 1.0F), RowRange{0, bank->size()}, bank->size());
  EXPECT_EQ(hits.back().row, bank->size() - 1);
  EXPECT_EQ(hits.back().rank, bank->size());
}

TEST_F(Malformed, Use_AnyPageOfTheRecordsDestroyed_IsAnErrorOrAnAnswerButNoCrash) {
  const std::string whole = read_file(file(kRecordsFile));
  Rng rng(34);
  int refused = 0;
  for (int round = 0; round < 150; ++round) {
    std::string changed = whole;
    const std::uint64_t begin = rng.below(whole.size());
    for (std::uint64_t i = begin; i < std::min<std::uint64_t>(whole.size(), begin + 1 + rng.below(64)); ++i) {
      changed[i] = static_cast<char>(rng.next());
    }
    write_file(file(kRecordsFile), changed);
    try {
      const auto bank = Bank::open(bank_);
      for (const auto& record : bank->records({0, bank->size()})) bank->rows_of_inchikey14(record.inchikey14);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel) << e.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 5);
}

TEST_F(Malformed, Open_RecordsOfAnotherSchema_AreRefused) {
  for (const char* sql :
       {"DROP INDEX records_by_inchikey14", "CREATE TABLE more(x)", "ALTER TABLE records RENAME COLUMN name TO title",
        "PRAGMA user_version = 2", "PRAGMA application_id = 7",
        "DROP TABLE records; CREATE VIEW records AS SELECT 1 AS row", "DELETE FROM records WHERE row > 3",
        "CREATE TRIGGER t AFTER INSERT ON records BEGIN SELECT 1; END", "DELETE FROM records"}) {
    run_sql(sql);
    resign();
    expect_does_not_open(kRecordsFile);
    restore();
  }
}

TEST_F(Malformed, Records_RowMissingInTheMiddle_IsAnErrorOnUse) {
  run_sql("DELETE FROM records WHERE row = 50");
  resign();
  const auto bank = Bank::open(bank_);
  EXPECT_EQ(bank->records({0, 50}).size(), 50U);
  expect_model_error(error_of([&] { bank->record(50); }), kRecordsFile, "record 50 is missing");
  expect_model_error(error_of([&] { bank->records({40, 60}); }), kRecordsFile, "record 50 is missing");
  expect_model_error(error_of([&] { deep_check(bank_); }), kRecordsFile, "record 50 is missing");
}

TEST_F(Malformed, Records_ValueThatIsNoText_IsAnErrorOnUse) {
  run_sql("UPDATE records SET smiles = x'00ff' WHERE row = 7");
  resign();
  const auto bank = Bank::open(bank_);
  expect_model_error(error_of([&] { bank->record(7); }), kRecordsFile, "not a text");
  EXPECT_FALSE(bank->record(8).smiles.empty()) << "one bad row does not end the bank";
}

TEST_F(Malformed, DeepCheck_MoleculeThatStandsThereTwice_IsFound) {
  run_sql(
      "UPDATE records SET inchikey14 = (SELECT inchikey14 FROM records WHERE row = 20), "
      "formula = (SELECT formula FROM records WHERE row = 20) WHERE row = 90");
  resign();
  expect_model_error(error_of([&] { deep_check(bank_); }), kRecordsFile, "twice");
}

TEST_F(Malformed, RowsOfInchikey14_IndexThatPointsBeyondTheBank_IsAnError) {
  // Not reachable by honest means: a row number above the last one would fail the count, below zero it does not.
  run_sql("UPDATE records SET row = -5 WHERE row = 3");
  resign();
  const auto bank = Bank::open(bank_);
  const auto block = Bank::open(folder_ / "good")->record(3).inchikey14;
  EXPECT_EQ(error_of([&] { bank->rows_of_inchikey14(block); }).code(), ErrorCode::kModel);
}

}  // namespace
}  // namespace molbridge::bank
