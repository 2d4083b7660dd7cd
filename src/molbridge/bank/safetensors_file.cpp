#include "molbridge/bank/safetensors_file.hpp"

#include <limits>

#include "molbridge/core/bytes.hpp"
#include "molbridge/core/json.hpp"

namespace molbridge::bank {
namespace {

constexpr std::uint64_t kHeaderLimit = 65536;
constexpr std::uint64_t kWrittenAlignment = 64;
constexpr std::uint64_t kReadAlignment = 8;
constexpr std::uint64_t kLengthBytes = 8;
constexpr std::string_view kRemedy = "The bank is damaged; build it again.";

Error damaged(const std::string& file, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(file).remedy(std::string(kRemedy));
}

std::uint64_t element_bytes(const std::string& dtype, const std::string& file) {
  if (dtype == "U8") return 1;
  if (dtype == "F16") return 2;
  if (dtype == "F32") return 4;
  if (dtype == "F64") return 8;
  throw damaged(file, "tensor of dtype " + dtype + ", a bank has U8, F16, F32 or F64");
}

/// Bytes of the shape; an overflow is an error, not a small number.
std::uint64_t shape_bytes(const TensorInfo& info, const std::string& file) {
  std::uint64_t bytes = element_bytes(info.dtype, file);
  for (const std::uint64_t size : info.shape) {
    if (size != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / size) {
      throw damaged(file, "shape of tensor " + info.name + " is too large");
    }
    bytes *= size;
  }
  return bytes;
}

Json parse_header(std::string_view text, const std::string& file) {
  Json header;
  try {
    header = Json::parse(text);
  } catch (const Json::exception& e) {  // also numbers beyond every range
    throw damaged(file, std::string("safetensors header is not valid JSON: ") + e.what());
  }
  if (!header.is_object()) throw damaged(file, "safetensors header is not an object");
  return header;
}

std::vector<std::uint64_t> unsigned_list(const Json& object, const char* key, const std::string& file) {
  const auto found = object.find(key);
  const bool ok = found != object.end() && found->is_array() && found->size() <= 8;
  if (!ok) throw damaged(file, std::string("safetensors header: ") + key + " must be a short list of whole numbers");
  std::vector<std::uint64_t> out;
  for (const auto& item : *found) {
    if (!item.is_number_unsigned())
      throw damaged(file, std::string("safetensors header: ") + key + " must hold whole numbers >= 0");
    out.push_back(item.get<std::uint64_t>());
  }
  return out;
}

TensorInfo read_tensor(const std::string& name, const Json& entry, std::uint64_t data_bytes, const std::string& file) {
  if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string()) {
    throw damaged(file, "safetensors header: tensor " + name + " has no dtype");
  }
  TensorInfo info{name, entry["dtype"].get<std::string>(), unsigned_list(entry, "shape", file), 0};
  info.bytes = shape_bytes(info, file);
  const auto offsets = unsigned_list(entry, "data_offsets", file);
  if (offsets.size() != 2 || offsets[0] != 0 || offsets[1] != info.bytes || info.bytes != data_bytes) {
    throw damaged(file, "tensor " + name + " must cover the data exactly: its shape asks for " +
                            std::to_string(info.bytes) + " bytes, the file has " + std::to_string(data_bytes));
  }
  return info;
}

std::string describe(const TensorInfo& info) {
  std::string shape;
  for (const auto size : info.shape) shape += (shape.empty() ? "" : ", ") + std::to_string(size);
  return info.name + " " + info.dtype + " [" + shape + "]";
}

}  // namespace

std::string safetensors_header(const TensorInfo& tensor) {
  Json header;
  header["__metadata__"]["format"] = "molbridge-bank";
  header[tensor.name] = {
      {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {std::uint64_t{0}, tensor.bytes}}};
  std::string text = header.dump();
  const std::uint64_t total = kLengthBytes + text.size();
  text.append((kWrittenAlignment - total % kWrittenAlignment) % kWrittenAlignment, ' ');
  const std::uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), kLengthBytes) + text;
}

TensorLocation parse_safetensors(std::span<const std::byte> bytes, const std::string& file) {
  return as_model_error([&] {
    ByteReader reader(bytes, file);
    const auto length = reader.number<std::uint64_t>("safetensors header length");
    if (length > kHeaderLimit)
      throw damaged(file, "safetensors header of " + std::to_string(length) + " bytes, at most 65536 are read");
    const auto text = reader.take(length, "safetensors header");
    const Json header = parse_header({reinterpret_cast<const char*>(text.data()), text.size()}, file);
    if (reader.offset() % kReadAlignment != 0) throw damaged(file, "data does not start at a multiple of 8 bytes");
    TensorLocation location;
    std::size_t tensors = 0;
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      if (++tensors == 1) location = {read_tensor(name, entry, reader.left(), file), reader.offset()};
    }
    if (tensors != 1) throw damaged(file, std::to_string(tensors) + " tensors, a file of a bank has one");
    return location;
  });
}

MappedTensor::MappedTensor(const std::string& path, const TensorInfo& expected)
    : file_(as_model_error([&] { return MappedFile::open(path); })) {
  const TensorLocation found = parse_safetensors(file_->bytes(), path);
  if (found.info != expected) {
    throw damaged(path, "holds " + describe(found.info) + ", the manifest asks for " + describe(expected));
  }
  data_ = file_->bytes().subspan(found.data_offset);
}

}  // namespace molbridge::bank
