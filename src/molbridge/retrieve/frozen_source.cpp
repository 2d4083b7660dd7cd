#include "molbridge/retrieve/frozen_source.hpp"

#include <cstdlib>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/text/tfidf.hpp"

namespace molbridge::retrieve {
namespace {

std::string variable_of(encoders::Modality modality) {
  return "MOLBRIDGE_" + to_upper(std::string(name(modality))) + "_ENCODER";
}

/// The same weights elsewhere, with the options of the model.
std::string with_options_of(const std::string& place, const std::string& stated) {
  const std::size_t mark = stated.rfind('?');
  if (place.find('?') != std::string::npos || mark == std::string::npos || !folder_exists(place)) return place;
  return place + stated.substr(mark);
}

}  // namespace

FrozenSource::FrozenSource(const nn::ModelFolder& folder, FrozenSide side, const std::string& place)
    : side_(std::move(side)), model_(folder.path), place_(place), variable_(variable_of(side_.modality)) {
  const std::string prefix = encoders::TfidfEncoder::kPrefix;
  if (side_.specification.starts_with(prefix)) {
    place_ = prefix + folder.side_file(side_.specification.substr(prefix.size()));
    return;
  }
  if (const char* value = std::getenv(variable_.c_str()); place_.empty() && value != nullptr) place_ = value;
  place_ = place_.empty() ? side_.specification : with_options_of(place_, side_.specification);
}

std::shared_ptr<const encoders::ItemEncoder> FrozenSource::open() const {
  const std::lock_guard lock(mutex_);
  if (encoder_ == nullptr) encoder_ = open_checked();
  return encoder_;
}

std::shared_ptr<const encoders::ItemEncoder> FrozenSource::open_checked() const {
  const std::string what = std::string(name(side_.modality)) + " encoder";
  const std::string remedy = "Name the one that the model was trained with, by its option or " + variable_ + "=DIR.";
  if (place_.empty()) throw Error(ErrorCode::kModel, "the model names no " + what).in_file(model_).remedy(remedy);
  std::shared_ptr<const encoders::ItemEncoder> encoder;
  try {
    encoder = encoders::make_item_encoder(side_.modality, place_);
  } catch (const Error& error) {
    throw Error(ErrorCode::kModel, "the " + what + " of the model does not open: " + error.message())
        .in_file(place_)
        .remedy(remedy);
  }
  const bool is_same = side_.digest.empty() || encoder->digest() == side_.digest;
  if (is_same && encoder->width() == side_.width) return encoder;
  throw Error(ErrorCode::kModel, "the " + what + " is not the one the model was trained with: digest " +
                                     short_digest(encoder->digest()) + ", width " + std::to_string(encoder->width()) +
                                     "; the model needs " + short_digest(side_.digest) + ", width " +
                                     std::to_string(side_.width) + " (" + side_.specification + ")")
      .in_file(place_)
      .remedy(remedy);
}

}  // namespace molbridge::retrieve
