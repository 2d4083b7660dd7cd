#include "molbridge/nn/safetensors.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "molbridge/core/bytes.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::nn {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // limit of the format
constexpr std::uint64_t kAlignment = 64;

struct TypeRow {
  ElementType type;
  std::string_view name;
  std::size_t size;
};
constexpr std::array<TypeRow, 10> kTypes{{{ElementType::kF64, "F64", 8},
                                          {ElementType::kF32, "F32", 4},
                                          {ElementType::kF16, "F16", 2},
                                          {ElementType::kBF16, "BF16", 2},
                                          {ElementType::kI64, "I64", 8},
                                          {ElementType::kI32, "I32", 4},
                                          {ElementType::kI16, "I16", 2},
                                          {ElementType::kI8, "I8", 1},
                                          {ElementType::kU8, "U8", 1},
                                          {ElementType::kBool, "BOOL", 1}}};

const TypeRow& row_of(ElementType type) {
  return *std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& row) { return row.type == type; });
}

Error damaged(const std::string& path, const std::string& message) {
  return Error(ErrorCode::kModel, "damaged safetensors file: " + message).at_offset(path, 8);
}

/// Number of bytes of a tensor; nullopt on overflow or a negative dimension.
std::optional<std::uint64_t> byte_count(const std::vector<std::int64_t>& shape, std::size_t size) {
  std::uint64_t count = size;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(dimension), &count))
      return std::nullopt;
  }
  return count;
}

struct Extent {
  std::uint64_t begin, end;
};

std::uint64_t unsigned_of(const Json& value, const std::string& path, const std::string& tensor) {
  if (!value.is_number_unsigned()) throw damaged(path, "tensor " + tensor + " has an offset that is no count");
  return value.get<std::uint64_t>();
}

struct ParsedEntry {
  TensorView view;
  std::string refused;  ///< the dtype, when it is not read
  Extent extent;
};

Extent parse_extent(const std::string& tensor, const Json& entry, std::uint64_t size, const std::string& path) {
  const Json& offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2) {
    throw damaged(path, "tensor " + tensor + " has no proper data_offsets");
  }
  const Extent extent{unsigned_of(offsets[0], path, tensor), unsigned_of(offsets[1], path, tensor)};
  if (extent.begin > extent.end || extent.end > size) {
    throw damaged(path, "tensor " + tensor + " does not fit the file (bytes " + std::to_string(extent.begin) + " to " +
                            std::to_string(extent.end) + " of " + std::to_string(size) + ")");
  }
  return extent;
}

std::vector<std::int64_t> parse_shape(const std::string& tensor, const Json& shape, const std::string& path) {
  if (!shape.is_array() || shape.size() > 16) throw damaged(path, "tensor " + tensor + " has no proper shape");
  std::vector<std::int64_t> sizes;
  for (const Json& dimension : shape) {
    if (!dimension.is_number_unsigned()) throw damaged(path, "tensor " + tensor + " has a dimension that is no count");
    sizes.push_back(dimension.get<std::int64_t>());
  }
  return sizes;
}

/// Parses one entry of the header and checks it against the size of the data section.
ParsedEntry parse_entry(const std::string& tensor, const Json& entry, std::span<const std::byte> data,
                        const std::string& path) {
  if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets")) {
    throw damaged(path, "tensor " + tensor + " lacks dtype, shape or data_offsets");
  }
  const Json& dtype = entry["dtype"];
  if (!dtype.is_string()) throw damaged(path, "tensor " + tensor + " has the unsupported dtype " + dtype.dump());
  const auto type = std::find_if(kTypes.begin(), kTypes.end(),
                                 [&](const TypeRow& row) { return dtype.get<std::string>() == row.name; });
  ParsedEntry parsed{{}, {}, parse_extent(tensor, entry, data.size(), path)};
  parsed.view.shape = parse_shape(tensor, entry["shape"], path);
  if (type == kTypes.end()) {
    parsed.refused = dtype.get<std::string>();
    return parsed;
  }
  parsed.view.type = type->type;
  const auto expected = byte_count(parsed.view.shape, type->size);
  if (!expected || *expected != parsed.extent.end - parsed.extent.begin) {
    throw damaged(path, "tensor " + tensor + " does not fit its shape (bytes " + std::to_string(parsed.extent.begin) +
                            " to " + std::to_string(parsed.extent.end) + ")");
  }
  parsed.view.bytes = data.subspan(parsed.extent.begin, *expected);
  return parsed;
}

void check_overlaps(std::vector<Extent> extents, const std::string& path) {
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  for (std::size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].begin < extents[i - 1].end) throw damaged(path, "tensors overlap");
  }
}

/// Depth is bounded so that a hostile header cannot exhaust the stack of the JSON parser.
void check_depth(std::string_view header, const std::string& path) {
  int depth = 0;
  for (const char c : header) {
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth > 64) throw damaged(path, "header is nested too deeply");
  }
}

}  // namespace

std::size_t element_size(ElementType type) { return row_of(type).size; }
std::string_view name(ElementType type) { return row_of(type).name; }

SafetensorsFile SafetensorsFile::open(const std::string& path) {
  SafetensorsFile result;
  try {
    result.file_ = MappedFile::open(path);
  } catch (const Error& e) {
    throw Error(ErrorCode::kModel, e.message()).in_file(path);
  }
  const auto bytes = result.file_->bytes();
  if (bytes.size() < 8) throw damaged(path, "shorter than its 8-byte length field");
  ByteReader reader(bytes, path);
  const auto length = reader.number<std::uint64_t>("header length");
  if (length > kMaxHeaderBytes || length > reader.left()) {
    throw damaged(path, "the header claims " + std::to_string(length) + " bytes");
  }
  const auto header_bytes = reader.take(length, "header");
  const std::string_view header(reinterpret_cast<const char*>(header_bytes.data()), header_bytes.size());
  check_depth(header, path);
  const auto data = bytes.subspan(reader.offset());
  const Json json = Json::parse(header, nullptr, false);
  if (!json.is_object()) throw damaged(path, "the header is not a JSON object");
  std::vector<Extent> extents;
  for (const auto& [key, entry] : json.items()) {
    if (key == "__metadata__") {
      if (!entry.is_object()) throw damaged(path, "__metadata__ is not an object");
      for (const auto& [k, v] : entry.items()) result.metadata_[k] = v.is_string() ? v.get<std::string>() : v.dump();
      continue;
    }
    ParsedEntry parsed = parse_entry(key, entry, data, path);
    extents.push_back(parsed.extent);
    const bool added = parsed.refused.empty() ? result.tensors_.emplace(key, std::move(parsed.view)).second
                                              : result.refused_.emplace(key, std::move(parsed.refused)).second;
    if (!added) throw damaged(path, "tensor " + key + " stands twice");
  }
  check_overlaps(std::move(extents), path);
  return result;
}

const TensorView& SafetensorsFile::at(const std::string& name) const {
  if (const auto found = tensors_.find(name); found != tensors_.end()) return found->second;
  if (const auto found = refused_.find(name); found != refused_.end()) {
    throw Error(ErrorCode::kModel, "tensor " + name + " has the dtype " + found->second + ", which is not read")
        .in_file(path());
  }
  std::vector<std::string> names;
  for (const auto& [key, view] : tensors_) names.push_back(key);
  std::string message = "has no tensor " + name;
  if (const auto guess = nearest(name, names)) message += " (there is " + *guess + ")";
  throw Error(ErrorCode::kModel, message).in_file(path());
}

void SafetensorsWriter::add(const std::string& name, ElementType type, std::vector<std::int64_t> shape,
                            std::span<const std::byte> bytes) {
  const auto expected = byte_count(shape, element_size(type));
  MOLBRIDGE_CHECK(expected && *expected == bytes.size(), name);
  std::vector<std::byte> owned(bytes.begin(), bytes.end());
  const std::span<const std::byte> view = owned;  // stays valid: moving a vector does not move its elements
  entries_[name] = {type, std::move(shape), view, std::move(owned), {}};
}

void SafetensorsWriter::add_view(const std::string& name, ElementType type, std::vector<std::int64_t> shape,
                                 std::span<const std::byte> bytes, std::function<void()> release) {
  const auto expected = byte_count(shape, element_size(type));
  MOLBRIDGE_CHECK(expected && *expected == bytes.size(), name);
  entries_[name] = {type, std::move(shape), bytes, {}, std::move(release)};
}

void SafetensorsWriter::write(const std::string& path) const {
  Json header = Json::object();
  if (!metadata_.empty()) header["__metadata__"] = metadata_;
  std::uint64_t offset = 0;
  for (const auto& [name, entry] : entries_) {
    header[name] = {{"dtype", nn::name(entry.type)},
                    {"shape", entry.shape},
                    {"data_offsets", {offset, offset + entry.bytes.size()}}};
    offset += entry.bytes.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 8 + kAlignment - 1) / kAlignment * kAlignment - 8,
              ' ');  // so that the data starts aligned
  const std::uint64_t length = text.size();
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(text);
  for (const auto& [name, entry] : entries_) {
    constexpr std::size_t kBlock = std::size_t{1} << 20;  // the file's buffer takes in what it is given at once
    for (auto rest = entry.bytes; !rest.empty(); rest = rest.subspan(std::min(kBlock, rest.size())))
      file.write(rest.first(std::min(kBlock, rest.size())));
    if (entry.release) entry.release();
  }
  file.commit();
}

}  // namespace molbridge::nn
