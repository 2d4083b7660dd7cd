#include "molbridge/encoders/concat_encoder.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::encoders {
namespace {

Error bad_parts(const std::string& specification, const std::string& why) {
  return Error(ErrorCode::kUsage, "encoder \"" + specification + "\": " + why)
      .remedy("Encoders side by side are named \"A + B\", with weights \"A + 0.5*B\".");
}

/// "0.5*B"; what does not begin with a number and a star has the weight 1.
PartSpecification parse_part(const std::string& specification, std::string_view part) {
  const std::size_t star = part.find('*');
  if (part.empty()) throw bad_parts(specification, "a part is empty");
  if (star == std::string_view::npos) return {std::string(part), 1};
  const std::string_view number = trim(part.substr(0, star));
  double weight = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
  if (error != std::errc() || end != number.data() + number.size()) return {std::string(part), 1};
  if (!(weight > 0) || !std::isfinite(weight)) throw bad_parts(specification, "a weight must be above 0");
  const std::string_view rest = trim(part.substr(star + 1));
  if (rest.empty()) throw bad_parts(specification, "a weight stands before nothing");
  return {std::string(rest), weight};
}

std::string write_part(const std::string& text, double weight) {
  return weight == 1 ? text : format_shortest(weight) + "*" + text;
}

/// Brings a row to the length `weight`; zeros stay.
void place_part(const PartRow& part, std::span<float> out) {
  double squares = 0;
  for (const float value : part.row) squares += static_cast<double>(value) * value;
  const double scale = squares > 0 && part.state.ok() ? part.weight / std::sqrt(squares) : 0;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(part.row[i] * scale);
}

}  // namespace

std::vector<PartSpecification> parse_parts(const std::string& specification) {
  if (specification.find(kPartSeparator) == std::string::npos) return {{specification, 1}};
  std::vector<PartSpecification> parts;
  std::string_view rest = specification;
  for (std::size_t at = rest.find(kPartSeparator); at != std::string_view::npos; at = rest.find(kPartSeparator)) {
    parts.push_back(parse_part(specification, trim(rest.substr(0, at))));
    rest.remove_prefix(at + kPartSeparator.size());
  }
  parts.push_back(parse_part(specification, trim(rest)));
  return parts;
}

std::string join_parts(std::span<const PartSpecification> parts) {
  std::vector<std::string> texts;
  for (const PartSpecification& part : parts) texts.push_back(write_part(part.text, part.weight));
  return join(texts, kPartSeparator);
}

ItemState join_rows(std::span<const PartRow> parts, std::span<float> out) {
  ItemState state;
  bool any = false;
  std::size_t at = 0;
  for (const PartRow& part : parts) {
    place_part(part, out.subspan(at, part.row.size()));
    at += part.row.size();
    any = any || part.state.ok();
    state.truncated = state.truncated || part.state.truncated;
    if (state.reason.empty()) state.reason = part.state.reason;
  }
  MOLBRIDGE_CHECK(at == out.size(), std::to_string(at));
  if (any) state.reason.clear();
  return state;
}

ConcatEncoder::ConcatEncoder(std::vector<ItemPart> parts) : parts_(std::move(parts)) {
  MOLBRIDGE_CHECK(!parts_.empty(), "an encoder of no parts");
  std::string identity = "molbridge side by side 1\n";
  for (const ItemPart& part : parts_) {
    MOLBRIDGE_CHECK(part.weight > 0 && part.encoder->modality() == modality(), part.encoder->name());
    width_ += part.encoder->width();
    identity += format_shortest(part.weight) + " " + part.encoder->digest() + "\n";
  }
  digest_ = sha256(identity);
}

std::string ConcatEncoder::name() const {
  std::vector<std::string> texts;
  for (const ItemPart& part : parts_) texts.push_back(write_part(part.encoder->name(), part.weight));
  return join(texts, kPartSeparator);
}

std::string ConcatEncoder::precision() const {
  std::vector<std::string> texts;
  for (const ItemPart& part : parts_) {
    if (!part.encoder->precision().empty()) texts.push_back(part.encoder->precision());
  }
  return join(texts, "+");
}

std::vector<ItemState> ConcatEncoder::encode(std::span<const std::string> items, std::size_t threads,
                                             std::span<float> out) const {
  MOLBRIDGE_CHECK(out.size() == items.size() * width_, std::to_string(out.size()));
  std::vector<std::vector<float>> rows;
  std::vector<std::vector<ItemState>> states;
  for (const ItemPart& part : parts_) {
    rows.emplace_back(items.size() * part.encoder->width());
    states.push_back(part.encoder->encode(items, threads, rows.back()));
  }
  std::vector<ItemState> joined;
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::vector<PartRow> item;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      const std::size_t width = parts_[p].encoder->width();
      item.push_back({states[p][i], std::span(rows[p]).subspan(i * width, width), parts_[p].weight});
    }
    joined.push_back(join_rows(item, out.subspan(i * width_, width_)));
  }
  return joined;
}

}  // namespace molbridge::encoders
