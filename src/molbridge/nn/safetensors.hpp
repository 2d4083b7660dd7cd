#pragma once
// The safetensors container: an 8-byte header length, a JSON header, then raw little-endian tensors. Read through a memory map.
//
// Nothing in the header is believed: its size, every offset, every product of a shape and the absence of overlaps and holes are
// checked before a byte of data is touched. Source: the published format description of safetensors; docs/formats/model.md.
// Threads: const use is safe.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/core/files.hpp"

namespace molbridge::nn {

/// Element types this project reads. A tensor of another type (F8_E4M3, U16) is an error only when it is asked for.
enum class ElementType { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8, kBool };
std::size_t element_size(ElementType type);
std::string_view name(ElementType type);

/// Shapes are row-major, outermost first. `bytes` points into the map of the file that gave it.
struct TensorView {
  ElementType type = ElementType::kF32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

class SafetensorsFile {
 public:
  /// Errors: kModel with file and byte offset.
  static SafetensorsFile open(const std::string& path);

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  /// Tensors of types that are not read: name to dtype.
  const std::map<std::string, std::string>& refused() const { return refused_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool has(const std::string& name) const { return tensors_.contains(name); }
  /// Errors: kModel naming the file and the nearest tensor that exists, or the dtype that is not read.
  const TensorView& at(const std::string& name) const;
  const std::string& path() const { return file_->path(); }
  const std::shared_ptr<const MappedFile>& map() const { return file_; }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> refused_;
  std::map<std::string, std::string> metadata_;
};

/// Collects tensors and writes them in name order with data aligned to 64 bytes, atomically. The same content gives the same bytes.
class SafetensorsWriter {
 public:
  SafetensorsWriter() = default;
  SafetensorsWriter(SafetensorsWriter&&) = default;
  SafetensorsWriter& operator=(SafetensorsWriter&&) = default;

  void add(const std::string& name, ElementType type, std::vector<std::int64_t> shape,
           std::span<const std::byte> bytes);
  /// Without a copy: the bytes must stay until write() has returned. write() calls `release`, if there is one, as soon as it needs them no more.
  void add_view(const std::string& name, ElementType type, std::vector<std::int64_t> shape,
                std::span<const std::byte> bytes, std::function<void()> release = {});
  void set_metadata(const std::string& key, const std::string& value) { metadata_[key] = value; }
  /// Errors: kOutput.
  void write(const std::string& path) const;

 private:
  struct Entry {
    ElementType type;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes;
    std::vector<std::byte> owned;  ///< what `bytes` points to, unless it is a view
    std::function<void()> release;
  };
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace molbridge::nn
