#pragma once
// Between files and LibTorch: tensors by name, dtypes, seeds and threads. Storage is row-major, outermost dimension first.

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "molbridge/nn/safetensors.hpp"

namespace molbridge::learn {

using NamedTensors = std::map<std::string, torch::Tensor>;

/// A copy of the tensor in its own dtype. Errors: kModel if absent.
torch::Tensor load_tensor(const nn::SafetensorsFile& file, const std::string& name);
/// As float32 whatever the file holds (f64, f32, f16, bf16).
torch::Tensor load_float(const nn::SafetensorsFile& file, const std::string& name);
NamedTensors load_all(const nn::SafetensorsFile& file);
/// `dtype` applies to floating tensors; others are written as they are.
void add_tensor(nn::SafetensorsWriter& writer, const std::string& name, const torch::Tensor& tensor);
void save_tensors(const std::string& path, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata = {});

/// Parameters and buffers of a module by dotted name.
NamedTensors named_state(const torch::nn::Module& module);
/// Copies `tensors` into the module. Errors: kModel naming the first tensor that is missing, unknown or of another shape.
void load_state(torch::nn::Module& module, const NamedTensors& tensors, const std::string& file);

/// Threads of LibTorch's own loops and of OpenBLAS.
/// One thread makes training reproducible to the bit.
void set_threads(int threads);

/// Throws kInternal unless `tensor` has that shape; -1 matches any size.
void check_shape(const torch::Tensor& tensor, const std::vector<std::int64_t>& shape, const char* what);

}  // namespace molbridge::learn
