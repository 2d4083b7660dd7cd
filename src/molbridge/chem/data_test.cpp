// Real molecules, where the shared data folder is at hand: our keys and spellings against those of a large public collection.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/chem/reader.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::chem {
namespace {

struct Row {
  std::string smiles;
  std::string formula;
  std::string inchikey14;
};

/// Every `step`-th of the first `lines` rows of a table.
std::vector<Row> sample(const std::string& path, std::uint64_t lines, std::uint64_t step) {
  auto source = LineSource::open(path);
  std::vector<Row> rows;
  std::string line;
  source->next_line(line);
  while (source->line_number() < lines && source->next_line(line)) {
    if (source->line_number() % step != 0) continue;
    const auto fields = split(line, '\t');
    rows.push_back({std::string(fields[0]), std::string(fields[1]), std::string(fields[3])});
  }
  return rows;
}

std::string table(int part) {
  return MOLBRIDGE_SOURCE_DIR "/../shared/data/molecules/molecules_" + std::to_string(part) + ".tsv.gz";
}

class RealMolecules : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(table(GetParam()))) GTEST_SKIP() << "no shared data: " << table(GetParam());
  }
};

TEST_P(RealMolecules, KeysFormulasAndFixpoints_AgreeWithTheTable) {
  const auto rows = sample(table(GetParam()), 150'000, 300);
  ASSERT_GT(rows.size(), 400U);
  for (const Row& row : rows) {
    const auto given = Molecule::from_smiles(row.smiles);
    ASSERT_TRUE(given) << row.smiles << ": " << given.reason();
    EXPECT_EQ(*inchikey14(*given), row.inchikey14) << row.smiles;
    EXPECT_EQ(given->formula().hill(), row.formula) << row.smiles;
    const auto once = standardize(row.smiles);
    ASSERT_TRUE(once) << row.smiles << ": " << once.reason();
    if (row.smiles.find_first_of("+-") == std::string::npos) {
      EXPECT_EQ(once->smiles(), row.smiles);  // canonical already, nothing to do
    }
    EXPECT_EQ(standardize(once->smiles())->smiles(), once->smiles());
  }
}

TEST_P(RealMolecules, Reader_TakesTheTableUnchanged) {
  auto reader = open_molecules(table(GetParam()));
  for (int i = 0; i < 1'000; ++i) {
    const auto row = reader->next();
    ASSERT_TRUE(row);
    EXPECT_FALSE(row->failure) << row->line;
    EXPECT_FALSE(row->source.empty());
  }
  EXPECT_GT(reader->bytes_total(), reader->bytes_read());
}

INSTANTIATE_TEST_SUITE_P(Tables, RealMolecules, testing::Range(0, 4));

}  // namespace
}  // namespace molbridge::chem
