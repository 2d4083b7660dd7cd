#include "molbridge/chem/murcko_histogram.hpp"

#include <gtest/gtest.h>

#include "molbridge/core/line_source.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::chem {
namespace {

/// Rows behind the header, as fields.
std::vector<std::vector<std::string>> golden_rows(const std::string& file) {
  std::vector<std::vector<std::string>> rows;
  auto lines = LineSource::open(MOLBRIDGE_SOURCE_DIR "/tests/golden/murcko/" + file);
  bool header = true;
  for (std::string line; lines->next_line(line);) {
    if (line.starts_with("#")) continue;
    const auto fields = split(line, '\t');
    if (!header) rows.emplace_back(fields.begin(), fields.end());
    header = false;
  }
  return rows;
}

TEST(MurckoHistogram, MoleculesOfTheReference_SameHistograms) {
  const auto rows = golden_rows("histograms.tsv");
  ASSERT_EQ(rows.size(), 21u);
  for (const auto& row : rows) {
    EXPECT_EQ(to_text(murcko_histogram(Molecule::from_smiles(row[0]).value())), row[1]) << row[0];
  }
}

TEST(MurckoHistogram, PairsOfTheReference_SameDistancesAndVerdicts) {
  std::vector<MurckoHistogram> histograms;
  for (const auto& row : golden_rows("histograms.tsv")) {
    histograms.push_back(murcko_histogram(Molecule::from_smiles(row[0]).value()));
  }
  const auto pairs = golden_rows("pairs.tsv");
  ASSERT_EQ(pairs.size(), 210u);
  for (const auto& row : pairs) {
    const auto& x = histograms[std::stoul(row[0])];
    const auto& y = histograms[std::stoul(row[1])];
    EXPECT_EQ(murcko_distance(x, y), std::stoi(row[2])) << row[0] << " " << row[1];
    EXPECT_EQ(murcko_alike(x, y), row[3] == "1") << row[0] << " " << row[1];
    EXPECT_EQ(murcko_distance(y, x), std::stoi(row[2]));
  }
}

TEST(MurckoHistogram, SideChainsAndSpelling_DoNotMatter) {
  const auto text = [](const char* smiles) { return to_text(murcko_histogram(standardize(smiles).value())); };
  EXPECT_EQ(text("CCCc1ccc(C)cc1"), text("C1=CC=CC=C1"));
  EXPECT_EQ(text("CCCC"), "");
  EXPECT_EQ(text("c1ccccc1-c1ccccc1"), "0_1:2");
}

}  // namespace
}  // namespace molbridge::chem
