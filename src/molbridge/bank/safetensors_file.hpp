#pragma once
// A safetensors file with one tensor: header maker and checked reader. Private to the bank, which may not use the nn
// module. Format: docs/formats/bank.md.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/files.hpp"

namespace molbridge::bank {

/// What the header says of a tensor. `dtype` is the safetensors name: "F32", "F16", "U8", "F64".
struct TensorInfo {
  std::string name;
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::uint64_t bytes = 0;

  bool operator==(const TensorInfo&) const = default;
};

/// Length and JSON, padded so that the data after it starts at a multiple of 64 bytes.
std::string safetensors_header(const TensorInfo& tensor);

/// The one tensor of a file and where its data begins.
struct TensorLocation {
  TensorInfo info;
  std::uint64_t data_offset = 0;
};

/// Checks everything that the format page asks for. Errors: kModel with `file`, and offset where there is one.
TensorLocation parse_safetensors(std::span<const std::byte> bytes, const std::string& file);

/// A mapped file whose tensor is exactly `expected`. Errors: kModel, with expected and found.
class MappedTensor {
 public:
  MappedTensor(const std::string& path, const TensorInfo& expected);
  std::span<const std::byte> data() const { return data_; }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::span<const std::byte> data_;
};

/// Calls work(), and lets errors of reading (kInput) leave as kModel: a file of a bank is not the user's input.
template <typename Work>
auto as_model_error(const Work& work) {
  try {
    return work();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kInput) throw;
    throw Error(ErrorCode::kModel, e.message()).in_file(e.position().file).remedy(e.remedy_text());
  }
}

}  // namespace molbridge::bank
