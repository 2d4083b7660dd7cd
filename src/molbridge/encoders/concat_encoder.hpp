#pragma once
// Several encoders of one modality side by side: "A + B", or with weights "A + 0.5*B".
//
//   [ w_A · a / |a| , w_B · b / |b| ]
//
// Each part is brought to length 1 first, so that no part counts more because its numbers are larger. A part without a vector is zeros: an
// item has none only where no part has one. Words that a network never saw and meanings that no word list holds stand in one vector so.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/encoders/item_encoder.hpp"

namespace molbridge::encoders {

inline constexpr std::string_view kPartSeparator = " + ";

struct PartSpecification {
  std::string text;   ///< as make_item_encoder() takes it
  double weight = 1;  ///< the length of the part
};
/// The parts of a specification; one, as it stands, where there is no separator. Errors: kUsage for an empty part or a weight that is not above 0.
std::vector<PartSpecification> parse_parts(const std::string& specification);
/// The inverse.
std::string join_parts(std::span<const PartSpecification> parts);

/// What one part says of an item.
struct PartRow {
  const ItemState& state;
  std::span<const float> row;
  double weight = 1;
};
/// Shapes: out as wide as all parts together; written whole.
ItemState join_rows(std::span<const PartRow> parts, std::span<float> out);

class ConcatEncoder : public ItemEncoder {
 public:
  /// Requires at least one part, all of one modality, weights above 0.
  explicit ConcatEncoder(std::vector<ItemPart> parts);

  Modality modality() const override { return parts_.front().encoder->modality(); }
  std::string name() const override;
  std::string digest() const override { return digest_; }  ///< of the digests and weights of the parts
  std::uint64_t width() const override { return width_; }
  std::string precision() const override;  ///< of the networks among the parts, joined by "+"
  std::span<const ItemPart> parts() const override { return parts_; }
  std::vector<ItemState> encode(std::span<const std::string> items, std::size_t threads,
                                std::span<float> out) const override;

 private:
  std::vector<ItemPart> parts_;
  std::uint64_t width_ = 0;
  std::string digest_;
};

}  // namespace molbridge::encoders
