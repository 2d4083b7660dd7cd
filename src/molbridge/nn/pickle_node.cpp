// Looking things up in a tree, and a line about a node for people.

#include "molbridge/core/text.hpp"
#include "molbridge/nn/pickle.hpp"

namespace molbridge::nn::pickle {
namespace {

constexpr int kDescribeDepth = 8;

class Describer {
 public:
  explicit Describer(std::size_t max_length) : max_length_(max_length) {}
  /// False when there is no room left; then nothing more is visited, which bounds the work on any graph.
  bool visit(const Node& node, int depth);
  std::string take() { return std::move(out_); }

 private:
  bool add(std::string_view text) {
    if (out_.size() + text.size() > max_length_) {
      out_ += std::string(text.substr(0, max_length_ - out_.size())) + "...";
      return false;
    }
    out_ += text;
    return true;
  }
  bool items(const Node& node, std::string_view open, std::string_view close, int depth);
  bool pairs(const Node& node, int depth);
  bool object(const Node& node, int depth);

  std::size_t max_length_;
  std::string out_;
};

bool Describer::items(const Node& node, std::string_view open, std::string_view close, int depth) {
  if (!add(open)) return false;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if ((i > 0 && !add(", ")) || !visit(*node.items[i], depth)) return false;
  }
  return add(close);
}

bool Describer::pairs(const Node& node, int depth) {
  if (!add("{")) return false;
  for (std::size_t i = 0; i < node.pairs.size(); ++i) {
    if ((i > 0 && !add(", ")) || !visit(*node.pairs[i].first, depth) || !add(": ") ||
        !visit(*node.pairs[i].second, depth)) {
      return false;
    }
  }
  return add("}");
}

bool Describer::object(const Node& node, int depth) {
  if (!visit(*node.type, depth) || !(node.args->items.empty() ? add("()") : items(*node.args, "(", ")", depth)))
    return false;
  if (!node.items.empty() && (!add(" ") || !items(node, "[", "]", depth))) return false;
  if (!node.pairs.empty() && (!add(" ") || !pairs(node, depth))) return false;
  return node.state == nullptr || (add(" with ") && visit(*node.state, depth));
}

bool Describer::visit(const Node& node, int depth) {
  if (depth > kDescribeDepth) return add("_");
  switch (node.kind) {
    case Kind::kNone: return add("None");
    case Kind::kBool: return add(node.integer != 0 ? "True" : "False");
    case Kind::kInt: return add(std::to_string(node.integer));
    case Kind::kFloat: return add(format_shortest(node.real));
    case Kind::kBigInt:
    case Kind::kGlobal: return add(node.text);
    case Kind::kString: return add("'") && add(node.text) && add("'");
    case Kind::kBytes: return add("bytes of length " + std::to_string(node.text.size()));
    case Kind::kList: return items(node, "[", "]", depth + 1);
    case Kind::kTuple: return items(node, "(", ")", depth + 1);
    case Kind::kSet: return items(node, "{", "}", depth + 1);
    case Kind::kDict: return pairs(node, depth + 1);
    case Kind::kObject: return object(node, depth + 1);
    case Kind::kPersistent: return add("external ") && visit(*node.args, depth + 1);
  }
  return false;
}

}  // namespace

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::kNone: return "None";
    case Kind::kBool: return "bool";
    case Kind::kInt:
    case Kind::kBigInt: return "int";
    case Kind::kFloat: return "float";
    case Kind::kString: return "string";
    case Kind::kBytes: return "bytes";
    case Kind::kList: return "list";
    case Kind::kTuple: return "tuple";
    case Kind::kSet: return "set";
    case Kind::kDict: return "dict";
    case Kind::kGlobal: return "class";
    case Kind::kObject: return "object";
    case Kind::kPersistent: return "external";
  }
  return "";
}

bool Node::is_dict_like() const {
  return kind == Kind::kDict || is_object("collections.OrderedDict") || is_object("collections.defaultdict") ||
         (kind == Kind::kObject && !pairs.empty());
}

bool Node::is_object(std::string_view qualified_name) const {
  return kind == Kind::kObject && type->kind == Kind::kGlobal && type->text == qualified_name;
}

const Node* Node::find(std::string_view key) const {
  const Node* found = nullptr;
  for (const auto& [k, v] : pairs) {
    if (k->is_string() && k->text == key) found = v;
  }
  return found;
}

const Node* Node::attribute(std::string_view key) const {
  if (kind != Kind::kObject || state == nullptr) return nullptr;
  if (state->is_dict_like()) return state->find(key);
  if (state->kind != Kind::kTuple) return nullptr;
  for (const Node* part : state->items) {
    if (const Node* found = part->find(key)) return found;
  }
  return nullptr;
}

std::optional<std::int64_t> Node::as_int() const {
  return kind == Kind::kInt || kind == Kind::kBool ? std::optional(integer) : std::nullopt;
}

std::optional<double> Node::as_double() const {
  if (kind == Kind::kFloat) return real;
  if (const auto value = as_int()) return static_cast<double>(*value);
  return std::nullopt;
}

std::string describe(const Node& node, std::size_t max_length) {
  Describer describer(max_length);
  describer.visit(node, 0);
  return valid_utf8(describer.take());
}

}  // namespace molbridge::nn::pickle
