#include "molbridge/retrieve/graph_embedding_model.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "molbridge/bank/memory_table.hpp"
#include "molbridge/bridges/graph_embedding.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::retrieve {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWidth = 6;
constexpr std::size_t kNodes = 40;
const LinkRelation kBinds{"binds", "compound", "gene"};

std::vector<float> random_rows(Rng& rng, std::size_t rows, std::size_t width) {
  std::vector<float> out(rows * width);
  for (float& value : out) value = static_cast<float>(rng.normal());
  return out;
}

void add_rows(nn::ModelFolderWriter& writer, const std::string& name, const std::vector<float>& values,
              std::size_t width) {
  writer.weights.add(name, nn::ElementType::kF32,
                     {static_cast<std::int64_t>(values.size() / width), static_cast<std::int64_t>(width)},
                     std::as_bytes(std::span(values)));
}

/// Half of the nodes are compounds, C0 and so on, the others genes.
class GraphEmbeddingModelTest : public testing::TestWithParam<std::string> {
 protected:
  GraphEmbeddingModelTest()
      : folder_(fs::temp_directory_path() / ("graph_embedding." + std::to_string(::getpid()))),
        relation_width_(kind() == "rotate" ? kWidth / 2 : kWidth) {
    Rng rng(11, kind());
    entities_ = random_rows(rng, kNodes, kWidth);
    relations_ = random_rows(rng, 2, relation_width_);
  }
  ~GraphEmbeddingModelTest() override { fs::remove_all(folder_); }

  std::string kind() const { return GetParam(); }
  std::shared_ptr<const LinkModel> model(std::size_t nodes = kNodes) const {
    nn::ModelFolderWriter writer;
    writer.manifest.text("kind", kind());
    writer.manifest.text("name", "small");
    writer.manifest.integer("bridge.width", kWidth);
    add_rows(writer, "entities", entities_, kWidth);
    add_rows(writer, "relations", relations_, relation_width_);
    std::string rows = "node_id\ttype\ttraining_edges\n";
    for (std::size_t i = 0; i < nodes; ++i)
      rows += (i < kNodes / 2 ? "C" : "G") + std::to_string(i) + (i < kNodes / 2 ? "\tcompound" : "\tgene") + "\t1\n";
    writer.add_side_file("nodes.tsv", rows);
    writer.add_side_file("relations.tsv",
                         "head_type\trelation\ttail_type\ncompound\ttreats\tdisease\ncompound\tbinds\tgene\n");
    writer.write(folder_);
    return LinkModel::load(folder_);
  }
  std::span<const float> entity(std::size_t i) const { return std::span(entities_).subspan(i * kWidth, kWidth); }

  fs::path folder_;
  std::size_t relation_width_;
  std::vector<float> entities_, relations_;
};

TEST_P(GraphEmbeddingModelTest, Product_AllTails_OrdersAsThePublishedScore) {
  const auto model = this->model();
  std::vector<LinkEntity> genes;
  for (std::size_t i = kNodes / 2; i < kNodes; ++i) genes.push_back({"gene", "", "G" + std::to_string(i)});
  const std::vector<LinkEntity> head{{"compound", "", "C3"}};
  const EntityVectors tails = model->tails(genes, "gene", 2), query = model->heads(head, kBinds, 1);
  ASSERT_EQ(tails.reasons, std::vector<std::string>(genes.size()));
  const bank::MemoryTable table(tails.rows, model->width());
  std::vector<std::uint64_t> rows(genes.size());
  std::iota(rows.begin(), rows.end(), 0U);
  std::vector<float> products(genes.size());
  table.score(model->similarity(), query.rows, rows, products);

  const bridges::GraphEmbedding direct(kind(), kWidth);
  const auto relation = std::span(relations_).subspan(relation_width_, relation_width_);
  const auto score = [&](std::size_t gene) { return direct.score(entity(3), relation, entity(kNodes / 2 + gene)); };
  std::sort(rows.begin(), rows.end(), [&](auto a, auto b) { return products[a] > products[b]; });
  for (std::size_t i = 1; i < rows.size(); ++i) EXPECT_GE(score(rows[i - 1]), score(rows[i])) << i;
}

TEST_P(GraphEmbeddingModelTest, Heads_NodeNotInTheModel_HasAReason) {
  const auto model = this->model();
  const std::vector<LinkEntity> heads{{"compound", "", "C99"}, {"compound", "CCO", ""}, {"compound", "", "C1"}};
  const EntityVectors out = model->heads(heads, kBinds, 1);
  EXPECT_EQ(out.reasons[0], "node unknown to the model");
  EXPECT_FALSE(out.reasons[1].empty());
  EXPECT_TRUE(out.reasons[2].empty());
  EXPECT_EQ(out.rows.size(), 3 * model->width());
  EXPECT_EQ(out.rows[0], 0);
}

TEST_P(GraphEmbeddingModelTest, Heads_UnknownRelation_NamesTheNearest) {
  try {
    model()->heads({}, {"bind", "compound", "gene"}, 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
    EXPECT_NE(error.remedy_text().find("compound binds gene"), std::string::npos) << error.what();
  }
  EXPECT_THROW(model()->tails({}, "protein", 1), Error);
}

TEST_P(GraphEmbeddingModelTest, Load_FewerNodesThanVectors_IsModel) {
  try {
    model(kNodes - 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, GraphEmbeddingModelTest, testing::ValuesIn(bridges::graph_embedding_kinds()),
                         [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace molbridge::retrieve
