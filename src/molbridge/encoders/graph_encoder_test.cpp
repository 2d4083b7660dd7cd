#include "molbridge/encoders/graph/graph_encoder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "molbridge/core/rng.hpp"
#include "molbridge/nn/test_manifest.hpp"

namespace molbridge::encoders {
namespace {

namespace fs = std::filesystem;

class GraphEncoderTest : public ::testing::Test {
 protected:
  GraphEncoderTest() : folder_(fs::temp_directory_path() / ("molbridge_gnn_" + std::to_string(::getpid()))) { write(); }
  ~GraphEncoderTest() override { fs::remove_all(folder_); }

  void write(const std::string& extra = "") const {
    nn::ModelFolderWriter writer;
    writer.manifest.text("kind", kMoleculeGnnKind);
    writer.manifest.text("network.features", kAtomFeatureVersion);
    writer.manifest.integers("network.convolutions", {6, 8});
    writer.manifest.integers("network.head", {10, 7});
    Rng rng(4);
    const auto layer = [&](const std::string& name, std::int64_t in, std::int64_t out) {
      for (const auto& [part, shape] :
           {std::pair{".weight", std::vector{out, in}}, std::pair{".bias", std::vector{out}}}) {
        std::vector<float> values(static_cast<std::size_t>(shape.size() == 2 ? in * out : out));
        for (float& value : values) value = static_cast<float>(rng.uniform() - 0.4);
        writer.weights.add(name + part, nn::ElementType::kF32, shape, std::as_bytes(std::span(values)));
      }
    };
    layer("conv.0.0", kAtomFeatures, 6);
    layer("conv.1.0", 6, 8);
    layer("head.0", 8, 10);
    layer("head.1", 10, 7);
    if (!extra.empty()) layer(extra, 2, 2);
    writer.write(folder_.string());
  }
  static std::vector<float> encode(const MoleculeEncoder& encoder, const std::string& smiles) {
    std::vector<float> out(encoder.width());
    encoder.encode(chem::standardize(smiles).value(), out);
    return out;
  }
  void expect_refused(const std::string& old, const std::string& changed, const std::string& part) const {
    nn::expect_manifest_refused(folder_.string(), old, changed, part,
                                [](const std::string& folder) { const GraphEncoder encoder(folder); });
  }
  fs::path folder_;
};

TEST_F(GraphEncoderTest, Specification_OpensTheFolder) {
  const auto encoder = make_molecule_encoder(folder_.string());
  EXPECT_EQ(encoder->width(), 7U);
  EXPECT_FALSE(encoder->is_binary());
  EXPECT_TRUE(fs::path(encoder->name()).is_absolute());
  EXPECT_EQ(encoder->digest(), nn::ModelFolder::open(folder_.string()).digest);
  EXPECT_EQ(make_molecule_encoder(encoder->name())->digest(), encoder->digest());
}

TEST_F(GraphEncoderTest, OtherSpellings_GiveTheSameVectorToTheBit) {
  const auto encoder = make_molecule_encoder(folder_.string());
  const auto aspirin = encode(*encoder, "CC(=O)Oc1ccccc1C(=O)O");
  EXPECT_EQ(aspirin, encode(*encoder, "OC(=O)C1=CC=CC=C1OC(C)=O"));
  EXPECT_NE(aspirin, encode(*encoder, "CC(=O)Oc1cccc(c1)C(=O)O"));
  EXPECT_EQ(encode(*encoder, "N[C@@H](C)C(=O)O"), encode(*encoder, "OC(=O)C(N)C"));
}

TEST_F(GraphEncoderTest, Many_EqualOneByOneWithAnyThreads) {
  const auto encoder = make_molecule_encoder(folder_.string());
  std::vector<chem::Molecule> molecules;
  std::vector<float> expected;
  for (int i = 1; i < 40; ++i) {
    const std::string smiles = std::string(static_cast<std::size_t>(i), 'C') + "O";
    molecules.push_back(chem::standardize(smiles).value());
    const auto one = encode(*encoder, smiles);
    expected.insert(expected.end(), one.begin(), one.end());
  }
  for (const std::size_t threads : {1, 3}) {
    std::vector<float> out(expected.size());
    encoder->encode_all(molecules, threads, out);
    EXPECT_EQ(out, expected);
  }
}

TEST_F(GraphEncoderTest, FoldersThatDoNotFit_AreRefused) {
  expect_refused("\"jestr-1\"", "\"jestr-9\"", "network.features is \"jestr-9\"");
  expect_refused("[6, 8]", "[6]", "head.0.weight");
  expect_refused("[6, 8]", "[6, 9]", "conv.1.0.");
  expect_refused("[6, 8]", "[]", "network.convolutions holds 0 widths");
  expect_refused("[10, 7]", "[10, -7]", "network.head holds a bad width");
  expect_refused("molecule-gnn", "molecule-net", "is no network over molecular graphs");
  write("head.2");
  EXPECT_THROW(GraphEncoder{folder_.string()}, Error);
}

TEST(AtomGraph, Propane_HasTheNormalisedSumsOfItsNeighbours) {
  const AtomGraph graph = atom_graph(chem::molecular_graph(chem::standardize("CCC").value()));
  ASSERT_EQ(graph.atoms(), 3U);
  std::vector<double> row_sums;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t end = i < 2 ? graph.offsets[i + 1] : graph.neighbors.size();
    EXPECT_EQ(graph.neighbors[graph.offsets[i]].from, i);
    double sum = 0;
    for (std::size_t e = graph.offsets[i]; e < end; ++e) sum += graph.neighbors[e].weight;
    row_sums.push_back(sum);
  }
  std::sort(row_sums.begin(), row_sums.end());
  EXPECT_NEAR(row_sums[0], 0.5 + 1 / std::sqrt(6), 1e-6);
  EXPECT_NEAR(row_sums[2], 1.0 / 3 + 2 / std::sqrt(6), 1e-6);
}

TEST(AtomFeatures, Atoms_SetOneBitOfEachKind) {
  const AtomGraph graph = atom_graph(chem::molecular_graph(chem::standardize("C[N+](C)(C)Cc1ccccc1[Te]C").value()));
  std::vector<float> x(graph.atoms() * static_cast<std::size_t>(kAtomFeatures));
  atom_features(graph, x);
  std::vector<double> totals(static_cast<std::size_t>(kAtomFeatures), 0);
  for (std::size_t i = 0; i < x.size(); ++i) totals[i % totals.size()] += x[i];
  const auto sum = [&](std::int64_t begin, std::int64_t size) {
    return std::accumulate(totals.begin() + begin, totals.begin() + begin + size, 0.0);
  };
  const auto atoms = static_cast<double>(graph.atoms());
  std::int64_t begin = 0;
  for (const auto size : {kElementClasses, kDegreeClasses, kHydrogenClasses, kChargeClasses, kHybridizationClasses}) {
    EXPECT_EQ(sum(begin, size), atoms) << begin;
    begin += size;
  }
  EXPECT_EQ(totals[14], 1);  // tellurium: other
  EXPECT_EQ(totals[3], 1);   // nitrogen
  EXPECT_EQ(totals[static_cast<std::size_t>(kElementClasses + kDegreeClasses + kHydrogenClasses + 3)], 1);  // charge +1
  EXPECT_EQ(totals[static_cast<std::size_t>(kAtomFeatures - 2)], 6);
  EXPECT_EQ(totals[static_cast<std::size_t>(kAtomFeatures - 1)], 6);
}

}  // namespace
}  // namespace molbridge::encoders
