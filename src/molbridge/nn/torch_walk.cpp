#include "molbridge/nn/torch_walk.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/nn/torch_tensor.hpp"

namespace molbridge::nn {
namespace {

using pickle::Kind;
using pickle::Node;

constexpr int kMaxDepth = 64, kMaxSteppedInto = 4;
constexpr std::size_t kMaxName = 1024;
constexpr std::uint64_t kNameBytesPerStep = 16;

/// Where trainers put the weights, the likeliest first.
constexpr std::array<std::string_view, 7> kWeightKeys{"state_dict", "model_state_dict", "model",      "module",
                                                      "net",        "network",          "model_state"};
constexpr std::array<std::string_view, 20> kOtherKeys{"optimizer_states",
                                                      "optimizer",
                                                      "optimizers",
                                                      "optimizer_state_dict",
                                                      "optim",
                                                      "opt",
                                                      "callbacks",
                                                      "loops",
                                                      "lr_schedulers",
                                                      "lr_scheduler",
                                                      "scheduler",
                                                      "schedulers",
                                                      "hparams",
                                                      "hyper_parameters",
                                                      "args",
                                                      "rng_state",
                                                      "cuda_rng_state",
                                                      "amp_scaling_state",
                                                      "scaler",
                                                      "extra_state"};
/// Where torch.nn.Module keeps what it holds; no part of the names.
constexpr std::array<std::string_view, 3> kModuleParts{"_parameters", "_buffers", "_modules"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view key) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

/// Counts tensors below a node, each once over the life of the counter. Iterative: nesting has no limit here.
class TensorCounter {
 public:
  /// Stops at `most`, which leaves the rest uncounted.
  std::uint64_t count(const Node& root, std::uint64_t most = ~std::uint64_t{0}) {
    std::uint64_t tensors = 0;
    std::vector<const Node*> stack{&root};
    while (!stack.empty() && tensors < most) {
      const Node* node = stack.back();
      stack.pop_back();
      if (node == nullptr || !seen_.insert(node).second) continue;
      if (is_tensor(*node)) {
        ++tensors;
        continue;
      }
      stack.insert(stack.end(), {node->type, node->args, node->kwargs, node->state});
      stack.insert(stack.end(), node->items.begin(), node->items.end());
      for (const auto& [key, value] : node->pairs) stack.insert(stack.end(), {key, value});
    }
    return tensors;
  }

 private:
  std::unordered_set<const Node*> seen_;
};

class Walker {
 public:
  Walker(const std::string& path, std::uint64_t budget)
      : path_(path), budget_(budget), name_budget_(kNameBytesPerStep * budget) {}

  NamedNodes take(const Node& root) {
    const Node* weights = step_in(root);
    if (is_tensor(*weights)) {
      result_.tensors["tensor"] = weights;
    } else {
      walk(*weights, "", 0);
    }
    return std::move(result_);
  }

 private:
  Error refused(const std::string& message) const {
    return Error(ErrorCode::kModel, message).in_file(path_).remedy("save the state_dict of the model alone");
  }
  const Node* step_in(const Node& root);
  void drop_others(const Node& dictionary, const Node* kept);
  void walk(const Node& node, const std::string& prefix, int depth);
  void walk_pairs(const Node& node, const std::string& prefix, int depth, bool of_module);
  std::string joined(const std::string& prefix, const Node& key) const;

  const std::string& path_;
  std::uint64_t budget_, name_budget_;
  NamedNodes result_;
  std::unordered_set<const Node*> not_weights_;
};

const Node* Walker::step_in(const Node& root) {
  const Node* node = &root;
  for (int i = 0; i < kMaxSteppedInto && node->is_dict_like(); ++i) {
    const auto& pairs = node->pairs;
    // Inside the weights "model" may be the name of a part beside others.
    if (i > 0 && std::any_of(pairs.begin(), pairs.end(), [](const auto& pair) { return is_tensor(*pair.second); }))
      break;
    const Node* next = nullptr;
    TensorCounter counter;  // one for all keys: what held no tensor under one of them holds none under the next
    for (const std::string_view key : kWeightKeys) {
      const Node* value = node->find(key);
      if (value == nullptr || is_tensor(*value) || counter.count(*value, 1) == 0) continue;
      next = value;
      break;
    }
    drop_others(*node, next);
    if (next == nullptr) break;
    node = next;
  }
  return node;
}

/// Lists what is no weight. With nothing to keep, only what is known to be something else is left out.
void Walker::drop_others(const Node& dictionary, const Node* kept) {
  TensorCounter counter;
  if (kept != nullptr) counter.count(*kept);
  for (const auto& [key, value] : dictionary.pairs) {
    if (value == kept) continue;
    if (kept == nullptr && (is_tensor(*value) || !key->is_string() || !contains(kOtherKeys, key->text))) continue;
    not_weights_.insert(value);
    const std::uint64_t tensors = counter.count(*value);
    if (tensors == 0) continue;
    const std::string name = key->is_string() ? key->text.substr(0, kMaxName) : pickle::describe(*key);
    result_.dropped.push_back(name + ": " + format_count(tensors) + (tensors == 1 ? " tensor" : " tensors") +
                              ", not read");
  }
}

std::string Walker::joined(const std::string& prefix, const Node& key) const {
  const std::string own = key.is_string() ? key.text : key.kind == Kind::kInt ? std::to_string(key.integer) : "";
  if (prefix.size() + own.size() >= kMaxName)
    throw refused("the name of a tensor is longer than 1,024 bytes: " + prefix);
  return prefix.empty() ? own : prefix + "." + own;
}

void Walker::walk_pairs(const Node& node, const std::string& prefix, int depth, bool of_module) {
  for (const auto& [key, value] : node.pairs) {
    const bool part = of_module && key->is_string() && contains(kModuleParts, key->text) && value->is_dict_like();
    if (part) {
      walk_pairs(*value, prefix, depth + 1, false);
    } else if (key->is_string() || key->kind == Kind::kInt) {
      walk(*value, joined(prefix, *key), depth + 1);
    }
  }
}

void Walker::walk(const Node& node, const std::string& prefix, int depth) {
  if (budget_-- == 0) throw refused("the parts of the model refer to each other in too many ways");
  if (is_tensor(node)) {
    if (prefix.size() > name_budget_) throw refused("the names of tensors are longer than the file can justify");
    name_budget_ -= prefix.size();
    result_.tensors[prefix] = &node;
    return;
  }
  const bool nested =
      node.kind == Kind::kList || node.kind == Kind::kTuple || node.kind == Kind::kDict || node.kind == Kind::kObject;
  if (!nested || not_weights_.contains(&node)) return;
  if (depth > kMaxDepth) throw refused("the model is nested more than 64 levels deep");
  if (node.is_dict_like()) return walk_pairs(node, prefix, depth, false);
  if (node.kind == Kind::kObject) {
    if (node.state != nullptr && node.state->is_dict_like()) return walk_pairs(*node.state, prefix, depth, true);
    const bool script_list = node.type->text.starts_with("torch.jit._pickle.") && !node.args->items.empty();
    if (script_list) walk(*node.args->items.front(), prefix, depth + 1);
    return;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string name = std::to_string(i);
    walk(*node.items[i], prefix.empty() ? name : prefix + "." + name, depth + 1);
  }
}

}  // namespace

NamedNodes find_weights(const Node& root, const std::string& path, std::uint64_t budget) {
  return Walker(path, budget).take(root);
}

}  // namespace molbridge::nn
