#pragma once
// The frozen encoder that a model names, or the place where it lies on this machine instead: opened when it is needed first, and refused when its
// digest is not that of the model. It may be several side by side ("tfidf:FILE + DIR"). Private to retrieve.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "molbridge/encoders/item_encoder.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::retrieve {

/// What a model says of one frozen side.
struct FrozenSide {
  encoders::Modality modality = encoders::Modality::kText;
  std::string specification;  ///< "tfidf:FILE": FILE is a side file of the model; "": the model names none
  std::string digest;         ///< "": the model does not know (imported): the width alone is compared
  std::uint64_t width = 0;
  std::vector<std::string> part_digests;  ///< of encoders side by side, to name the part that differs; may be empty
};

/// Threads: all use is safe.
class FrozenSource {
 public:
  /// `place`: specification or folder that is used instead; a folder without options takes those of the model ("?pooling=mean"). Of encoders
  /// side by side it stands for the networks, in their order. "": the environment variable MOLBRIDGE_TEXT_ENCODER, MOLBRIDGE_PROTEIN_ENCODER or
  /// MOLBRIDGE_MOLECULE_ENCODER, else what the model names. Errors: kModel for a side file that is missing; kUsage where `place` names another
  /// number of networks than the model has.
  FrozenSource(const nn::ModelFolder& folder, FrozenSide side, const std::string& place);
  const FrozenSide& side() const { return side_; }
  /// Opened at the first call. Errors: kModel, with both digests and what to name.
  std::shared_ptr<const encoders::ItemEncoder> open() const;

 private:
  std::shared_ptr<const encoders::ItemEncoder> open_checked() const;
  std::string remedy_text() const;
  void require_same(const encoders::ItemEncoder& encoder) const;

  FrozenSide side_;
  std::string model_, place_, variable_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const encoders::ItemEncoder> encoder_;
};

}  // namespace molbridge::retrieve
