#include "molbridge/learn/tensors.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::learn {
namespace {

namespace fs = std::filesystem;

class TensorsTest : public ::testing::Test {
 protected:
  ~TensorsTest() override { fs::remove(path_); }
  const std::string path_ =
      (fs::temp_directory_path() / ("molbridge_learn_" + std::to_string(::getpid()) + ".safetensors")).string();
};

TEST_F(TensorsTest, WrittenTensors_ReadBackWithMetadata) {
  torch::manual_seed(1);
  const NamedTensors tensors{{"a", torch::randn({3, 4})},
                             {"b.half", torch::randn({5}).to(torch::kFloat16)},
                             {"c.bf16", torch::randn({2, 2}).to(torch::kBFloat16)},
                             {"d", torch::tensor({1, 2, 3}, torch::kInt64)},
                             {"empty", torch::empty({0, 7})}};
  save_tensors(path_, tensors, {{"key", "value"}});
  const auto file = nn::SafetensorsFile::open(path_);
  EXPECT_EQ(file.metadata().at("key"), "value");
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(torch::equal(load_tensor(file, name), tensor)) << name;
  for (const char* name : {"a", "b.half", "c.bf16"}) {
    const torch::Tensor tensor = load_float(file, name).flatten();
    const std::vector<float> expected(tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel());
    EXPECT_EQ(nn::Weights::open(path_).floats(name, file.at(name).shape), expected)
        << name;  // two readers of half precision agree
  }
  EXPECT_EQ(load_float(file, "b.half").scalar_type(), torch::kFloat32);
}

TEST(LoadState, OtherTensors_NamesWhatDoesNotFit) {
  torch::nn::Linear layer(2, 3);
  NamedTensors tensors{{"weight", torch::ones({3, 2})}, {"bias", torch::ones({3})}};
  EXPECT_NO_THROW(load_state(*layer, tensors, "file"));
  EXPECT_TRUE(torch::equal(layer->weight, torch::ones({3, 2})));
  tensors["bias"] = torch::ones({4});
  EXPECT_THROW(load_state(*layer, tensors, "file"), Error);
  tensors.erase("bias");
  EXPECT_THROW(load_state(*layer, tensors, "file"), Error);
}

}  // namespace
}  // namespace molbridge::learn
