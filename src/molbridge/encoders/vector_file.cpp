#include "molbridge/encoders/vector_file.hpp"

#include <cstring>
#include <optional>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::string_view kMagic = "molbridge vecs 1";  // 16 bytes
constexpr std::size_t kDigestAt = 16, kDigestBytes = 64, kPrecisionAt = 80, kPrecisionBytes = 16, kWidthAt = 96;
constexpr std::size_t kHeaderBytes = 104;
constexpr std::size_t kKeyBytes = 64, kFlagBytes = 4, kSumBytes = 16;
constexpr std::uint32_t kTruncated = 1;

constexpr const char* kRemedy = "Delete the file: the vectors in it are computed again.";

std::string header_of(const VectorFileOwner& owner) {
  MOLBRIDGE_CHECK(owner.digest.size() == kDigestBytes && owner.precision.size() <= kPrecisionBytes, owner.digest);
  std::string header(kHeaderBytes, '\0');
  kMagic.copy(header.data(), kMagic.size());
  owner.digest.copy(header.data() + kDigestAt, kDigestBytes);
  owner.precision.copy(header.data() + kPrecisionAt, kPrecisionBytes);
  std::memcpy(header.data() + kWidthAt, &owner.width, sizeof(owner.width));
  return header;
}

/// Tells a flipped bit, not an attacker: 64 of the 256 bits are enough.
std::string checksum(std::string_view record) { return sha256(record).substr(0, kSumBytes); }

std::string record_of(const std::string& key, std::span<const float> row, bool truncated) {
  std::string record = key;
  const std::uint32_t flags = truncated ? kTruncated : 0;
  record.append(reinterpret_cast<const char*>(&flags), sizeof(flags));
  record.append(reinterpret_cast<const char*>(row.data()), row.size_bytes());
  return record + checksum(record);
}

std::string_view text_of(const MappedFile& map) {
  return {reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size()};
}

}  // namespace

VectorFile::VectorFile(std::string path, VectorFileOwner owner)
    : path_(std::move(path)), owner_(std::move(owner)), header_(header_of(owner_)) {}

VectorFile::~VectorFile() = default;

std::uint64_t VectorFile::record_bytes() const {
  return kKeyBytes + kFlagBytes + owner_.width * sizeof(float) + kSumBytes;
}

void VectorFile::check_header(std::string_view bytes) const {
  if (bytes.substr(0, kHeaderBytes) == header_) return;
  const auto refuse = [&](const std::string& why) {
    return Error(ErrorCode::kModel, why).in_file(path_).remedy(kRemedy);
  };
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) throw refuse("is no file of cached vectors");
  const std::string_view digest = bytes.substr(kDigestAt, kDigestBytes);
  if (digest != owner_.digest) {
    throw refuse("holds the vectors of another encoder (digest " + short_digest(digest) + "; this one is " +
                 short_digest(owner_.digest) + ")");
  }
  throw refuse("holds vectors of another width or precision than " + std::to_string(owner_.width) + " numbers in " +
               owner_.precision);
}

void VectorFile::load() {
  if (!file_exists(path_)) {
    map_.reset();
    offsets_.clear();
    good_ = 0;
    return;
  }
  map_ = MappedFile::open(path_);
  const std::string_view bytes = text_of(*map_);
  const bool unfinished_header = bytes.size() < kHeaderBytes && std::string_view(header_).starts_with(bytes);
  if (unfinished_header || bytes.size() < good_) {  // cut off at its first block, or replaced by a shorter one
    offsets_.clear();
    good_ = 0;
  }
  if (unfinished_header) return;
  check_header(bytes);
  if (good_ == 0) good_ = kHeaderBytes;
  read_records(bytes);
}

void VectorFile::read_records(std::string_view bytes) {
  const std::uint64_t size = record_bytes();
  std::optional<std::uint64_t> bad;
  for (std::uint64_t at = good_; bytes.size() - at >= size; at += size) {
    const std::string_view record = bytes.substr(at, size - kSumBytes);
    if (checksum(record) != bytes.substr(at + size - kSumBytes, kSumBytes)) {
      if (!bad) bad = at;
      continue;
    }
    if (bad) {
      throw Error(ErrorCode::kModel, "is damaged: a record does not fit its checksum")
          .at_offset(path_, *bad)
          .remedy(kRemedy);
    }
    offsets_.emplace(record.substr(0, kKeyBytes), at);
    good_ = at + size;
  }
}

bool VectorFile::find(const std::string& key, std::span<float> out, bool& truncated) const {
  const auto found = offsets_.find(key);
  if (found == offsets_.end()) return false;
  const char* record = text_of(*map_).data() + found->second;
  if (std::string_view(record, kKeyBytes) != key) return false;  // another process began the file anew
  std::uint32_t flags = 0;
  std::memcpy(&flags, record + kKeyBytes, sizeof(flags));
  std::memcpy(out.data(), record + kKeyBytes + kFlagBytes, out.size_bytes());
  truncated = (flags & kTruncated) != 0;
  return true;
}

void VectorFile::add(const std::string& key, std::span<const float> row, bool truncated) {
  MOLBRIDGE_CHECK(key.size() == kKeyBytes && row.size() == owner_.width, key);
  if (!out_) {
    out_ = std::make_unique<AppendFile>(path_, good_);
    if (good_ == 0) out_->write(header_);
  }
  out_->write(record_of(key, row, truncated));
}

void VectorFile::sync() {
  if (out_) out_->sync();
}

void VectorFile::close() {
  sync();
  out_.reset();
}

}  // namespace molbridge::encoders
