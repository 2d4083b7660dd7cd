// The trainable network against transformers (goldens), against the fast encoder, and its gradients.
#include "molbridge/train/transformer_module.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "molbridge/core/files.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/transformer/test_transformer.hpp"
#include "molbridge/encoders/transformer/transformer_config.hpp"
#include "molbridge/nn/weights.hpp"
#include "molbridge/train/smiles_vocabulary.hpp"

namespace molbridge::train {
namespace {

namespace fs = std::filesystem;
constexpr double kTolerance = 2e-5;

/// A random network whose every part shows in its output.
MaskedTransformer random_network(const TransformerOptions& options) {
  torch::manual_seed(3);
  MaskedTransformer network(options);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : network->parameters()) parameter.add_(torch::randn_like(parameter) * 0.1);
  network->eval();
  return network;
}

TransformerOptions small_options() {
  return {.vocabulary = 23, .layers = 2, .hidden = 24, .heads = 3, .feed_forward = 40, .max_tokens = 30};
}

torch::Tensor padded(const std::vector<std::vector<std::int32_t>>& sequences, std::int64_t pad) {
  std::size_t longest = 0;
  for (const auto& one : sequences) longest = std::max(longest, one.size());
  auto ids = torch::full({static_cast<std::int64_t>(sequences.size()), static_cast<std::int64_t>(longest)}, pad,
                         torch::kInt64);
  for (std::size_t b = 0; b < sequences.size(); ++b) {
    for (std::size_t t = 0; t < sequences[b].size(); ++t)
      ids[static_cast<std::int64_t>(b)][static_cast<std::int64_t>(t)] = sequences[b][t];
  }
  return ids;
}

torch::Tensor real_tokens(const std::vector<std::vector<std::int32_t>>& sequences, const torch::Tensor& ids) {
  auto real = torch::zeros(ids.sizes(), torch::kBool);
  for (std::size_t b = 0; b < sequences.size(); ++b)
    real[static_cast<std::int64_t>(b)].narrow(0, 0, static_cast<std::int64_t>(sequences[b].size())).fill_(true);
  return real;
}

std::vector<float> values(const torch::Tensor& tensor) {
  const auto flat = tensor.to(torch::kFloat32).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

/// Folder of a network without tokenizer, for the fast encoder.
class Folder {
 public:
  explicit Folder(const MaskedTransformer& network)
      : path_((fs::temp_directory_path() / ("molbridge_roberta_" + std::to_string(::getpid()))).string()) {
    make_folders(path_);
    write_file_atomically(path_ + "/config.json", huggingface_config(network->options()));
    learn::save_tensors(path_ + "/model.safetensors", learn::named_state(*network), {{"format", "pt"}});
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(MaskedTransformer, Goldens_HiddenStatesAsTransformers) {
  const auto golden = encoders::TransformerCase::read(encoders::kTransformerGoldens + "/roberta_masked_lm");
  const auto config = encoders::read_transformer_config(golden.folder);
  MaskedTransformer network(TransformerOptions{.vocabulary = config.vocabulary,
                                               .layers = config.layers,
                                               .hidden = config.hidden,
                                               .heads = config.heads,
                                               .feed_forward = config.feed_forward,
                                               .max_tokens = config.max_tokens(),
                                               .token_types = config.token_types,
                                               .pad_id = config.pad_id,
                                               .epsilon = config.epsilon});
  learn::NamedTensors tensors;
  const auto file = nn::SafetensorsFile::open(golden.folder + "/model.safetensors");
  for (const auto& [name, tensor] : learn::load_all(file)) {
    if (learn::named_state(*network).contains(name)) tensors[name] = tensor;
  }
  learn::load_state(*network, tensors, golden.folder);  // refuses a name that the file lacks
  network->eval();
  const torch::NoGradGuard no_grad;
  const auto ids = padded(golden.sequences, config.pad_id);
  const auto states = network->forward(ids, real_tokens(golden.sequences, ids));
  std::vector<float> got;
  for (std::size_t b = 0; b < golden.sequences.size(); ++b) {
    const auto one = values(
        states[static_cast<std::int64_t>(b)].narrow(0, 0, static_cast<std::int64_t>(golden.sequences[b].size())));
    got.insert(got.end(), one.begin(), one.end());
  }
  EXPECT_LT(encoders::largest_difference(got, encoders::read_values<float>(golden.expected, "hidden")), kTolerance);
}

TEST(MaskedTransformer, WrittenFolder_FastEncoderGivesTheSameVectors) {
  auto network = random_network(small_options());
  const Folder folder(network);
  const std::vector<std::vector<std::int32_t>> sequences = {{0, 5, 6, 7, 2}, {0, 22, 2}, {0, 9, 9, 4, 8, 7, 6, 2}};
  std::vector<std::string> texts;
  for (const auto& one : sequences) {
    texts.emplace_back();
    for (const auto id : one) texts.back() += std::to_string(id) + " ";
  }
  const torch::NoGradGuard no_grad;
  const auto ids = padded(sequences, 1);
  const auto states = network->forward(ids);
  for (const auto pooling : {encoders::Pooling::kCls, encoders::Pooling::kMean}) {
    const auto encoder =
        encoders::open_transformer(folder.path(), {.pooling = pooling}, std::make_shared<encoders::IdTokenizer>());
    const auto expected = values(pool_states(states, ids.ne(1), pooling));
    EXPECT_LT(encoders::largest_difference(encoders::embed_all(*encoder, texts), expected), kTolerance);
    EXPECT_GT(torch::tensor(expected).abs().max().item<float>(), 0.5F);
  }
}

TEST(MaskedTransformer, Padding_ChangesNothing) {
  auto network = random_network(small_options());
  const torch::NoGradGuard no_grad;
  const auto alone = network->forward(torch::tensor({{0L, 5L, 6L, 2L}}));
  const auto beside = network->forward(torch::tensor({{0L, 5L, 6L, 2L, 1L, 1L}, {0L, 9L, 8L, 7L, 6L, 2L}}));
  EXPECT_TRUE(torch::allclose(alone[0], beside[0].narrow(0, 0, 4), 1e-5, 1e-6));
}

TEST(MaskedTransformer, Parameters_AreThoseOfHuggingFace) {
  const MaskedTransformer network(small_options());
  std::vector<std::string> names;
  for (const auto& item : network->named_parameters()) names.push_back(item.key());
  for (const char* name :
       {"roberta.embeddings.word_embeddings.weight", "roberta.embeddings.LayerNorm.bias",
        "roberta.encoder.layer.1.attention.self.query.bias",
        "roberta.encoder.layer.0.attention.output.LayerNorm.weight",
        "roberta.encoder.layer.1.intermediate.dense.weight", "roberta.encoder.layer.1.output.dense.bias",
        "lm_head.bias", "lm_head.dense.weight", "lm_head.layer_norm.weight"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  }
  EXPECT_EQ(names.size(),
            5U + 2U * 16U + 5U);  // embeddings, two layers, head: the last matrix is that of the embeddings
}

TEST(MaskedTransformer, Dropout_OnlyInTraining) {
  auto options = small_options();
  options.dropout = 0.5;
  auto network = random_network(options);
  const torch::NoGradGuard no_grad;
  const auto ids = torch::tensor({{0L, 5L, 6L, 2L}});
  EXPECT_TRUE(torch::equal(network->forward(ids), network->forward(ids)));
  network->train();
  EXPECT_FALSE(torch::equal(network->forward(ids), network->forward(ids)));
}

}  // namespace
}  // namespace molbridge::train
