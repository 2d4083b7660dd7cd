#include "molbridge/nn/pickle.hpp"

#include <array>
#include <cstring>
#include <map>

#include "molbridge/core/bytes.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/nn/pickle_opcodes.hpp"
#include "molbridge/nn/pickle_text.hpp"

namespace molbridge::nn::pickle {
namespace {

constexpr std::uint64_t kMaxProtocol = 5;
constexpr std::uint64_t kMaxNamedBytes = 1u << 20;

}  // namespace

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& file, std::uint64_t base, const Limits& limits)
      : bytes_(bytes),
        file_(file),
        base_(base),
        limits_(limits),
        reader_(bytes, file),
        tree_(std::make_shared<Tree>()) {
    none_ = make(Kind::kNone);
    true_ = make(Kind::kBool);
    true_->integer = 1;
    false_ = make(Kind::kBool);
  }

  std::shared_ptr<const Tree> run() {
    try {
      while (step()) {
      }
    } catch (const Error& e) {
      if (e.code() == ErrorCode::kModel) throw;
      throw damaged(e.message());  // the reader says kInput
    }
    tree_->bytes_read_ = reader_.offset();
    return std::move(tree_);
  }

 private:
  Error damaged(const std::string& message) const {
    return Error(ErrorCode::kModel, "damaged pickle: " + message)
        .at_offset(file_, base_ + at_)
        .remedy("fetch or copy the file again");
  }
  void require(bool condition, const char* message) const {
    if (!condition) throw damaged(message);
  }

  // --- stack and memo ---
  Node* make(Kind kind) {
    if (tree_->nodes_.size() >= limits_.max_nodes) {
      throw damaged("more than " + std::to_string(limits_.max_nodes) + " values");
    }
    Node& node = tree_->nodes_.emplace_back();
    node.kind = kind;
    return &node;
  }
  void push(Node* node) { stack_.push_back(node); }
  Node* push_text(Kind kind, std::string text) {
    push(make(kind));
    stack_.back()->text = std::move(text);
    return stack_.back();
  }
  void push_int(std::int64_t value) {
    push(make(Kind::kInt));
    stack_.back()->integer = value;
  }
  void push_float(double value) {
    push(make(Kind::kFloat));
    stack_.back()->real = value;
  }
  /// Values below the last mark are out of reach, as in Python.
  Node* top() const {
    require(stack_.size() > (marks_.empty() ? 0 : marks_.back()), "the stack is empty");
    return stack_.back();
  }
  Node* pop() {
    Node* node = top();
    stack_.pop_back();
    return node;
  }
  /// Everything above the last mark, which goes too.
  std::vector<const Node*> pop_to_mark() {
    require(!marks_.empty(), "no mark");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<const Node*> values(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return values;
  }
  void put(std::uint64_t index) {
    if (memo_.size() >= limits_.max_nodes) throw damaged("the memo is too large");
    memo_[index] = top();
  }
  void get(std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) throw damaged("memo " + std::to_string(index) + " was never filled");
    push(found->second);
  }

  // --- arguments of opcodes ---
  template <typename T>
  T number() {
    return reader_.number<T>("an argument");
  }
  std::string text(std::uint64_t length) {
    const auto part = reader_.take(length, "a text");
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }
  /// Up to the line end, which is taken too.
  std::string line() {
    const auto rest = bytes_.subspan(reader_.offset());
    const void* end = rest.empty() ? nullptr : std::memchr(rest.data(), '\n', rest.size());
    require(end != nullptr, "a line without end");
    std::string result = text(static_cast<std::size_t>(static_cast<const std::byte*>(end) - rest.data()));
    reader_.take(1, "line end");
    if (!result.empty() && result.back() == '\r') result.pop_back();
    return result;
  }
  std::uint64_t index_line() {
    const auto value = parse_int(line());
    require(value && *value >= 0, "no memo index");
    return static_cast<std::uint64_t>(*value);
  }

  // --- one opcode, by kind of work; each returns false when the opcode is not its own ---
  bool step();
  bool number_op(Op op);
  bool text_op(Op op);
  bool container_op(Op op);
  bool memo_op(Op op);
  bool class_op(Op op);
  bool object_op(Op op);

  void int_line(std::string text);
  void long_bytes(std::span<const std::byte> bytes);
  void tuple_of(std::size_t count);
  void append(const std::vector<const Node*>& values);
  void set_pairs(const std::vector<const Node*>& values, Node* target);
  void build();
  void object(const Node* type, const Node* args, const Node* kwargs);
  void object_from_mark(const Node* type, std::vector<const Node*> values);
  /// Of GLOBAL and INST: two lines.
  std::string class_lines() {
    const std::string module = line();
    return module + "." + line();
  }
  void stack_global();
  void persistent(const Node* id) {
    push(make(Kind::kPersistent));
    stack_.back()->args = id;
  }
  void extension(std::uint32_t code) { push_text(Kind::kGlobal, "copyreg.extension_" + std::to_string(code)); }

  std::span<const std::byte> bytes_;
  const std::string& file_;
  std::uint64_t base_, at_ = 0, opcodes_ = 0, named_bytes_ = 0;
  Limits limits_;
  ByteReader reader_;
  std::shared_ptr<Tree> tree_;
  std::vector<Node*> stack_;
  std::vector<std::size_t> marks_;
  std::map<std::uint64_t, Node*> memo_;  // ordered: the file chooses the indices, so no hashing
  Node *none_, *true_, *false_;
};

bool Machine::step() {
  at_ = reader_.offset();
  if (++opcodes_ > limits_.max_opcodes) {
    throw damaged("more than " + std::to_string(limits_.max_opcodes) + " instructions");
  }
  const auto op = static_cast<Op>(number<unsigned char>());
  if (op == Op::kStop) {
    tree_->root_ = pop();
    return false;
  }
  if (op == Op::kProto) {
    require(number<std::uint8_t>() <= kMaxProtocol, "a newer protocol than 5");
  } else if (op == Op::kFrame) {
    require(number<std::uint64_t>() <= reader_.left(), "a frame reaches beyond the file");
  } else if (!memo_op(op) && !number_op(op) && !text_op(op) && !container_op(op) && !class_op(op) && !object_op(op)) {
    throw damaged("unknown instruction " + std::to_string(static_cast<unsigned>(op)));
  }
  return true;
}

bool Machine::memo_op(Op op) {
  switch (op) {
    case Op::kBinPut: put(number<std::uint8_t>()); return true;
    case Op::kLongBinPut: put(number<std::uint32_t>()); return true;
    case Op::kPut: put(index_line()); return true;
    case Op::kMemoize: put(memo_.size()); return true;
    case Op::kBinGet: get(number<std::uint8_t>()); return true;
    case Op::kLongBinGet: get(number<std::uint32_t>()); return true;
    case Op::kGet: get(index_line()); return true;
    case Op::kMark: marks_.push_back(stack_.size()); return true;
    case Op::kDup: push(top()); return true;
    case Op::kPopMark: pop_to_mark(); return true;
    case Op::kPop:  // of a mark, when that is what lies on top
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
      } else {
        pop();
      }
      return true;
    default: return false;
  }
}

void Machine::int_line(std::string text) {
  if (text == "00") return push(false_);
  if (text == "01") return push(true_);
  if (!text.empty() && text.back() == 'L') text.pop_back();
  if (const auto value = parse_int(text)) return push_int(*value);
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  require(text.size() > first && text.find_first_not_of("0123456789", first) == std::string::npos, "no whole number");
  push_text(Kind::kBigInt, std::move(text));
}

void Machine::long_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() > 8) {
    push_text(Kind::kBigInt, hex_of_little_endian(bytes));
    return;
  }
  const bool negative = !bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{0};
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
  push_int(static_cast<std::int64_t>(value));
}

bool Machine::number_op(Op op) {
  switch (op) {
    case Op::kNone: push(none_); return true;
    case Op::kNewTrue: push(true_); return true;
    case Op::kNewFalse: push(false_); return true;
    case Op::kBinInt: push_int(number<std::int32_t>()); return true;
    case Op::kBinInt1: push_int(number<std::uint8_t>()); return true;
    case Op::kBinInt2: push_int(number<std::uint16_t>()); return true;
    case Op::kInt:
    case Op::kLong: int_line(line()); return true;
    case Op::kLong1: long_bytes(reader_.take(number<std::uint8_t>(), "a number")); return true;
    case Op::kLong4: {
      const auto length = number<std::int32_t>();
      require(length >= 0, "a number of negative length");
      long_bytes(reader_.take(static_cast<std::uint64_t>(length), "a number"));
      return true;
    }
    case Op::kFloat: {
      const auto value = parse_double(line());
      require(value.has_value(), "no number");
      push_float(*value);
      return true;
    }
    case Op::kBinFloat:  // the one big-endian field of the format
      push_float(std::bit_cast<double>(__builtin_bswap64(number<std::uint64_t>())));
      return true;
    default: return false;
  }
}

bool Machine::text_op(Op op) {
  switch (op) {
    case Op::kBinUnicode: push_text(Kind::kString, text(number<std::uint32_t>())); return true;
    case Op::kShortBinUnicode: push_text(Kind::kString, text(number<std::uint8_t>())); return true;
    case Op::kBinUnicode8: push_text(Kind::kString, text(number<std::uint64_t>())); return true;
    case Op::kBinString:
      push_text(Kind::kString, text(number<std::uint32_t>()));
      return true;  // a negative length is too long
    case Op::kShortBinString: push_text(Kind::kString, text(number<std::uint8_t>())); return true;
    case Op::kBinBytes: push_text(Kind::kBytes, text(number<std::uint32_t>())); return true;
    case Op::kShortBinBytes: push_text(Kind::kBytes, text(number<std::uint8_t>())); return true;
    case Op::kBinBytes8:
    case Op::kByteArray8: push_text(Kind::kBytes, text(number<std::uint64_t>())); return true;
    case Op::kString: {
      auto value = unquote(line());
      require(value.has_value(), "a string without quotes");
      push_text(Kind::kString, std::move(*value));
      return true;
    }
    case Op::kUnicode: push_text(Kind::kString, decode_raw_unicode_escape(line())); return true;
    case Op::kNextBuffer:
    case Op::kReadonlyBuffer: throw damaged("it refers to buffers outside the file");
    default: return false;
  }
}

void Machine::tuple_of(std::size_t count) {
  std::vector<const Node*> items(count);
  for (std::size_t i = count; i-- > 0;) items[i] = pop();
  push(make(Kind::kTuple));
  stack_.back()->items = std::move(items);
}

void Machine::append(const std::vector<const Node*>& values) {
  Node* target = top();
  require(target->kind == Kind::kList || target->kind == Kind::kObject, "items for something that is no list");
  target->items.insert(target->items.end(), values.begin(), values.end());
}

void Machine::set_pairs(const std::vector<const Node*>& values, Node* target) {
  require(target->kind == Kind::kDict || target->kind == Kind::kObject, "keys for something that is no dictionary");
  require(values.size() % 2 == 0, "a key without a value");
  for (std::size_t i = 0; i < values.size(); i += 2) target->pairs.emplace_back(values[i], values[i + 1]);
}

bool Machine::container_op(Op op) {
  const auto of_mark = [this](Kind kind) {
    std::vector<const Node*> items = pop_to_mark();
    push(make(kind));
    stack_.back()->items = std::move(items);
  };
  switch (op) {
    case Op::kEmptyList: push(make(Kind::kList)); return true;
    case Op::kEmptyTuple: push(make(Kind::kTuple)); return true;
    case Op::kEmptySet: push(make(Kind::kSet)); return true;
    case Op::kEmptyDict: push(make(Kind::kDict)); return true;
    case Op::kList: of_mark(Kind::kList); return true;
    case Op::kTuple: of_mark(Kind::kTuple); return true;
    case Op::kFrozenSet: of_mark(Kind::kSet); return true;
    case Op::kTuple1: tuple_of(1); return true;
    case Op::kTuple2: tuple_of(2); return true;
    case Op::kTuple3: tuple_of(3); return true;
    case Op::kAppend: append({pop()}); return true;
    case Op::kAppends: append(pop_to_mark()); return true;
    case Op::kAddItems: {
      const auto values = pop_to_mark();
      require(top()->kind == Kind::kSet || top()->kind == Kind::kObject, "members for something that is no set");
      top()->items.insert(top()->items.end(), values.begin(), values.end());
      return true;
    }
    case Op::kDict: {
      const auto values = pop_to_mark();
      push(make(Kind::kDict));
      set_pairs(values, stack_.back());
      return true;
    }
    case Op::kSetItem: {
      const Node* value = pop();
      const Node* key = pop();
      set_pairs({key, value}, top());
      return true;
    }
    case Op::kSetItems: {
      const auto values = pop_to_mark();
      set_pairs(values, top());
      return true;
    }
    default: return false;
  }
}

void Machine::object(const Node* type, const Node* args, const Node* kwargs) {
  require(args->kind == Kind::kTuple, "arguments that are no tuple");
  push(make(Kind::kObject));
  stack_.back()->type = type;
  stack_.back()->args = args;
  stack_.back()->kwargs = kwargs;
}

void Machine::object_from_mark(const Node* type, std::vector<const Node*> values) {
  Node* args = make(Kind::kTuple);
  args->items = std::move(values);
  object(type, args, nullptr);
}

void Machine::build() {
  const Node* state = pop();
  Node* target = top();
  require(target->kind == Kind::kObject, "state for something that is no object");
  target->state = state;
}

void Machine::stack_global() {
  const Node* name = pop();
  const Node* module = pop();
  require(name->is_string() && module->is_string(), "a class without a name");
  named_bytes_ += name->text.size() + module->text.size();  // two texts of the memo may be used again and again
  require(named_bytes_ <= kMaxNamedBytes + 4 * bytes_.size(), "names of classes beyond all measure");
  push_text(Kind::kGlobal, module->text + "." + name->text);
}

bool Machine::class_op(Op op) {
  switch (op) {
    case Op::kGlobal: push_text(Kind::kGlobal, class_lines()); return true;
    case Op::kStackGlobal: stack_global(); return true;
    case Op::kExt1: extension(number<std::uint8_t>()); return true;
    case Op::kExt2: extension(number<std::uint16_t>()); return true;
    case Op::kExt4: extension(number<std::uint32_t>()); return true;
    default: return false;
  }
}

bool Machine::object_op(Op op) {
  switch (op) {
    case Op::kReduce:
    case Op::kNewObj: {
      const Node* args = pop();
      object(pop(), args, nullptr);
      return true;
    }
    case Op::kNewObjEx: {
      const Node* kwargs = pop();
      const Node* args = pop();
      object(pop(), args, kwargs);
      return true;
    }
    case Op::kInst: {
      Node* type = make(Kind::kGlobal);
      type->text = class_lines();
      object_from_mark(type, pop_to_mark());
      return true;
    }
    case Op::kObj: {
      auto values = pop_to_mark();
      require(!values.empty(), "an object without a class");
      const Node* type = values.front();
      values.erase(values.begin());
      object_from_mark(type, std::move(values));
      return true;
    }
    case Op::kBuild: build(); return true;
    case Op::kBinPersId: persistent(pop()); return true;
    case Op::kPersId: {
      Node* id = make(Kind::kString);
      id->text = line();
      persistent(id);
      return true;
    }
    default: return false;
  }
}

std::shared_ptr<const Tree> parse(std::span<const std::byte> bytes, const std::string& file, std::uint64_t base,
                                  const Limits& limits) {
  return Machine(bytes, file, base, limits).run();
}

std::shared_ptr<const Node> root_of(std::shared_ptr<const Tree> tree) {
  const Node* root = &tree->root();
  return {std::move(tree), root};
}

}  // namespace molbridge::nn::pickle
