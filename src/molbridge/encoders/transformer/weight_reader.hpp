#pragma once
// Tensors of a published network by one name each, whatever its file calls them: prefixes of the class that saved it, LayerNorm.gamma and
// beta of old files, the names of fair-esm.

#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "molbridge/encoders/transformer/transformer_config.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::encoders {

/// float32 numbers, in the map of the file where they stand there as such, else a copy. Valid as long as the reader.
struct Floats {
  std::vector<float> copy;
  std::span<const float> values;
};

/// Names are those of Hugging Face without prefix ("encoder.layer.0.attention.self.query.weight"). Threads: all use is safe.
class WeightReader {
 public:
  /// Errors: kModel where no token embeddings are found.
  WeightReader(nn::Weights weights, TransformerKind kind);

  bool has(const std::string& name) const;
  /// Errors: kModel, absent or of another shape, with the file.
  Floats floats(const std::string& name, const std::vector<std::int64_t>& shape);
  /// Only checks that it is there. Errors: as floats().
  void expect(const std::string& name, const std::vector<std::int64_t>& shape) { use(name, shape); }
  /// The pages of a tensor are not needed any more; a later digest reads them from the file again.
  void release(const std::string& name) const;
  /// SHA-256 hex of the tensors that were asked for, as stored, under their names here: the same for every container and prefix.
  std::string digest() const;
  /// Of the token embeddings, "roberta.".
  const std::string& prefix() const { return prefix_; }

 private:
  std::string stored_name(const std::string& name) const;
  const nn::TensorView& use(const std::string& name, const std::vector<std::int64_t>& shape);

  nn::Weights weights_;
  std::string prefix_;
  bool fair_names_ = false;
  mutable std::mutex mutex_;
  std::set<std::string> used_;
};

}  // namespace molbridge::encoders
