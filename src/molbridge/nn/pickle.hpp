#pragma once
// Python pickles, protocols 0 to 5, as an inert tree. Nothing is imported, called or built: a class is its name, an object is the record of
// how Python would have made it. What the names mean is for the reader of the tree to judge (nn/torch_file.hpp does it for tensors).
//
// All nodes belong to one Tree, so objects that a pickle shares are one node, a list may contain itself, and a million nested lists are freed
// without recursion. Whoever walks a tree must therefore bound depth and steps: a small pickle can hold a graph with exponentially many
// paths. Memory: at most about 150 bytes per byte of the pickle, and the limits below. Format: docs/formats/torch.md.
// Threads: a finished tree is const and safe to share.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace molbridge::nn::pickle {

enum class Kind {
  kNone,
  kBool,
  kInt,     ///< fits 64 bits
  kBigInt,  ///< text: decimal, or 0x... of the two's complement magnitude with a sign
  kFloat,
  kString,  ///< text: UTF-8 as the file has it
  kBytes,
  kList,
  kTuple,
  kSet,
  kDict,
  kGlobal,  ///< text: "module.name"; a class or function
  kObject,  ///< type (args) [kwargs], then state, appended items and assigned pairs
  kPersistent,  ///< args: what the writer put in place of something stored outside, for PyTorch ('storage', type, key, location, count)
};
std::string_view name(Kind kind);

struct Node {
  Kind kind = Kind::kNone;
  union {
    std::int64_t integer = 0;  ///< also kBool
    double real;
  };
  std::string text;
  std::vector<const Node*> items;  ///< of lists, tuples, sets; appended to objects
  std::vector<std::pair<const Node*, const Node*>>
      pairs;                   ///< of dicts, in order, keys may repeat (the last one counts); set on objects
  const Node* type = nullptr;  ///< of objects: what would be called, mostly a kGlobal
  const Node* args = nullptr;
  const Node* kwargs = nullptr;
  const Node* state = nullptr;

  bool is_string() const { return kind == Kind::kString; }
  bool is_int() const { return kind == Kind::kInt; }
  /// Dict, OrderedDict, defaultdict and other objects that carry pairs.
  bool is_dict_like() const;
  /// An object (or call) of that type: "collections.OrderedDict".
  bool is_object(std::string_view qualified_name) const;
  /// Value of a string key of something dict-like; nullptr when absent. Cost: linear.
  const Node* find(std::string_view key) const;
  /// Attribute of an object: of its state, a dict or the pair (dict, dict of slots). nullptr when absent.
  const Node* attribute(std::string_view key) const;
  std::optional<std::int64_t> as_int() const;  ///< kInt and kBool
  std::optional<double> as_double() const;     ///< kFloat, kInt and kBool
};

struct Limits {
  std::uint64_t max_opcodes = 32'000'000;
  std::uint64_t max_nodes = 4'000'000;
};

class Tree {
 public:
  const Node& root() const { return *root_; }
  /// Every node, each once, in the order of the file.
  const std::deque<Node>& nodes() const { return nodes_; }
  /// Length of the pickle; bytes behind it are not looked at.
  std::size_t bytes_read() const { return bytes_read_; }

 private:
  friend class Machine;
  std::deque<Node> nodes_;
  const Node* root_ = nullptr;
  std::size_t bytes_read_ = 0;
};

/// `file` and `base` (offset of the pickle in it) are for messages. Errors: kModel with file and byte offset. Cost: linear.
std::shared_ptr<const Tree> parse(std::span<const std::byte> bytes, const std::string& file, std::uint64_t base = 0,
                                  const Limits& limits = {});

/// The tree's root as a pointer that keeps the whole tree alive.
std::shared_ptr<const Node> root_of(std::shared_ptr<const Tree> tree);

/// One line for people: "dodecahedron.Net(3, 'x')", nested things shortened to `max_length` bytes.
std::string describe(const Node& node, std::size_t max_length = 200);

}  // namespace molbridge::nn::pickle
