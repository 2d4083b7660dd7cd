#include "molbridge/encoders/graph/graph_encoder.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::int64_t kMaxSize = 1 << 24;
constexpr std::size_t kMaxLayers = 64;

std::string absolute(const std::string& folder) {
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(folder, error);
  return error ? folder : path.string();
}

Error refused(const nn::ModelFolder& folder, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(folder.path + "/" + nn::kManifestFile);
}

/// Widths after the first one.
std::vector<std::int64_t> read_widths(const nn::ModelFolder& folder, const std::string& key) {
  std::vector<std::int64_t> out;
  for (const double value : folder.manifest.numbers(key)) {
    if (!(value >= 1) || value > static_cast<double>(kMaxSize)) throw refused(folder, key + " holds a bad width");
    out.push_back(static_cast<std::int64_t>(value));
  }
  if (out.empty() || out.size() > kMaxLayers) {
    throw refused(folder, key + " holds " + std::to_string(out.size()) + " widths");
  }
  return out;
}

/// Sum over the neighbours of each atom. Shapes: x [atoms, width] to the same.
std::vector<float> mix(const AtomGraph& graph, const std::vector<float>& x, std::size_t width) {
  std::vector<float> out(x.size(), 0.0F);
  for (std::size_t i = 0; i < graph.atoms(); ++i) {
    const std::size_t end = i + 1 < graph.atoms() ? graph.offsets[i + 1] : graph.neighbors.size();
    for (std::size_t e = graph.offsets[i]; e < end; ++e) {
      const float weight = graph.neighbors[e].weight;
      const float* row = &x[graph.neighbors[e].from * width];
      for (std::size_t h = 0; h < width; ++h) out[i * width + h] += weight * row[h];
    }
  }
  return out;
}

std::vector<float> maximum(const std::vector<float>& x, std::size_t width) {
  std::vector<float> out(width, -std::numeric_limits<float>::infinity());
  for (std::size_t i = 0; i < x.size(); ++i) out[i % width] = std::max(out[i % width], x[i]);
  return out;
}

}  // namespace

GraphEncoder::GraphEncoder(const std::string& folder) : name_(absolute(folder)) { read(nn::ModelFolder::open(folder)); }

bool GraphEncoder::is_folder_of_one(const std::string& folder) {
  return nn::is_model_folder(folder) && nn::read_model_manifest(folder).text("kind") == kMoleculeGnnKind;
}

void GraphEncoder::read(const nn::ModelFolder& folder) {
  if (folder.manifest.text("kind") != kMoleculeGnnKind) throw refused(folder, "is no network over molecular graphs");
  const std::string features = folder.manifest.text("network.features");
  if (features != kAtomFeatureVersion) {
    throw refused(folder,
                  "network.features is \"" + features + "\", this program knows \"" + kAtomFeatureVersion + "\"");
  }
  digest_ = folder.digest;
  const nn::Weights weights = nn::Weights::open(folder.weights.path());
  std::set<std::string> used;
  std::int64_t width = kAtomFeatures;
  const auto convolutions = read_widths(folder, "network.convolutions");
  for (std::size_t i = 0; i < convolutions.size(); ++i) {
    convolutions_.push_back(
        nn::Mlp::read(weights, "conv." + std::to_string(i) + ".", {width, convolutions[i]}, true, used));
    width = convolutions[i];
  }
  std::vector<std::int64_t> head = read_widths(folder, "network.head");
  head.insert(head.begin(), width);
  head_ = std::make_unique<nn::Mlp>(nn::Mlp::read(weights, "head.", head, false, used));
  nn::require_all_used(weights, "", used);
}

std::vector<float> GraphEncoder::encode(const AtomGraph& graph) const {
  std::vector<float> x(graph.atoms() * static_cast<std::size_t>(kAtomFeatures));
  atom_features(graph, x);
  for (const nn::Mlp& layer : convolutions_) x = layer.forward(mix(graph, x, static_cast<std::size_t>(layer.inputs())));
  return head_->forward(maximum(x, static_cast<std::size_t>(head_->inputs())));
}

void GraphEncoder::encode(const chem::Molecule& molecule, std::span<float> out) const {
  MOLBRIDGE_CHECK(out.size() == width(), std::to_string(out.size()));
  const std::vector<float> vector = encode(atom_graph(chem::molecular_graph(molecule)));
  std::copy(vector.begin(), vector.end(), out.begin());
}

void GraphEncoder::encode_bits(const chem::Molecule&, std::span<std::uint8_t>) const {
  MOLBRIDGE_CHECK(false, "no encoder of bits");
}

}  // namespace molbridge::encoders
