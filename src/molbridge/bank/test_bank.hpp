#pragma once
// What the tests of this module share: a scratch folder, made-up molecules, a small build.

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "molbridge/bank/builder.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::bank::testing {

class TempFolder {
 public:
  TempFolder() {
    static std::atomic<int> count{0};
    path_ = std::filesystem::temp_directory_path() /
            ("molbridge_bank_test." + std::to_string(::getpid()) + "." + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::filesystem::remove(path);  // ext4 waits for the disk when a file is emptied and written again
  std::ofstream(path, std::ios::binary) << bytes;
}

struct TestRow {
  MoleculeRecord record;
  std::vector<float> embedding;
};

/// Few masses and components of few values, so that masses and scores tie often; with one in eight a molecule that came
/// before.
inline std::vector<TestRow> make_rows(std::size_t count, std::uint64_t width, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<TestRow> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t carbons = 1 + rng.below(40);
    MoleculeRecord& record = rows[i].record;
    record.formula = "C" + std::to_string(carbons) + "H" + std::to_string(2 * carbons + 2);
    record.mass = 12.0 * static_cast<double>(carbons) + 1.00782503223 * static_cast<double>(2 * carbons + 2);
    for (int c = 0; c < 14; ++c) record.inchikey14 += static_cast<char>('A' + rng.below(26));
    if (i > 0 && rng.below(8) == 0) {
      const MoleculeRecord& earlier = rows[rng.below(i)].record;
      record.formula = earlier.formula;
      record.mass = earlier.mass;
      record.inchikey14 = earlier.inchikey14;
    }
    record.smiles = "C" + std::to_string(i);
    record.name = i % 3 == 0 ? "molecule " + std::to_string(i) : "";
    record.source_id = "test:" + std::to_string(i);
    for (std::uint64_t d = 0; d < width; ++d) rows[i].embedding.push_back(rng.below(4) == 0 ? 1.0F : 0.0F);
  }
  return rows;
}

inline BuildOptions test_options(std::uint64_t width, Dtype dtype) {
  BuildOptions options;
  options.encoder = "test encoder";
  options.encoder_digest = std::string(64, 'e');
  options.width = width;
  options.dtype = dtype;
  options.sources = {"rows.tsv"};
  options.toolkit = "none";
  options.job_digest = "job";
  return options;
}

inline std::vector<std::uint8_t> pack(const std::vector<float>& embedding) {
  std::vector<std::uint8_t> bits(embedding.size() / 8);
  for (std::size_t i = 0; i < embedding.size(); ++i) {
    if (embedding[i] != 0) bits[i / 8] |= static_cast<std::uint8_t>(1U << (i % 8));
  }
  return bits;
}

inline void add_row(BankBuilder& builder, const TestRow& row, Dtype dtype) {
  if (dtype == Dtype::kBits) {
    builder.add_bits(row.record, pack(row.embedding));
  } else {
    builder.add(row.record, row.embedding);
  }
}

/// Builds from where a partial build stopped, with a checkpoint every `checkpoint_every` rows (each costs some fsyncs).
inline BuildReport build_bank(const std::string& folder, const std::vector<TestRow>& rows, const BuildOptions& options,
                              std::size_t checkpoint_every = 1'000'000) {
  const auto builder = BankBuilder::create(folder, options, true);
  for (std::size_t i = builder->resume_point().input_rows; i < rows.size(); ++i) {
    add_row(*builder, rows[i], options.dtype);
    if ((i + 1) % checkpoint_every == 0) builder->checkpoint({i + 1, i + 1, 0});
  }
  return builder->finish();
}

/// The four files, for comparison byte by byte.
inline std::vector<std::string> bank_bytes(const std::string& folder) {
  std::vector<std::string> all;
  for (const char* file : {"bank.toml", "embeddings.safetensors", "masses.safetensors", "records.sqlite"}) {
    all.push_back(read_file(folder + "/" + file));
    EXPECT_FALSE(all.back().empty()) << file;
  }
  return all;
}

/// The error of an operation; a test failure where there is none.
template <typename Work>
Error error_of(const Work& work) {
  try {
    work();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorCode::kInternal, "no error");
}

}  // namespace molbridge::bank::testing
