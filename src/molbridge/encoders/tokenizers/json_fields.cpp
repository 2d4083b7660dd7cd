#include "molbridge/encoders/tokenizers/json_fields.hpp"

#include <algorithm>
#include <limits>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"

namespace molbridge::encoders {
namespace {

using Value = nlohmann::json;  // sorted objects: a lookup per token must not be a walk

constexpr int kDeepest = 100;

// Of what parses; the walk over sections below is recursive.
int depth_of(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

const Value& as_json(const void* value) { return *static_cast<const Value*>(value); }

}  // namespace

struct JsonFields::Document {
  Value root;
  std::string file;
};

JsonFields JsonFields::parse(std::string_view text, const std::string& file) {
  auto document = std::make_shared<Document>();
  document->file = file;
  if (depth_of(text) > kDeepest) throw Error(ErrorCode::kModel, "JSON is nested deeper than 100 levels").in_file(file);
  try {
    document->root = Value::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(ErrorCode::kModel, "is not JSON").at_offset(file, error.byte).remedy("download the file again");
  } catch (const nlohmann::json::exception&) {  // a number out of range
    throw Error(ErrorCode::kModel, "holds a number that no tokenizer has")
        .in_file(file)
        .remedy("download the file again");
  }
  const Value* root = &document->root;
  return JsonFields(std::move(document), root, "");
}

void JsonFields::refuse(const std::string& what) const {
  throw Error(ErrorCode::kModel, (way_.empty() ? what : way_ + ": " + what)).in_file(document_->file);
}

bool JsonFields::is_null() const { return as_json(value_).is_null(); }
bool JsonFields::is_object() const { return as_json(value_).is_object(); }
bool JsonFields::is_array() const { return as_json(value_).is_array(); }
bool JsonFields::is_string() const { return as_json(value_).is_string(); }
bool JsonFields::is_number() const { return as_json(value_).is_number(); }

std::optional<JsonFields> JsonFields::find(std::string_view key) const {
  const auto& json = as_json(value_);
  if (!json.is_object()) refuse("must be an object");
  const auto found = json.find(std::string(key));
  if (found == json.end() || found->is_null()) return std::nullopt;
  return JsonFields(document_, &*found, way_.empty() ? std::string(key) : way_ + "." + std::string(key));
}

bool JsonFields::has(std::string_view key) const { return find(key).has_value(); }

JsonFields JsonFields::at(std::string_view key) const {
  auto found = find(key);
  if (!found) refuse("lacks '" + std::string(key) + "'");
  return *std::move(found);
}

std::size_t JsonFields::size() const {
  const auto& json = as_json(value_);
  if (!json.is_array() && !json.is_object()) refuse("must be a list or an object");
  return json.size();
}

JsonFields JsonFields::at(std::size_t index) const {
  const auto& json = as_json(value_);
  if (!json.is_array() || index >= json.size()) refuse("lacks an element " + std::to_string(index));
  return JsonFields(document_, &json[index], way_ + "[" + std::to_string(index) + "]");
}

std::string JsonFields::text() const {
  if (!is_string()) refuse("must be a string");
  return as_json(value_).get<std::string>();
}

std::int64_t JsonFields::integer() const {
  const auto& json = as_json(value_);
  if (!json.is_number_integer()) refuse("must be an integer");
  if (json.is_number_unsigned() &&
      json.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return json.get<std::int64_t>();
}

double JsonFields::number() const {
  if (!is_number()) refuse("must be a number");
  return as_json(value_).get<double>();
}

bool JsonFields::boolean() const {
  if (!as_json(value_).is_boolean()) refuse("must be true or false");
  return as_json(value_).get<bool>();
}

std::string JsonFields::text(std::string_view key, std::string otherwise) const {
  const auto found = find(key);
  return found ? found->text() : std::move(otherwise);
}

bool JsonFields::boolean(std::string_view key, bool otherwise) const {
  const auto found = find(key);
  return found ? found->boolean() : otherwise;
}

std::int64_t JsonFields::integer(std::string_view key, std::int64_t otherwise) const {
  const auto found = find(key);
  return found ? found->integer() : otherwise;
}

void JsonFields::each_member(const std::function<void(const std::string&, const JsonFields&)>& visit) const {
  const auto& json = as_json(value_);
  if (!json.is_object()) refuse("must be an object");
  JsonFields field(document_, nullptr, way_);
  for (auto member = json.begin(); member != json.end(); ++member) {
    field.value_ = &*member;
    visit(member.key(), field);
  }
}

void JsonFields::each_element(const std::function<void(const JsonFields&)>& visit) const {
  const auto& json = as_json(value_);
  if (!json.is_array()) refuse("must be a list");
  JsonFields field(document_, nullptr, way_);
  for (std::size_t i = 0; i < json.size(); ++i) {
    field.value_ = &json[i];
    field.way_ = way_ + "[" + std::to_string(i) + "]";
    visit(field);
  }
}

}  // namespace molbridge::encoders
