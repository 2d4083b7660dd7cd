#include "molbridge/rerank/combiner.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/rerank/test_rerank_folder.hpp"

namespace molbridge::rerank {
namespace {

using bank::testing::TempFolder;

TEST(Combiner, Scores_AreThoseOfAHandCalculation) {
  Combiner combiner;
  combiner.mean = {1, 0};
  combiner.deviation = {2, 0.5F};
  combiner.linear = {3, -1};
  combiner.hidden_weight = {1, 2, 0.5F, 0};
  combiner.hidden_bias = {-1, 0.25F};
  combiner.output = {2, -4};
  const auto scores = combiner.scores(std::vector<float>{5, 0.25F, 1, 0});
  ASSERT_EQ(scores.size(), 2U);
  // x = (2, 0.5): 3 * 2 - 0.5 + 2 tanh(2 + 1 - 1) - 4 tanh(1 + 0.25); x = (0, 0): 2 tanh(-1) - 4 tanh(0.25)
  EXPECT_NEAR(scores[0], 5.5 + 2 * std::tanh(2.0) - 4 * std::tanh(1.25), 1e-5);
  EXPECT_NEAR(scores[1], 2 * std::tanh(-1.0) - 4 * std::tanh(0.25), 1e-5);
}

TEST(Combiner, FarOutFeatures_AreHeldWithinEightDeviations) {
  Combiner combiner;
  combiner.mean = {1};
  combiner.deviation = {2};
  combiner.linear = {1};
  EXPECT_EQ(combiner.scores(std::vector<float>{17, 1e30F, -1e30F}), (std::vector<float>{8, 8, -8}));
}

TEST(Combiner, WrittenAndRead_GivesTheSameBits) {
  const TempFolder folder;
  write_rerank_folder(folder / "model");
  const Combiner again = Combiner::read(nn::ModelFolder::open(folder / "model"));
  const Combiner first = test_combiner();
  EXPECT_EQ(again.mean, first.mean);
  EXPECT_EQ(again.hidden_weight, first.hidden_weight);
  EXPECT_EQ(again.output, first.output);
  std::vector<float> rows(3 * kFeatures);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i % 7);
  EXPECT_EQ(again.scores(rows), first.scores(rows));
}

/// The combiner of a folder with these tensors and no others; "" or the message of the error.
std::string refusal(const std::string& path, const std::function<void(Combiner&)>& change,
                    const std::string& without = "") {
  Combiner combiner = test_combiner();
  change(combiner);
  nn::SafetensorsWriter all;
  combiner.write(all);
  all.write(path + ".safetensors");
  const auto file = nn::SafetensorsFile::open(path + ".safetensors");
  nn::ModelFolderWriter writer;
  writer.manifest.text("kind", "reranker");
  for (const auto& [name, view] : file.tensors()) {
    if (name != without) writer.weights.add(name, view.type, view.shape, view.bytes);
  }
  writer.write(path);
  try {
    Combiner::read(nn::ModelFolder::open(path));
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kModel);
    return e.what();
  }
  return "";
}

TEST(Combiner, DamagedTensors_AreRefused) {
  const TempFolder folder;
  EXPECT_EQ(refusal(folder / "sound", [](Combiner&) {}), "");
  for (const char* name : {"mean", "deviation", "linear", "hidden.weight", "hidden.bias", "output"}) {
    const std::string tensor = std::string("combine.") + name;
    EXPECT_NE(refusal(
                  folder / name, [](Combiner&) {}, tensor)
                  .find(tensor),
              std::string::npos)
        << tensor;
  }
  for (const float bad : {0.0F, -1.0F, std::nanf("")})
    EXPECT_NE(refusal(folder / "deviation", [&](Combiner& c) { c.deviation[3] = bad; }).find("deviation"),
              std::string::npos);
  const auto of_other_features = [](Combiner& c) {
    c.mean.push_back(0), c.deviation.push_back(1), c.linear.push_back(0);
  };
  EXPECT_NE(refusal(folder / "features",
                    [&](Combiner& c) {
                      of_other_features(c);
                      c.hidden_weight.resize(c.hidden_bias.size() * c.mean.size());
                    })
                .find("combine.mean"),
            std::string::npos);
}

}  // namespace
}  // namespace molbridge::rerank
