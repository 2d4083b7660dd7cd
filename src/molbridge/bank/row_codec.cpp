#include "molbridge/bank/row_codec.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <tuple>

#include "molbridge/core/error.hpp"

namespace molbridge::bank {
namespace {

constexpr std::size_t kTexts = 5;
constexpr std::size_t kRowFixed = sizeof(std::uint64_t) + sizeof(double) + kTexts * sizeof(std::uint32_t);
constexpr std::size_t kKeyFixed = sizeof(std::uint64_t) + sizeof(std::uint32_t);
constexpr std::size_t kSize = sizeof(std::uint32_t);

class Out {
 public:
  explicit Out(std::span<std::byte> bytes) : bytes_(bytes) {}
  void put(const void* data, std::size_t size) {
    MOLBRIDGE_CHECK(size <= bytes_.size(), std::to_string(size));
    if (size > 0) std::memcpy(bytes_.data(), data, size);
    bytes_ = bytes_.subspan(size);
  }
  template <typename T>
  void number(T value) {
    put(&value, sizeof(value));
  }

 private:
  std::span<std::byte> bytes_;
};

/// Like core's ByteReader, without the cost of a file name per row.
class In {
 public:
  explicit In(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> take(std::size_t size) {
    if (size > bytes_.size()) {
      throw Error(ErrorCode::kModel, "a row of the interrupted build is damaged")
          .remedy("Remove the folder that ends in .partial and build again.");
    }
    const auto part = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return part;
  }
  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string_view text(std::size_t size) { return {reinterpret_cast<const char*>(take(size).data()), size}; }
  std::span<const std::byte> rest() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

std::array<std::string_view, kTexts> texts(const MoleculeRecord& r) {
  return {r.smiles, r.inchikey14, r.formula, r.name, r.source_id};
}

}  // namespace

bool row_before(const RowView& a, const RowView& b) {
  const auto order = [](const RowView& row) {
    return std::tie(row.mass, row.record.inchikey14, row.record.smiles, row.record.formula, row.sequence);
  };
  return order(a) < order(b);
}

bool key_before(const KeyView& a, const KeyView& b) {
  return std::tie(a.inchikey14, a.formula, a.sequence) < std::tie(b.inchikey14, b.formula, b.sequence);
}

std::size_t encoded_row_size(const MoleculeRecord& record, std::size_t embedding_bytes) {
  std::size_t size = kSize + kRowFixed + embedding_bytes;
  for (const auto text : texts(record)) size += text.size();
  return size;
}

void encode_row(std::uint64_t sequence, const MoleculeRecord& record, std::span<const std::byte> embedding,
                std::span<std::byte> out) {
  Out to(out);
  to.number(static_cast<std::uint32_t>(out.size() - kSize));
  to.number(sequence);
  to.number(record.mass);
  for (const auto text : texts(record)) to.number(static_cast<std::uint32_t>(text.size()));
  for (const auto text : texts(record)) to.put(text.data(), text.size());
  to.put(embedding.data(), embedding.size());
}

RowView decode_row(std::span<const std::byte> item) {
  In in(item);
  RowView row;
  row.sequence = in.number<std::uint64_t>();
  row.mass = in.number<double>();
  std::array<std::uint32_t, kTexts> lengths{};
  for (auto& length : lengths) length = in.number<std::uint32_t>();
  row.record.smiles = in.text(lengths[0]);
  row.record.inchikey14 = in.text(lengths[1]);
  row.record.formula = in.text(lengths[2]);
  row.record.name = in.text(lengths[3]);
  row.record.source_id = in.text(lengths[4]);
  row.embedding = in.rest();
  return row;
}

std::size_t encoded_key_size(const KeyView& key) {
  return kSize + kKeyFixed + key.inchikey14.size() + key.formula.size();
}

void encode_key(const KeyView& key, std::span<std::byte> out) {
  Out to(out);
  to.number(static_cast<std::uint32_t>(out.size() - kSize));
  to.number(key.sequence);
  to.number(static_cast<std::uint32_t>(key.inchikey14.size()));
  to.put(key.inchikey14.data(), key.inchikey14.size());
  to.put(key.formula.data(), key.formula.size());
}

KeyView decode_key(std::span<const std::byte> item) {
  In in(item);
  KeyView key;
  key.sequence = in.number<std::uint64_t>();
  key.inchikey14 = in.text(in.number<std::uint32_t>());
  key.formula = in.text(in.rest().size());
  return key;
}

std::uint64_t text_prefix(std::string_view text) {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < sizeof(prefix); ++i) {
    prefix = (prefix << 8) | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
  }
  return prefix;
}

}  // namespace molbridge::bank
