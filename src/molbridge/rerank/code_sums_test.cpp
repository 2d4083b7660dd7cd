#include "molbridge/rerank/code_sums.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::rerank {
namespace {

std::vector<float> random_table(const char* name, std::size_t rows, std::size_t width) {
  Rng rng(3, name);
  std::vector<float> table(rows * width);
  for (float& value : table) value = static_cast<float>(rng.uniform() - 0.5);
  return table;
}

/// One number after the other, in the documented order.
std::vector<float> plain(const CodeTables& tables, const fragment::Fragmentation& parts,
                         const std::vector<float>& context, std::vector<float> rows) {
  const std::size_t width = tables.width;
  for (std::size_t f = 0; f < parts.fragments.size(); ++f) {
    const fragment::Fragment& part = parts.fragments[f];
    for (std::size_t i = 0; i < width; ++i) {
      float& sum = rows[f * width + i];
      for (std::size_t b = part.first_border; b < part.first_border + part.num_border; ++b) {
        sum += tables.kinds[parts.kind_codes[b] * width + i];
        sum += tables.neighbours[parts.neighbour_codes[b] * width + i];
      }
      sum += tables.formulas[part.formula_code * width + i];
      sum += tables.losses[part.loss_code * width + i];
      sum = std::max(0.0F, sum + context[i]);
    }
  }
  return rows;
}

class AddCodes : public testing::TestWithParam<std::size_t> {};

TEST_P(AddCodes, EveryWidth_GivesThePlainSumToTheBit) {
  const std::size_t width = GetParam();
  const auto molecule = chem::standardize("CC(C)Cc1ccc(cc1)C(C)C(=O)OCC2CCCCN2C");
  const auto parts = fragment::take_apart(fragment::Structure::of(molecule.value()).value());
  ASSERT_GT(parts.fragments.size(), 50U);
  const auto kinds = random_table("kinds", fragment::kKindCodes, width);
  const auto neighbours = random_table("neighbours", fragment::kNeighbourCodes, width);
  const auto formulas = random_table("formulas", fragment::kFormulaCodes, width);
  const auto losses = random_table("losses", fragment::kFormulaCodes, width);
  const auto context = random_table("context", 1, width);
  auto rows = random_table("rows", parts.fragments.size(), width);
  const CodeTables tables{kinds, neighbours, formulas, losses, width};
  const auto expected = plain(tables, parts, context, rows);
  add_codes(tables, parts, context.data(), rows.data());
  EXPECT_EQ(rows, expected);
  EXPECT_GT(std::count(rows.begin(), rows.end(), 0.0F), 0);
}

INSTANTIATE_TEST_SUITE_P(Widths, AddCodes, testing::Values(1, 15, 16, 17, 64, 96));

TEST(AddCodesOfNothing, NoFragments_DoesNothing) {
  const std::vector<float> none;
  add_codes({none, none, none, none, 16}, {}, nullptr, nullptr);
}

}  // namespace
}  // namespace molbridge::rerank
