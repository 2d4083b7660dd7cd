#include "molbridge/nn/packed_matrix.hpp"

#include <unordered_map>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/scratch.hpp"

extern "C" {  // of omp.h, which is a header of the compiler: GCC's cannot be read by clang
int omp_get_max_threads();
void omp_set_num_threads(int threads);
}

namespace molbridge::nn {
namespace {

using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& own_stream() {
  thread_local dnnl::stream stream(cpu());
  return stream;
}

/// oneDNN cuts its work by the number of OpenMP threads, and with it the order of its sums. Callers share work between threads themselves.
class OneOpenMpThread {
 public:
  OneOpenMpThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneOpenMpThread() { omp_set_num_threads(before_); }

 private:
  int before_;
};

void append_activation(dnnl::post_ops& ops, Activation activation) {
  using dnnl::algorithm;
  switch (activation) {
    case Activation::kNone: return;
    case Activation::kRelu: return ops.append_eltwise(1.0F, algorithm::eltwise_relu, 0.0F, 0.0F);
    case Activation::kGelu: return ops.append_eltwise(1.0F, algorithm::eltwise_gelu_erf, 0.0F, 0.0F);
    case Activation::kGeluTanh: return ops.append_eltwise(1.0F, algorithm::eltwise_gelu_tanh, 0.0F, 0.0F);
    case Activation::kTanh: return ops.append_eltwise(1.0F, algorithm::eltwise_tanh, 0.0F, 0.0F);
    case Activation::kSilu: return ops.append_eltwise(1.0F, algorithm::eltwise_swish, 1.0F, 0.0F);
    case Activation::kQuickGelu: return ops.append_eltwise(1.0F, algorithm::eltwise_swish, 1.702F, 0.0F);
  }
}

dnnl::primitive_attr attributes(const ProductKind& kind) {
  dnnl::post_ops ops;
  if (kind.add) ops.append_sum(1.0F);
  append_activation(ops, kind.activation);
  dnnl::primitive_attr attr;
  attr.set_post_ops(ops);
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // the library's own is not made for several threads
  return attr;
}

[[noreturn]] void refuse(const dnnl::error& error, bool narrow) {
  if (narrow && error.status == dnnl_unimplemented) {
    throw Error(ErrorCode::kResource, "this processor has no bfloat16 products").remedy("compute with --dtype f32");
  }
  throw Error(ErrorCode::kResource, std::string("oneDNN: ") + error.what());
}

}  // namespace

PackedMatrix::PackedMatrix(std::span<const float> weight, std::int64_t inputs, std::int64_t outputs, bool narrow)
    : inputs_(inputs), outputs_(outputs), narrow_(narrow) {
  MOLBRIDGE_CHECK(inputs > 0 && outputs > 0 && weight.size() == static_cast<std::size_t>(inputs * outputs),
                  std::to_string(inputs) + " x " + std::to_string(outputs));
  const OneOpenMpThread one;
  try {
    const dnnl::memory::desc any({inputs, outputs}, type(), Tag::any);
    packed_ = dnnl::memory(describe(kRowBlocks[0], {}, any).weights_desc(), cpu());
    dnnl::memory plain({{inputs, outputs}, Type::f32, Tag::ba}, cpu(), const_cast<float*>(weight.data()));
    dnnl::reorder(plain, packed_).execute(own_stream(), plain, packed_);
    own_stream().wait();
  } catch (const dnnl::error& error) {
    refuse(error, narrow_);
  }
}

dnnl::memory::data_type PackedMatrix::type() const { return narrow_ ? Type::bf16 : Type::f32; }

dnnl::matmul::primitive_desc PackedMatrix::describe(std::int64_t rows, const ProductKind& kind,
                                                    const dnnl::memory::desc& weight) const {
  const dnnl::memory::desc x({rows, inputs_}, type(), Tag::ab);
  const dnnl::memory::desc y({rows, outputs_}, kind.narrow_output ? Type::bf16 : Type::f32, Tag::ab);
  const dnnl::memory::desc bias({1, outputs_}, Type::f32, Tag::ab);
  const auto description = kind.bias ? dnnl::matmul::desc(x, weight, bias, y) : dnnl::matmul::desc(x, weight, y);
  return {description, attributes(kind), cpu()};
}

PackedMatrix::Product PackedMatrix::make_product(std::int64_t rows, const ProductKind& kind,
                                                 const dnnl::memory::desc& weight) const {
  const OneOpenMpThread one;
  try {
    const auto description = describe(rows, kind, weight);
    return {kind,
            rows,
            dnnl::matmul(description),
            description.src_desc(),
            description.dst_desc(),
            kind.bias ? description.bias_desc() : dnnl::memory::desc(),
            description.scratchpad_desc()};
  } catch (const dnnl::error& error) {
    refuse(error, narrow_);
  }
}

const PackedMatrix::Product& PackedMatrix::product(std::int64_t rows, const ProductKind& kind) const {
  const std::lock_guard lock(mutex_);
  for (const auto& product : products_) {
    if (product->rows == rows && product->kind == kind) return *product;
  }
  products_.push_back(std::make_unique<Product>(make_product(rows, kind, packed_.get_desc())));
  return *products_.back();
}

void PackedMatrix::multiply(const void* x, std::int64_t rows, const float* bias, void* y,
                            const ProductKind& kind) const {
  const Product& product = this->product(rows, kind);
  const OneOpenMpThread one;
  void* pad = scratch(ScratchPurpose::kPrimitive, product.scratchpad.get_size());
  std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, dnnl::memory(product.x, cpu(), const_cast<void*>(x))},
      {DNNL_ARG_WEIGHTS, packed_},
      {DNNL_ARG_DST, dnnl::memory(product.y, cpu(), y)},
      {DNNL_ARG_SCRATCHPAD, dnnl::memory(product.scratchpad, cpu(), pad)}};
  if (kind.bias) arguments.emplace(DNNL_ARG_BIAS, dnnl::memory(product.bias, cpu(), const_cast<float*>(bias)));
  product.primitive.execute(own_stream(), arguments);
  own_stream().wait();
}

}  // namespace molbridge::nn
