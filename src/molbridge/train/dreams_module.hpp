#pragma once
// DreaMS as a trainable module. Parameters carry the names of the published state dict ("transformer_encoder.atts.0.weights"), so that what is
// trained here is read by encoders/spectrum/dreams.hpp and gives the same vectors. Source and format: docs/formats/dreams.md.
//
// Tokens of a batch lie below one another without padding between the spectra, so a vector depends on its spectrum alone; only the attention
// lays them out as [B, T]. A padding token of the published convention is one row that counts as many keys. Of the m/z differences s_i - s_j
// only -s_j is added: softmax ignores the rest.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/encoders/spectrum/dreams.hpp"
#include "molbridge/learn/tensors.hpp"

namespace molbridge::train {

/// The published list: 1/(shortest i) for i = 2, 4, ... below 1/shortest, then 1/i for i = 2, 3, ... below `longest`. Units: periods in Th,
/// frequencies in cycles per Th. Requires 0 < shortest < 1 < longest.
std::vector<float> dreams_frequencies(double shortest = 1e-4, double longest = 1000);
/// `count` >= 2 of them, their periods evenly spaced on a logarithmic scale from `shortest` to `longest`.
std::vector<float> geometric_frequencies(double shortest, double longest, std::int64_t count);

struct DreamsSizes {
  std::int64_t layers = 7, heads = 8;
  std::int64_t d_fourier = 980, d_peak = 44;
  std::int64_t feed_forward = 4096;
  std::vector<std::int64_t> fourier_hidden = {512, 512, 512, 512};
  std::vector<float> frequencies = dreams_frequencies();
  double max_mz = 1000;         ///< Th; divides the m/z of the peak branch
  double mz_bin = 0.05;         ///< Th, width of a class of the masked m/z
  std::int64_t mz_classes = 0;  ///< of the head for masked m/z, 20,000 as published; 0: no such head
  bool order_head = false;      ///< which of two spectra was eluted first
  bool graphormer = true;       ///< m/z differences in the attention scores

  std::int64_t d_model() const { return d_fourier + d_peak; }
};

/// Active in train mode only. All are 0.1 as published.
struct DreamsDropout {
  double embedding = 0.1;     ///< between the layers of the Fourier branch
  double residual = 0.1;      ///< of the token inputs and of what each half of a block adds
  double attention = 0.1;     ///< of attention probabilities
  double feed_forward = 0.1;  ///< behind the ReLU of a block
};

enum class DreamsPooling {
  kPrecursor,  ///< the first token
  kMeanPeaks,  ///< the mean over all tokens that are no padding
};

/// A batch between two blocks. N is the tokens of all spectra. All parts of a spectrum are its rows, so states can be kept and put together anew.
struct DreamsState {
  torch::Tensor tokens;  ///< [N, D]
  torch::Tensor sums;    ///< [N], s_j; zeros without m/z differences
  torch::Tensor counts;  ///< [N] float32, how many keys a token is: 1, or the number of padding tokens it stands for
  torch::Tensor is_padding;           ///< [N] bool
  std::vector<std::int64_t> lengths;  ///< [B], tokens of each spectrum, at least 1

  std::int64_t spectra() const { return static_cast<std::int64_t>(lengths.size()); }
  /// Rows at which the spectra begin. Shapes: [B] int64.
  torch::Tensor first_rows() const;
};

/// One state per spectrum, sharing memory with `state`.
std::vector<DreamsState> split_states(const DreamsState& state);
DreamsState join_states(std::span<const DreamsState> states);

/// Threads: none; LibTorch's own apply. float32, or float64 after to(torch::kFloat64), but for the phases, which are always float32. Works under
/// autocast: norms, softmax, s_j and the residual stream stay float32.
class DreamsModule : public torch::nn::Module {
 public:
  /// Random weights as the original draws them, from LibTorch's generator. Everything but the frequencies is trainable.
  explicit DreamsModule(const DreamsSizes& sizes, const DreamsDropout& dropout = {});
  /// The network of a published file or of a model folder; heads of the pre-training are kept, the linear head of embedding_model.ckpt is not.
  /// Errors: kModel; networks with post-norm, ScaleNorm, biases, m/z tokens, additive attention or learned m/z differences are refused by name.
  static std::shared_ptr<DreamsModule> open(const std::string& path, const DreamsDropout& dropout = {});
  /// The same of the tensors below `prefix`.
  static std::shared_ptr<DreamsModule> load(const nn::Weights& weights, const encoders::DreamsConfig& config,
                                            const std::string& prefix, const DreamsDropout& dropout = {});

  /// Token inputs. Requires at least one spectrum, none without tokens.
  DreamsState embed(std::span<const encoders::DreamsTokens> spectra) const;
  /// Blocks `first` to `last` - 1 (to the end where last is negative), without the final norm.
  DreamsState run(DreamsState state, std::int64_t first = 0, std::int64_t last = -1) const;
  /// Shapes: [.., D] to the same.
  torch::Tensor final_norm(const torch::Tensor& tokens) const;
  /// Final norm and pooling of what the last block gave. Shapes: [B, D].
  torch::Tensor pool(const DreamsState& state, DreamsPooling pooling) const;
  /// Blocks from `first` on, final norm and pooling; of the last block the precursor alone where nothing else is asked for. Shapes: [B, D].
  torch::Tensor vectors(const DreamsState& state, std::int64_t first, DreamsPooling pooling) const;
  /// Blocks from `first` on and the final norm, of which the last block is computed for these tokens alone. Shapes: rows [M] int64 of the N; [M, D].
  torch::Tensor tokens_at(const DreamsState& state, std::int64_t first, const torch::Tensor& rows) const;
  /// All of the above. Shapes: [B, D].
  torch::Tensor forward(std::span<const encoders::DreamsTokens> spectra,
                        DreamsPooling pooling = DreamsPooling::kPrecursor) const;

  /// Shapes: tokens behind the final norm [M, D] to [M, classes]. Requires the head.
  torch::Tensor mz_logits(const torch::Tensor& tokens) const;
  /// Logit of "the first was eluted before the second". Shapes: [B, D] each to [B]. Requires the head.
  torch::Tensor order_logits(const torch::Tensor& first, const torch::Tensor& second) const;

  /// Which parameters require a gradient: attention and feed-forward weights of the last n blocks, their norms, the branches that make the
  /// tokens. All blocks, norms and embeddings is everything but the frequencies; the final norm is trainable then only.
  void set_trainable(std::int64_t last_blocks, bool with_norms, bool embeddings);
  std::int64_t num_parameters(bool trainable_only = false) const;

  const DreamsSizes& sizes() const { return sizes_; }
  encoders::DreamsConfig config() const;
  /// [dreams] of a manifest and the tensors by their published names below `prefix`, float32, heads included.
  void write(ConfigWriter& manifest, nn::SafetensorsWriter& weights, const std::string& prefix = "") const;

 private:
  struct Layout;
  struct Wanted;

  void add(const std::string& name, torch::Tensor value, bool trainable = true);
  void add_linear(const std::string& key, std::int64_t inputs, std::int64_t outputs, bool bias);
  void add_branches();
  void add_block(std::int64_t block);
  void copy_from(const nn::Weights& weights, const std::string& prefix);
  const torch::Tensor& at(const std::string& name) const;
  const torch::Tensor& block_tensor(const char* part, std::int64_t block, const char* name) const;
  torch::Tensor drop(const torch::Tensor& x, double probability) const;
  torch::Tensor norm(const torch::Tensor& x, std::int64_t index) const;
  torch::Tensor fourier_branch(const torch::Tensor& mz) const;
  torch::Tensor attention(std::int64_t block, const torch::Tensor& x, const Layout& layout, const Wanted& wanted) const;
  torch::Tensor shares(const torch::Tensor& products, const Layout& layout, const Wanted& wanted) const;
  torch::Tensor feed_forward(std::int64_t block, const torch::Tensor& x) const;
  torch::Tensor run_block(std::int64_t block, const torch::Tensor& x, const Layout& layout, const Wanted& wanted) const;

  DreamsSizes sizes_;
  DreamsDropout dropout_;
  learn::NamedTensors tensors_;  ///< the parameters by dotted name: the same tensors as in the tree of modules
};

}  // namespace molbridge::train
