#pragma once
// One weight matrix as oneDNN wants it on this processor, and the products with it. Private to nn.

#include <array>
#include <cstdint>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <span>
#include <vector>

#include "molbridge/nn/linear.hpp"

namespace molbridge::nn {

/// Rows of a product. Results of a row are the same to the bit for both sizes (a test holds it), which is not so for all sizes.
inline constexpr std::array<std::int64_t, 2> kRowBlocks = {128, 64};

/// What is done with the product: written or added, with or without bias, then perhaps an activation, as float32 or bfloat16.
struct ProductKind {
  bool add = false;
  bool bias = false;
  bool narrow_output = false;
  Activation activation = Activation::kNone;
  bool operator==(const ProductKind&) const = default;
};

class PackedMatrix {
 public:
  /// Shapes: weight [outputs, inputs]. `narrow`: bfloat16. Errors: kResource where the processor cannot.
  PackedMatrix(std::span<const float> weight, std::int64_t inputs, std::int64_t outputs, bool narrow);

  /// Shapes: x [rows, inputs] in the matrix's type, y [rows, outputs]; rows one of kRowBlocks.
  void multiply(const void* x, std::int64_t rows, const float* bias, void* y, const ProductKind& kind) const;
  std::uint64_t memory() const { return packed_.get_desc().get_size(); }
  bool narrow() const { return narrow_; }

 private:
  struct Product {
    ProductKind kind;
    std::int64_t rows = 0;
    dnnl::matmul primitive;
    dnnl::memory::desc x, y, bias, scratchpad;
  };
  const Product& product(std::int64_t rows, const ProductKind& kind) const;
  Product make_product(std::int64_t rows, const ProductKind& kind, const dnnl::memory::desc& weight) const;
  dnnl::matmul::primitive_desc describe(std::int64_t rows, const ProductKind& kind,
                                        const dnnl::memory::desc& weight) const;
  dnnl::memory::data_type type() const;

  std::int64_t inputs_, outputs_;
  bool narrow_;
  dnnl::memory packed_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Product>> products_;  // few; made when first asked for
};

/// bfloat16 is the upper half of float32, rounded to nearest even. `rest`, if given, takes x - bfloat16(x), again as bfloat16.
void to_bfloat16(const float* x, std::int64_t count, std::uint16_t* y, std::uint16_t* rest);

}  // namespace molbridge::nn
