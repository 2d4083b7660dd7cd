#include "molbridge/eval/mces_clusters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "molbridge/chem/mces_profile.hpp"
#include "molbridge/chem/molecule.hpp"

namespace molbridge::eval {
namespace {

std::vector<chem::McesGraph> molecules() {
  std::vector<chem::McesGraph> graphs;
  for (const char* smiles :
       {"CCO", "CCCO", "CCCCO", "CC(C)O", "c1ccccc1", "Cc1ccccc1", "Oc1ccccc1", "CC(=O)Oc1ccccc1C(=O)O",
        "OC(=O)c1ccccc1O", "CN1C=NC2=C1C(=O)N(C)C(=O)N2C", "CN1C=NC2=C1C(=O)NC(=O)N2C", "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
        "CC(C)c1ccc(cc1)C(C)C(=O)O", "NCCc1ccc(O)c(O)c1", "NC(Cc1ccc(O)c(O)c1)C(=O)O", "ClC(Cl)(Cl)Cl",
        "OCC1OC(O)C(O)C(O)C1O", "CCCCCCCCCCCCCCCC(=O)O", "CCCCCCCCCCCCCCCCCC(=O)O"}) {
    graphs.push_back(chem::mces_graph(chem::standardize(smiles).value()));
  }
  return graphs;
}

/// Components of "distance < cut" from the full matrix.
std::vector<std::size_t> components(const std::vector<chem::McesGraph>& graphs, double cut) {
  std::vector<std::size_t> label(graphs.size());
  std::iota(label.begin(), label.end(), std::size_t{0});
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (chem::mces_distance(graphs[i], graphs[j], {.threshold = cut}).value >= cut) continue;
      const std::size_t from = std::max(label[i], label[j]);
      const std::size_t to = std::min(label[i], label[j]);
      std::ranges::replace(label, from, to);
    }
  }
  return label;
}

bool same_partition(const std::vector<std::size_t>& x, const std::vector<std::size_t>& y) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if ((x[i] == x[j]) != (y[i] == y[j])) return false;
    }
  }
  return true;
}

TEST(MoleculeProfile, QuickBound_BetweenDegreeBoundAndDistance) {
  const auto graphs = molecules();
  bool stronger = false;
  for (const auto& a : graphs) {
    for (const auto& b : graphs) {
      const double quick = chem::mces_quick_bound(chem::McesProfile(a), chem::McesProfile(b));
      EXPECT_GE(quick, chem::mces_degree_bound(a, b));
      const auto distance = chem::mces_distance(a, b, {.threshold = 12});
      if (distance.kind == chem::McesKind::kExact) {
        EXPECT_LE(quick, distance.value);
      }
      stronger |= quick > chem::mces_degree_bound(a, b);
    }
  }
  EXPECT_TRUE(stronger);
}

TEST(McesClusters, SameAsComponentsOfTheFullMatrix) {
  const auto graphs = molecules();
  for (const double cut : {1.5, 3.0, 6.0, 10.0}) {
    const McesClusters clusters = mces_clusters(graphs, {.cut = cut}, no_progress());
    const auto expected = components(graphs, cut);
    EXPECT_TRUE(same_partition(clusters.cluster_of, expected)) << cut;
    EXPECT_GT(*std::ranges::max_element(clusters.cluster_of), 0u) << cut;  // the case tells something
    const McesPairCounts& counts = clusters.counts;
    EXPECT_EQ(counts.pairs, graphs.size() * (graphs.size() - 1) / 2);
    EXPECT_EQ(counts.pairs, counts.bounded + counts.linked + counts.searched + counts.undecided);
  }
}

TEST(McesClusters, ThreadsAndOrder_DoNotMatter) {
  auto graphs = molecules();
  const auto one = mces_clusters(graphs, {.cut = 6, .threads = 1}, no_progress()).cluster_of;
  EXPECT_EQ(mces_clusters(graphs, {.cut = 6, .threads = 3}, no_progress()).cluster_of, one);
  std::ranges::reverse(graphs);
  auto reversed = mces_clusters(graphs, {.cut = 6}, no_progress()).cluster_of;
  std::ranges::reverse(reversed);
  EXPECT_TRUE(same_partition(reversed, one));
}

TEST(McesClusters, NoMolecules_NoClusters) {
  const McesClusters clusters = mces_clusters({}, {}, no_progress());
  EXPECT_TRUE(clusters.cluster_of.empty());
  EXPECT_EQ(clusters.counts.pairs, 0u);
}

TEST(CloseMolecules, CountsThoseCloseToAnEarlierFold) {
  const auto graphs = molecules();
  std::vector<int> folds(graphs.size());
  for (std::size_t k = 0; k < folds.size(); ++k) folds[k] = static_cast<int>(k % 3);
  constexpr double kCut = 4;
  const auto close_pair = [&](std::size_t i, std::size_t j) {
    return chem::mces_distance(graphs[i], graphs[j], {.threshold = kCut}).value < kCut;
  };
  std::vector<std::size_t> expected;
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    bool found = false;
    for (std::size_t j = 0; j < graphs.size() && !found; ++j) found = folds[j] < folds[i] && close_pair(i, j);
    if (found) expected.push_back(i);
  }
  ASSERT_GT(expected.size(), 1u);
  const CloseMolecules close = find_close_molecules(graphs, folds, {.cut = kCut, .threads = 2}, no_progress());
  EXPECT_EQ(close.count, expected.size());
  EXPECT_EQ(close.molecule, expected.front());
  EXPECT_TRUE(close_pair(close.molecule, close.partner));
  EXPECT_LT(folds[close.partner], folds[close.molecule]);
  const McesPairCounts& counts = close.counts;
  EXPECT_EQ(counts.pairs, counts.bounded + counts.linked + counts.searched + counts.undecided);
}

TEST(CloseMolecules, EachClusterAFold_None) {
  const auto graphs = molecules();
  const auto clusters = mces_clusters(graphs, {.cut = 4}, no_progress()).cluster_of;
  const std::vector<int> folds(clusters.begin(), clusters.end());
  EXPECT_EQ(find_close_molecules(graphs, folds, {.cut = 4}, no_progress()).count, 0u);
}

}  // namespace
}  // namespace molbridge::eval
