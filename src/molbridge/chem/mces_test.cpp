#include "molbridge/chem/mces.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "molbridge/chem/mces_symmetry.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::chem {
namespace {

McesGraph graph_of(const std::string& smiles) { return mces_graph(standardize(smiles).value()); }

double order_between(const McesGraph& graph, int x, int y) {
  for (const auto& bond : graph.bonds) {
    if ((bond.begin == x && bond.end == y) || (bond.begin == y && bond.end == x)) return bond.order;
  }
  return 0;
}

/// The definition, word for word: over all one-to-one partial mappings of atoms.
class BruteForce {
 public:
  BruteForce(const McesGraph& a, const McesGraph& b)
      : a_(a), b_(b), partner_(a.elements.size(), -1), used_(b.elements.size()) {
    visit(0);
  }
  double best() const { return best_; }

 private:
  void visit(std::size_t atom) {
    if (atom == partner_.size()) {
      best_ = std::min(best_, cost());
      return;
    }
    visit(atom + 1);
    for (std::size_t j = 0; j < used_.size(); ++j) {
      if (used_[j] || a_.elements[atom] != b_.elements[j]) continue;
      used_[j] = true;
      partner_[atom] = static_cast<int>(j);
      visit(atom + 1);
      partner_[atom] = -1;
      used_[j] = false;
    }
  }
  double cost() const {
    double total = 0;
    for (const auto& bond : b_.bonds) total += bond.order;
    for (const auto& bond : a_.bonds) {
      const int x = partner_[static_cast<std::size_t>(bond.begin)];
      const int y = partner_[static_cast<std::size_t>(bond.end)];
      const double other = x >= 0 && y >= 0 ? order_between(b_, x, y) : 0;
      total += std::abs(bond.order - other) - other;  // `other` was counted as unmatched
    }
    return total;
  }
  const McesGraph& a_;
  const McesGraph& b_;
  std::vector<int> partner_;
  std::vector<bool> used_;
  double best_ = std::numeric_limits<double>::infinity();
};

McesGraph random_graph(Rng& rng) {
  McesGraph graph;
  const int atoms = static_cast<int>(rng.below(7));
  for (int i = 0; i < atoms; ++i) graph.elements.push_back(rng.uniform() < 0.7 ? 6 : 8);
  const double density = 0.2 + 0.6 * rng.uniform();
  constexpr double kOrders[] = {1, 1.5, 2, 3};
  for (int i = 0; i < atoms; ++i) {
    for (int j = i + 1; j < atoms; ++j) {
      if (rng.uniform() < density) graph.bonds.push_back({i, j, kOrders[rng.below(4)]});
    }
  }
  return graph;
}

constexpr McesOptions kNoThreshold{.threshold = std::numeric_limits<double>::infinity()};

TEST(MyopicMces, RandomGraphs_EqualToTheDefinition_BySearchAndByProgram) {
  Rng rng(11);
  for (int trial = 0; trial < 250; ++trial) {
    const McesGraph a = random_graph(rng);
    const McesGraph b = random_graph(rng);
    const double truth = BruteForce(a, b).best();
    const McesDistance searched = mces_distance(a, b, kNoThreshold);
    ASSERT_EQ(searched.value, truth) << trial;
    EXPECT_EQ(searched.kind, McesKind::kExact);
    EXPECT_EQ(mces_distance(b, a, kNoThreshold).value, truth) << trial;
    EXPECT_LE(mces_degree_bound(a, b), mces_assignment_bound(a, b));
    EXPECT_LE(mces_assignment_bound(a, b), truth);
    if (trial % 5 != 0) continue;
    McesOptions program = kNoThreshold;
    program.solver = McesSolver::kIntegerProgram;
    ASSERT_EQ(mces_distance(a, b, program).value, truth) << trial;
  }
}

TEST(MyopicMces, Threshold_BelowItExact_FromItOnThresholdOrBound) {
  Rng rng(12);
  std::set<McesKind> seen;
  for (int trial = 0; trial < 300; ++trial) {
    const McesGraph a = random_graph(rng);
    const McesGraph b = random_graph(rng);
    const double truth = BruteForce(a, b).best();
    const double bound = mces_assignment_bound(a, b);
    const McesDistance distance = mces_distance(a, b, {.threshold = 4});
    seen.insert(distance.kind);
    if (bound > 4) {
      EXPECT_EQ(distance.kind, McesKind::kLowerBound);
      EXPECT_EQ(distance.value, bound);
    } else if (truth >= 4) {
      EXPECT_EQ(distance.kind, McesKind::kThreshold);
      EXPECT_EQ(distance.value, 4);
    } else {
      EXPECT_EQ(distance.kind, McesKind::kExact);
      EXPECT_EQ(distance.value, truth);
    }
    EXPECT_EQ(mces_below(a, b, 4), truth < 4);
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST(MyopicMces, WeakerBoundFirst_ItsValueIsGivenWhereItDecides) {
  const McesGraph a = graph_of("COCNCc1ccccc1");
  const McesGraph b = graph_of("CCONCC1CCCCC1");
  const McesDistance distance = mces_distance(a, b, {.threshold = 2, .always_stronger_bound = false});
  EXPECT_EQ(distance.kind, McesKind::kLowerBound);
  EXPECT_EQ(distance.value, mces_degree_bound(a, b));
  EXPECT_LT(distance.value, mces_assignment_bound(a, b));
}

TEST(MyopicMces, MoleculesByHand) {
  const auto distance = [](const char* a, const char* b) { return mces_distance(graph_of(a), graph_of(b)).value; };
  EXPECT_EQ(distance("CCO", "OCC"), 0);
  EXPECT_EQ(distance("CCO", "COC"), 2);            // one C-C against one C-O
  EXPECT_EQ(distance("c1ccccc1", "C1CCCCC1"), 3);  // six bonds of 1.5 against six of 1
  EXPECT_EQ(distance("CC", "CCC"), 1);
  EXPECT_EQ(distance("CC=O", "CC[O-]"), 1);           // labels are elements alone
  EXPECT_EQ(distance("C1CCCCC1", "C1CC1.C1CC1"), 5);  // standardised: one ring of three is left; two bonds of it fit
  EXPECT_EQ(distance("N#N", "CC"), 4);
}

TEST(MyopicMces, SearchOutOfNodes_ProgramTakesOver) {
  const McesGraph a = graph_of("CC(C)c1ccc(C(C)C(=O)O)cc1");
  const McesGraph b = graph_of("CCCCc1ccc(OC(C)C=O)cc1");
  const double truth = mces_distance(a, b).value;
  McesOptions hasty;
  hasty.max_nodes = 0;
  const McesDistance distance = mces_distance(a, b, hasty);
  EXPECT_EQ(distance.kind, McesKind::kExact);
  EXPECT_EQ(distance.value, truth);
}

TEST(MyopicMces, Batch_SameAsOneByOne_WithAnyNumberOfThreads) {
  std::vector<McesGraph> graphs;
  for (const char* smiles :
       {"CCO", "CC(=O)Oc1ccccc1C(=O)O", "CC(=O)c1ccc(O)cc1", "Cn1c(=O)c2c(ncn2C)n(C)c1=O", "CCN(CC)CC"}) {
    graphs.push_back(graph_of(smiles));
  }
  std::vector<McesPair> pairs;
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    for (std::size_t j = 0; j < graphs.size(); ++j) pairs.push_back({i, j});
  }
  for (const McesSolver solver : {McesSolver::kBranchAndBound, McesSolver::kIntegerProgram}) {
    McesOptions options;
    options.solver = solver;
    const auto distances = mces_distances(graphs, pairs, options, 4);
    ASSERT_EQ(distances.size(), pairs.size());
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      EXPECT_EQ(distances[k].value, mces_distance(graphs[pairs[k].first], graphs[pairs[k].second]).value) << k;
    }
  }
}

TEST(MyopicMces, BrokenGraph_InternalError) {
  McesGraph graph{.elements = {6, 6}, .bonds = {{0, 2, 1}}};
  EXPECT_THROW((void)mces_distance(graph, graph), Error);
  graph.bonds = {{0, 1, 1.25}};
  EXPECT_THROW((void)mces_distance(graph, graph), Error);
  graph.bonds = {{0, 1, 1}, {1, 0, 1}};
  EXPECT_THROW((void)mces_distance(graph, graph), Error);
}

TEST(McesSymmetry, Images_AllAndOnlyAutomorphicAtoms) {
  const WeightedGraph benzene(graph_of("c1ccccc1"));
  EXPECT_EQ(McesSymmetry(benzene).images(0, {}).size(), 6u);
  EXPECT_EQ(McesSymmetry(benzene).images(1, {0}).size(), 2u);
  const WeightedGraph phenol(graph_of("Oc1ccccc1"));
  std::multiset<std::size_t> sizes;
  for (int atom = 0; atom < phenol.size(); ++atom) sizes.insert(McesSymmetry(phenol).images(atom, {}).size());
  EXPECT_EQ(sizes, (std::multiset<std::size_t>{1, 1, 1, 2, 2, 2, 2}));
  // Bicyclopentyl and decalin look alike to neighbourhoods; side by side, colour refinement cannot part them and the check must.
  McesGraph both = graph_of("C1CCCC1C1CCCC1");
  const McesGraph decalin = graph_of("C1CCC2CCCCC2C1");
  const int offset = static_cast<int>(both.elements.size());
  both.elements.insert(both.elements.end(), decalin.elements.begin(), decalin.elements.end());
  for (const auto& bond : decalin.bonds) both.bonds.push_back({bond.begin + offset, bond.end + offset, bond.order});
  const WeightedGraph graph(both);
  McesSymmetry symmetry(graph);
  for (int atom = 0; atom < offset; ++atom) {
    for (const int image : symmetry.images(atom, {})) EXPECT_LT(image, offset);
  }
}

struct GoldenPair {
  McesGraph a, b;
  double threshold = 0, value = 0;
  std::string kind, text;
};

std::vector<GoldenPair> golden_pairs() {
  std::vector<GoldenPair> pairs;
  auto lines = LineSource::open(MOLBRIDGE_SOURCE_DIR "/tests/golden/mces/pairs.tsv");
  for (std::string line; lines->next_line(line);) {
    const auto fields = split(line, '\t');
    if (line.starts_with("#") || fields[0] == "kind_of_pair") continue;
    pairs.push_back({graph_of(std::string(fields[2])), graph_of(std::string(fields[3])),
                     parse_double(fields[1]).value(), parse_double(fields[4]).value(), std::string(fields[5]), line});
  }
  return pairs;
}

TEST(MyopicMces, PairsOfThePackage_SameValuesAndKinds) {
  const auto pairs = golden_pairs();
  ASSERT_EQ(pairs.size(), 500u);
  std::map<std::string, int> kinds;
  for (const GoldenPair& pair : pairs) {
    const McesDistance distance = mces_distance(pair.a, pair.b, {.threshold = pair.threshold});
    EXPECT_EQ(distance.value, pair.value) << pair.text;
    // The program of the package allows the threshold itself and calls it exact.
    const bool at_threshold = pair.kind == "exact" && pair.value == pair.threshold;
    EXPECT_EQ(name(distance.kind), at_threshold ? "threshold" : pair.kind) << pair.text;
    ++kinds[name(distance.kind)];
  }
  for (const char* kind : {"exact", "threshold", "lower_bound"}) EXPECT_GT(kinds[kind], 50) << kind;
}

}  // namespace
}  // namespace molbridge::chem
