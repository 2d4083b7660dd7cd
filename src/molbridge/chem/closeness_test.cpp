#include "molbridge/chem/closeness.hpp"

#include <gtest/gtest.h>

#include <string>

#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/chem/mces.hpp"

namespace molbridge::chem {
namespace {

Molecule molecule(const std::string& smiles) { return standardize(smiles).value(); }

TEST(Closeness, SameMoleculeAndNeighboursByFingerprint) {
  EXPECT_TRUE(is_close(molecule("OCC"), molecule("CCO")));
  const Molecule palmitate = molecule("CCCCCCCCCCCCCCCC(=O)O"), margarate = molecule("CCCCCCCCCCCCCCCCC(=O)O");
  EXPECT_GE(tanimoto(morgan(palmitate), morgan(margarate)), kCloseTanimoto);
  EXPECT_TRUE(is_close(palmitate, margarate));
}

TEST(Closeness, PositionIsomer_ByMcesAlone) {
  const Molecule ortho = molecule("Cc1ccccc1O"), para = molecule("Cc1ccc(O)cc1");
  ASSERT_LT(tanimoto(morgan(ortho), morgan(para)), kCloseTanimoto);
  EXPECT_TRUE(is_close(ortho, para));
}

TEST(Closeness, LimitOfMcesBelongsToIt) {
  // Two single bonds moved: 4. Three: 6.
  const Molecule none = molecule("c1ccc2ccccc2c1");
  const Molecule four = molecule("CC(C)c1cccc2c(C)cccc12");
  EXPECT_DOUBLE_EQ(mces_distance(none, four).value, 4);
  EXPECT_TRUE(is_close(none, four));
  EXPECT_FALSE(is_close(none, molecule("CC(C)c1cccc2c(CC)cccc12")));
}

TEST(Closeness, OtherSkeleton_IsNot) {
  EXPECT_FALSE(is_close(molecule("CC(C)Cc1ccc(cc1)C(C)C(=O)O"), molecule("OCC1OC(O)C(O)C(O)C1O")));
}

}  // namespace
}  // namespace molbridge::chem
