#include "molbridge/retrieve/frozen_source.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/concat_encoder.hpp"
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

constexpr std::string_view kTfidf = encoders::TfidfEncoder::kPrefix;

/// Folders, of the parts of a specification; the rest needs no place.
bool is_network(const encoders::PartSpecification& part) {
  return !part.text.starts_with(kTfidf) && (part.text.find('/') != std::string::npos || folder_exists(part.text));
}

std::vector<encoders::PartSpecification> networks_of(const std::string& specification) {
  std::vector<encoders::PartSpecification> parts = encoders::parse_parts(specification);
  std::erase_if(parts, [](const auto& part) { return !is_network(part); });
  return parts;
}

/// The parts of `stated` with its networks where `place` says.
std::vector<encoders::PartSpecification> moved(std::vector<encoders::PartSpecification> stated,
                                               const std::string& place) {
  const std::vector<encoders::PartSpecification> elsewhere = networks_of(place);
  const auto wanted = static_cast<std::size_t>(std::ranges::count_if(stated, is_network));
  if (wanted > 0 && elsewhere.size() != wanted) {
    throw Error(ErrorCode::kUsage, "\"" + place + "\" names " + std::to_string(elsewhere.size()) +
                                       " folders of networks, and the encoder of the model has " +
                                       std::to_string(wanted) + ": " + encoders::join_parts(stated))
        .remedy("Name a folder for each, \"DIR + DIR\".");
  }
  std::size_t next = 0;
  for (auto& part : stated) {
    if (is_network(part)) part.text = with_options_of(elsewhere[next++].text, part.text);
  }
  return stated;
}

/// Where the encoder that a model names is looked for.
std::string place_of(const nn::ModelFolder& folder, const std::string& stated, const std::string& place) {
  std::vector<encoders::PartSpecification> parts = encoders::parse_parts(stated);
  if (parts.size() > 1 && !place.empty()) parts = moved(std::move(parts), place);
  for (auto& part : parts) {
    if (part.text.starts_with(kTfidf)) {
      part.text = std::string(kTfidf) + folder.side_file(part.text.substr(kTfidf.size()));
    } else if (parts.size() == 1 && !place.empty()) {
      part.text = with_options_of(place, part.text);
    }
  }
  return encoders::join_parts(parts);
}

}  // namespace

FrozenSource::FrozenSource(const nn::ModelFolder& folder, FrozenSide side, const std::string& place)
    : side_(std::move(side)), model_(folder.path), variable_(variable_of(side_.modality)) {
  const char* value = std::getenv(variable_.c_str());
  place_ = place_of(folder, side_.specification, place.empty() && value != nullptr ? value : place);
}

std::shared_ptr<const encoders::ItemEncoder> FrozenSource::open() const {
  const std::lock_guard lock(mutex_);
  if (encoder_ == nullptr) encoder_ = open_checked();
  return encoder_;
}

std::shared_ptr<const encoders::ItemEncoder> FrozenSource::open_checked() const {
  const std::string what = std::string(name(side_.modality)) + " encoder";
  const std::string remedy = remedy_text();
  if (place_.empty()) throw Error(ErrorCode::kModel, "the model names no " + what).in_file(model_).remedy(remedy);
  std::shared_ptr<const encoders::ItemEncoder> encoder;
  try {
    encoder = encoders::make_item_encoder(side_.modality, place_);
  } catch (const Error& error) {
    throw Error(ErrorCode::kModel, "the " + what + " of the model does not open: " + error.message())
        .in_file(place_)
        .remedy(remedy);
  }
  require_same(*encoder);
  return encoder;
}

void FrozenSource::require_same(const encoders::ItemEncoder& encoder) const {
  const bool is_same = side_.digest.empty() || encoder.digest() == side_.digest;
  if (is_same && encoder.width() == side_.width) return;
  const std::string what = std::string(name(side_.modality)) + " encoder";
  const auto parts = encoder.parts();
  for (std::size_t i = 0; i < parts.size() && parts.size() == side_.part_digests.size(); ++i) {
    const std::string digest = parts[i].encoder->digest();
    if (digest == side_.part_digests[i]) continue;
    throw Error(ErrorCode::kModel, "part " + std::to_string(i + 1) + " of the " + what +
                                       " is not the one the model was trained with: digest " + short_digest(digest) +
                                       "; the model needs " + short_digest(side_.part_digests[i]) + " (" +
                                       side_.specification + ")")
        .in_file(parts[i].encoder->name())
        .remedy(remedy_text());
  }
  throw Error(ErrorCode::kModel, "the " + what + " is not the one the model was trained with: digest " +
                                     short_digest(encoder.digest()) + ", width " + std::to_string(encoder.width()) +
                                     "; the model needs " + short_digest(side_.digest) + ", width " +
                                     std::to_string(side_.width) + " (" + side_.specification + ")")
      .in_file(place_)
      .remedy(remedy_text());
}

std::string FrozenSource::remedy_text() const {
  return "Name the one that the model was trained with: --" + std::string(name(side_.modality)) + "-encoder DIR, or " +
         variable_ + "=DIR.";
}

}  // namespace molbridge::retrieve
