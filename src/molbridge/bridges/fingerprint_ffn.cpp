#include "molbridge/bridges/fingerprint_ffn.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::bridges {
namespace {

constexpr std::int64_t kMaxSize = 1 << 24;  // no manifest can ask for more than a file could hold
constexpr std::int64_t kMaxLayers = 64;
constexpr std::int64_t kMaxMembers = 64;

struct Sizes {
  std::int64_t inputs, hidden, layers, outputs, members;
};

std::int64_t size_of(const nn::ModelFolder& folder, const std::string& key, std::int64_t most = kMaxSize) {
  const std::int64_t value = folder.manifest.integer(key);
  if (value < 1 || value > most) {
    throw Error(ErrorCode::kModel, key + " is " + std::to_string(value)).in_file(folder.path + "/" + nn::kManifestFile);
  }
  return value;
}

Sizes read_sizes(const nn::ModelFolder& folder, std::int64_t inputs) {
  const Sizes sizes{size_of(folder, "bridge.inputs"), size_of(folder, "bridge.hidden"),
                    size_of(folder, "bridge.layers", kMaxLayers), size_of(folder, "bridge.outputs"),
                    folder.manifest.has("bridge.members") ? size_of(folder, "bridge.members", kMaxMembers) : 1};
  if (sizes.inputs != inputs) {
    throw Error(ErrorCode::kModel, "bridge.inputs is " + std::to_string(sizes.inputs) +
                                       ", the spectrum encoder gives " + std::to_string(inputs))
        .in_file(folder.path + "/" + nn::kManifestFile);
  }
  return sizes;
}

/// A matrix in any float type, or int8 with a scale per row.
std::vector<float> read_matrix(const nn::Weights& weights, const std::string& name, std::int64_t rows,
                               std::int64_t columns) {
  const nn::TensorView& view = weights.at(name);
  if (view.type != nn::ElementType::kI8) return weights.floats(name, {rows, columns});
  if (view.shape != std::vector<std::int64_t>{rows, columns})
    throw Error(ErrorCode::kModel, "tensor " + name + " has another shape than model.toml says");
  const std::vector<float> scale = weights.floats(name + ".scale", {rows});
  std::vector<float> out(view.bytes.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] =
        scale[i / static_cast<std::size_t>(columns)] * static_cast<float>(std::to_integer<std::int8_t>(view.bytes[i]));
  return out;
}

nn::Linear read_hidden(const nn::Weights& weights, const std::string& name, std::int64_t width) {
  return {read_matrix(weights, name + ".weight", width, width),
          weights.floats(name + ".bias", {width}),
          width,
          width,
          nn::Precision::kFloat32,
          nn::Activation::kRelu};
}

nn::Linear read_output(const nn::Weights& weights, const std::string& prefix, const Sizes& sizes) {
  std::vector<float> bias = weights.floats(prefix + "output.bias", {sizes.outputs});
  const std::vector<float> prior = weights.floats(prefix + "prior", {sizes.outputs});
  for (std::size_t d = 0; d < bias.size(); ++d) bias[d] -= prior[d];
  return {read_matrix(weights, prefix + "output.weight", sizes.outputs, sizes.hidden), bias, sizes.hidden,
          sizes.outputs, nn::Precision::kFloat32};
}

/// Tensors below "bridge." that this kind of model does not have would silently not count.
void refuse_unknown(const nn::ModelFolder& folder, const Sizes& sizes) {
  const auto known = static_cast<std::size_t>(sizes.members * (2 + 2 * (sizes.layers - 1) + 2 + 1));
  std::size_t count = 0;
  for (const auto& [name, view] : folder.weights.tensors())
    count += name.starts_with("bridge.") && !name.ends_with(".scale") ? 1 : 0;
  if (count == known) return;
  throw Error(ErrorCode::kModel, "holds " + std::to_string(count) + " tensors of the bridge, model.toml speaks of " +
                                     std::to_string(known))
      .in_file(folder.weights.path());
}

}  // namespace

FingerprintFfn FingerprintFfn::read(const nn::ModelFolder& folder, std::int64_t inputs) {
  const Sizes sizes = read_sizes(folder, inputs);
  // The tensors decide how much is allocated: a manifest that promises other sizes is refused by floats().
  const nn::Weights weights = nn::Weights::open(folder.weights.path());
  FingerprintFfn ffn;
  ffn.inputs_ = sizes.inputs;
  ffn.hidden_width_ = sizes.hidden;
  ffn.outputs_ = sizes.outputs;
  for (std::int64_t m = 0; m < sizes.members; ++m) {
    const std::string prefix = m == 0 ? "bridge." : "bridge." + std::to_string(m) + ".";
    Member member;
    member.input_weight = read_matrix(weights, prefix + "input_weight", sizes.inputs, sizes.hidden);
    member.input_bias = weights.floats(prefix + "input_bias", {sizes.hidden});
    for (std::int64_t i = 0; i + 1 < sizes.layers; ++i)
      member.layers.push_back(read_hidden(weights, prefix + "hidden." + std::to_string(i), sizes.hidden));
    member.layers.push_back(read_output(weights, prefix, sizes));
    ffn.members_.push_back(std::move(member));
  }
  refuse_unknown(folder, sizes);
  return ffn;
}

void FingerprintFfn::sum_rows(const Member& member, const SparseBatch& batch, float* out) const {
  const auto width = static_cast<std::size_t>(hidden_width_);
  for (std::size_t b = 0; b < batch.offsets.size(); ++b, out += width) {
    std::fill_n(out, width, 0.0F);
    const std::size_t end = b + 1 < batch.offsets.size() ? batch.offsets[b + 1] : batch.indices.size();
    MOLBRIDGE_CHECK(batch.offsets[b] <= end && end <= batch.indices.size(), "row " + std::to_string(b));
    for (std::size_t e = batch.offsets[b]; e < end; ++e) {
      MOLBRIDGE_CHECK(batch.indices[e] >= 0 && batch.indices[e] < inputs_,
                      "feature " + std::to_string(batch.indices[e]));
      const float* row = &member.input_weight[static_cast<std::size_t>(batch.indices[e]) * width];
      for (std::size_t h = 0; h < width; ++h) out[h] += batch.values[e] * row[h];
    }
    for (std::size_t h = 0; h < width; ++h) out[h] = std::max(0.0F, out[h] + member.input_bias[h]);
  }
}

std::vector<float> FingerprintFfn::forward(const Member& member, const SparseBatch& batch) const {
  const std::size_t rows = batch.offsets.size();
  std::vector<float> x(rows * static_cast<std::size_t>(hidden_width_)), y;
  sum_rows(member, batch, x.data());
  for (const nn::Linear& layer : member.layers) {
    y.resize(rows * static_cast<std::size_t>(layer.outputs()));
    layer.forward(x.data(), static_cast<std::int64_t>(rows), y.data());
    std::swap(x, y);
  }
  return x;
}

std::vector<float> FingerprintFfn::log_odds_ratio(const SparseBatch& batch) const {
  MOLBRIDGE_CHECK(batch.indices.size() == batch.values.size(), "an index per value");
  std::vector<float> sum = forward(members_.front(), batch);
  if (members_.size() == 1) return sum;
  for (std::size_t m = 1; m < members_.size(); ++m) {
    const std::vector<float> next = forward(members_[m], batch);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += next[i];
  }
  for (float& value : sum) value /= static_cast<float>(members_.size());
  return sum;
}

}  // namespace molbridge::bridges
