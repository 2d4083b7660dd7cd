#include "molbridge/learn/tensors.hpp"

#include <dlfcn.h>

namespace molbridge::learn {
namespace {

torch::ScalarType scalar_type(nn::ElementType type) {
  switch (type) {
    case nn::ElementType::kF64: return torch::kFloat64;
    case nn::ElementType::kF32: return torch::kFloat32;
    case nn::ElementType::kF16: return torch::kFloat16;
    case nn::ElementType::kBF16: return torch::kBFloat16;
    case nn::ElementType::kI64: return torch::kInt64;
    case nn::ElementType::kI32: return torch::kInt32;
    case nn::ElementType::kI16: return torch::kInt16;
    case nn::ElementType::kI8: return torch::kInt8;
    case nn::ElementType::kU8: return torch::kUInt8;
    case nn::ElementType::kBool: return torch::kBool;
  }
  return torch::kFloat32;
}

nn::ElementType element_type(torch::ScalarType type) {
  switch (type) {
    case torch::kFloat64: return nn::ElementType::kF64;
    case torch::kFloat32: return nn::ElementType::kF32;
    case torch::kFloat16: return nn::ElementType::kF16;
    case torch::kBFloat16: return nn::ElementType::kBF16;
    case torch::kInt64: return nn::ElementType::kI64;
    case torch::kInt32: return nn::ElementType::kI32;
    case torch::kInt16: return nn::ElementType::kI16;
    case torch::kInt8: return nn::ElementType::kI8;
    case torch::kUInt8: return nn::ElementType::kU8;
    case torch::kBool: return nn::ElementType::kBool;
    default: throw Error(ErrorCode::kInternal, std::string("cannot store tensors of type ") + torch::toString(type));
  }
}

std::string shape_text(torch::IntArrayRef shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) out += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return out + "]";
}

}  // namespace

torch::Tensor load_tensor(const nn::SafetensorsFile& file, const std::string& name) {
  const nn::TensorView& view = file.at(name);
  torch::Tensor tensor = torch::empty(view.shape, scalar_type(view.type));
  std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

torch::Tensor load_float(const nn::SafetensorsFile& file, const std::string& name) {
  return load_tensor(file, name).to(torch::kFloat32);
}

NamedTensors load_all(const nn::SafetensorsFile& file) {
  NamedTensors out;
  for (const auto& [name, view] : file.tensors()) out[name] = load_tensor(file, name);
  return out;
}

void add_tensor(nn::SafetensorsWriter& writer, const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.detach().to(torch::kCPU).contiguous();
  const auto bytes = std::span(static_cast<const std::byte*>(plain.data_ptr()), plain.nbytes());
  writer.add(name, element_type(plain.scalar_type()), plain.sizes().vec(), bytes);
}

void save_tensors(const std::string& path, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata) {
  nn::SafetensorsWriter writer;
  for (const auto& [name, tensor] : tensors) add_tensor(writer, name, tensor);
  for (const auto& [key, value] : metadata) writer.set_metadata(key, value);
  writer.write(path);
}

NamedTensors named_state(const torch::nn::Module& module) {
  NamedTensors out;
  for (const auto& item : module.named_parameters()) out[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) out[item.key()] = item.value();
  return out;
}

void load_state(torch::nn::Module& module, const NamedTensors& tensors, const std::string& file) {
  const torch::NoGradGuard no_grad;
  NamedTensors state = named_state(module);
  for (const auto& [name, tensor] : tensors) {
    if (!state.contains(name))
      throw Error(ErrorCode::kModel, "unknown tensor " + name + " for this kind of model").in_file(file);
  }
  for (auto& [name, target] : state) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) throw Error(ErrorCode::kModel, "has no tensor " + name).in_file(file);
    if (found->second.sizes() != target.sizes()) {
      throw Error(ErrorCode::kModel, "tensor " + name + " has shape " + shape_text(found->second.sizes()) +
                                         ", expected " + shape_text(target.sizes()))
          .in_file(file);
    }
    target.copy_(found->second);
  }
}

void set_threads(int threads) {
  // OPENBLAS_NUM_THREADS is read when the library is loaded, which was before main(). Not every BLAS has the function.
  using SetThreads = void (*)(int);
  if (const auto set = reinterpret_cast<SetThreads>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(threads);
  torch::set_num_threads(threads);
}

void check_shape(const torch::Tensor& tensor, const std::vector<std::int64_t>& shape, const char* what) {
  bool fits = tensor.dim() == static_cast<std::int64_t>(shape.size());
  for (std::size_t i = 0; fits && i < shape.size(); ++i) {
    fits = shape[i] < 0 || tensor.size(static_cast<std::int64_t>(i)) == shape[i];
  }
  MOLBRIDGE_CHECK(fits,
                  std::string(what) + " has shape " + shape_text(tensor.sizes()) + ", expected " + shape_text(shape));
}

}  // namespace molbridge::learn
