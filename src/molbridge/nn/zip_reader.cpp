#include "molbridge/nn/zip_reader.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "molbridge/core/bytes.hpp"

namespace molbridge::nn {
namespace {

constexpr std::uint32_t kLocalMagic = 0x04034b50, kCentralMagic = 0x02014b50, kEndMagic = 0x06054b50;
constexpr std::uint32_t kEnd64Magic = 0x06064b50, kLocator64Magic = 0x07064b50;
constexpr std::uint64_t kEndSize = 22, kLocator64Size = 20, kCentralSize = 46, kLocalSize = 30, kMaxComment = 65535;
constexpr std::uint16_t kZip64Extra = 1;
constexpr std::uint32_t kSaturated32 = 0xffffffff;
constexpr std::uint16_t kSaturated16 = 0xffff;
constexpr std::uint16_t kEncrypted = 1, kSizesFollow = 8;
constexpr std::uint64_t kExpandBase = 64u << 20, kExpandFactor = 16;
constexpr std::uint64_t kMaxDeflateRatio = 1032;  // of the format: 258 bytes from two bits

struct Directory {
  std::uint64_t offset = 0, size = 0, count = 0;
};

class Parser {
 public:
  explicit Parser(const MappedFile& file) : bytes_(file.bytes()), path_(file.path()) {}

  std::map<std::string, ZipEntry, std::less<>> entries() const;

 private:
  Error damaged(std::uint64_t offset, const std::string& message) const {
    return Error(ErrorCode::kModel, "damaged zip archive: " + message)
        .at_offset(path_, offset)
        .remedy("fetch or copy the file again");
  }
  /// A reader of [begin, end) of the file.
  ByteReader part(std::uint64_t begin, std::uint64_t end, const std::string& what) const {
    if (begin > end || end > bytes_.size()) throw damaged(begin, what + " lies outside the file");
    return ByteReader(bytes_.subspan(begin, end - begin), path_);
  }
  std::uint64_t end_record() const;
  Directory directory() const;
  std::optional<Directory> directory64(std::uint64_t end) const;
  ZipEntry central(ByteReader& reader, std::uint64_t base) const;
  void widen(ZipEntry& entry, std::span<const std::byte> extra, std::uint64_t at) const;
  void locate(ZipEntry& entry, std::uint64_t limit) const;
  void check_overlaps(const std::map<std::string, ZipEntry, std::less<>>& entries) const;

  std::span<const std::byte> bytes_;
  const std::string& path_;
};

/// Offset of the end record: the last one whose comment ends with the file.
std::uint64_t Parser::end_record() const {
  if (bytes_.size() < kEndSize) throw damaged(0, "shorter than an end record");
  const std::uint64_t last = bytes_.size() - kEndSize;
  const std::uint64_t first = last > kMaxComment ? last - kMaxComment : 0;
  for (std::uint64_t at = last + 1; at-- > first;) {
    ByteReader reader(bytes_.subspan(at, kEndSize), path_);
    if (reader.number<std::uint32_t>("magic") != kEndMagic) continue;
    reader.take(16, "end record");
    if (reader.number<std::uint16_t>("comment") == last - at) return at;
  }
  throw damaged(bytes_.size(), "no end record, the file is cut off");
}

std::optional<Directory> Parser::directory64(std::uint64_t end) const {
  if (end < kLocator64Size) return std::nullopt;
  ByteReader locator = part(end - kLocator64Size, end, "zip64 locator");
  if (locator.number<std::uint32_t>("magic") != kLocator64Magic) return std::nullopt;
  locator.take(4, "disk");
  const auto at = locator.number<std::uint64_t>("zip64 end record");
  if (at > end || end - at < 56) throw damaged(end - kLocator64Size, "the zip64 end record lies outside the file");
  ByteReader record = part(at, end, "zip64 end record");
  if (record.number<std::uint32_t>("magic") != kEnd64Magic) throw damaged(at, "no zip64 end record");
  record.take(20, "zip64 end record");
  Directory directory;
  const auto on_disk = record.number<std::uint64_t>("entries on this disk");
  directory.count = record.number<std::uint64_t>("entries");
  directory.size = record.number<std::uint64_t>("directory size");
  directory.offset = record.number<std::uint64_t>("directory offset");
  if (on_disk != directory.count) throw damaged(at, "one volume of several");
  return directory;
}

Directory Parser::directory() const {
  const std::uint64_t end = end_record();
  ByteReader reader = part(end, end + kEndSize, "end record");
  reader.take(8, "end record");
  const auto on_disk = reader.number<std::uint16_t>("entries on this disk");
  Directory directory;
  directory.count = reader.number<std::uint16_t>("entries");
  directory.size = reader.number<std::uint32_t>("directory size");
  directory.offset = reader.number<std::uint32_t>("directory offset");
  if (on_disk != directory.count) throw damaged(end, "one volume of several");
  const bool saturated =
      directory.count == kSaturated16 || directory.size == kSaturated32 || directory.offset == kSaturated32;
  if (saturated) directory = directory64(end).value_or(directory);
  if (directory.offset > end || directory.size > end - directory.offset) {
    throw damaged(end, "the central directory lies outside the file");
  }
  if (directory.count > directory.size / kCentralSize) throw damaged(end, "more entries than the directory can hold");
  return directory;
}

/// Takes sizes and offset that do not fit 32 bits from the zip64 field, in its fixed order.
void Parser::widen(ZipEntry& entry, std::span<const std::byte> extra, std::uint64_t at) const {
  ByteReader reader(extra, path_);
  while (reader.left() >= 4) {
    const auto id = reader.number<std::uint16_t>("extra field");
    const auto size = reader.number<std::uint16_t>("extra field");
    if (size > reader.left()) throw damaged(at, "an extra field of " + entry.name + " is cut off");
    ByteReader field(reader.take(size, "extra field"), path_);
    if (id != kZip64Extra) continue;
    for (std::uint64_t* value : {&entry.size, &entry.packed_size, &entry.header_offset}) {
      if (*value == kSaturated32 && field.left() >= 8) *value = field.number<std::uint64_t>("zip64 field");
    }
    return;
  }
}

ZipEntry Parser::central(ByteReader& reader, std::uint64_t base) const {
  const std::uint64_t at = base + reader.offset();
  if (reader.left() < kCentralSize) throw damaged(at, "the central directory is cut off");
  if (reader.number<std::uint32_t>("magic") != kCentralMagic) throw damaged(at, "no entry of the central directory");
  reader.take(4, "versions");
  ZipEntry entry;
  entry.flags = reader.number<std::uint16_t>("flags");
  entry.method = reader.number<std::uint16_t>("method");
  reader.take(4, "time");
  entry.crc32 = reader.number<std::uint32_t>("CRC");
  entry.packed_size = reader.number<std::uint32_t>("packed size");
  entry.size = reader.number<std::uint32_t>("size");
  const auto name_length = reader.number<std::uint16_t>("name length");
  const auto extra_length = reader.number<std::uint16_t>("extra length");
  const auto comment_length = reader.number<std::uint16_t>("comment length");
  reader.take(8, "attributes");
  entry.header_offset = reader.number<std::uint32_t>("offset");
  if (std::uint64_t{name_length} + extra_length + comment_length > reader.left()) {
    throw damaged(at, "an entry of the central directory is cut off");
  }
  const auto name = reader.take(name_length, "name");
  entry.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
  widen(entry, reader.take(extra_length, "extra field"), at);
  reader.take(comment_length, "comment");
  return entry;
}

/// Finds the data behind the local header, which must agree with the central directory. `limit`: where the directory starts.
void Parser::locate(ZipEntry& entry, std::uint64_t limit) const {
  const std::uint64_t at = entry.header_offset;
  if (at > limit || limit - at < kLocalSize) throw damaged(at, "entry " + entry.name + " lies outside the file");
  ByteReader reader = part(at, limit, "entry " + entry.name);
  if (reader.number<std::uint32_t>("magic") != kLocalMagic)
    throw damaged(at, "entry " + entry.name + " has no local header");
  reader.take(2, "version");
  const auto flags = reader.number<std::uint16_t>("flags");
  const auto method = reader.number<std::uint16_t>("method");
  reader.take(8, "time, CRC");
  const auto packed_size = reader.number<std::uint32_t>("packed size");
  const auto size = reader.number<std::uint32_t>("size");
  const auto name_length = reader.number<std::uint16_t>("name length");
  const auto extra_length = reader.number<std::uint16_t>("extra length");
  if (std::uint64_t{name_length} + extra_length > reader.left())
    throw damaged(at, "entry " + entry.name + " is cut off");
  const auto name = reader.take(name_length, "name");
  reader.take(extra_length, "extra field");
  const auto agrees = [&](std::uint32_t local, std::uint64_t central) {
    return local == central || local == kSaturated32 || (local == 0 && (flags & kSizesFollow) != 0);
  };
  if (std::string_view(reinterpret_cast<const char*>(name.data()), name.size()) != entry.name ||
      method != entry.method || !agrees(packed_size, entry.packed_size) || !agrees(size, entry.size)) {
    throw damaged(at, "the local header of " + entry.name + " does not match the central directory");
  }
  if (entry.packed_size > reader.left()) throw damaged(at, "entry " + entry.name + " reaches beyond the data");
  entry.data_offset = at + reader.offset();
}

void Parser::check_overlaps(const std::map<std::string, ZipEntry, std::less<>>& entries) const {
  std::vector<std::pair<std::uint64_t, const ZipEntry*>> order;
  for (const auto& [name, entry] : entries) order.emplace_back(entry.header_offset, &entry);
  std::sort(order.begin(), order.end());
  for (std::size_t i = 1; i < order.size(); ++i) {
    const ZipEntry& before = *order[i - 1].second;
    if (before.data_offset + before.packed_size > order[i].first) {
      throw damaged(order[i].first, "entries " + before.name + " and " + order[i].second->name + " overlap");
    }
  }
}

std::map<std::string, ZipEntry, std::less<>> Parser::entries() const {
  const Directory where = directory();
  ByteReader reader = part(where.offset, where.offset + where.size, "central directory");
  std::map<std::string, ZipEntry, std::less<>> entries;
  for (std::uint64_t i = 0; i < where.count; ++i) {
    const std::uint64_t at = where.offset + reader.offset();
    ZipEntry entry = central(reader, where.offset);
    locate(entry, where.offset);
    const std::string name = entry.name;
    if (!entries.emplace(name, std::move(entry)).second) throw damaged(at, "two entries are called " + name);
  }
  if (reader.left() != 0)
    throw damaged(where.offset + reader.offset(), "the central directory holds more than its entries");
  check_overlaps(entries);
  return entries;
}

/// True when exactly `out.size()` bytes came out and the stream ended there.
bool inflate_all(std::span<const std::byte> packed, std::span<std::byte> out) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  constexpr std::size_t kStep = std::size_t{1} << 30;  // counts of zlib are 32 bits wide
  std::byte spare{};                                   // an empty output still needs an address
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  stream.next_out = reinterpret_cast<Bytef*>(out.empty() ? &spare : out.data());
  std::size_t in_left = packed.size(), out_left = out.size();
  int status = Z_OK;
  while (status == Z_OK) {
    const auto in_now = std::min(in_left, kStep), out_now = std::min(out_left, kStep);
    stream.avail_in = static_cast<uInt>(in_now);
    stream.avail_out = static_cast<uInt>(out_now);
    status = inflate(&stream, Z_NO_FLUSH);
    const bool moved = stream.avail_in != in_now || stream.avail_out != out_now;
    in_left -= in_now - stream.avail_in;
    out_left -= out_now - stream.avail_out;
    if (status == Z_OK && !moved) break;
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && in_left == 0 && out_left == 0;
}

std::uint32_t crc_of(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

ZipReader ZipReader::open(std::shared_ptr<const MappedFile> file) {
  ZipReader result;
  result.entries_ = Parser(*file).entries();
  result.file_ = std::move(file);
  return result;
}

const ZipEntry* ZipReader::find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

ZipContent ZipReader::read(const ZipEntry& entry) {
  const auto refused = [&](const std::string& message) {
    return Error(ErrorCode::kModel, "zip entry " + entry.name + " " + message)
        .at_offset(file_->path(), entry.header_offset);
  };
  if ((entry.flags & kEncrypted) != 0) throw refused("is encrypted");
  const auto packed = file_->bytes().subspan(entry.data_offset, entry.packed_size);
  if (entry.method == 0) {
    if (entry.packed_size != entry.size) throw refused("is stored, but its two sizes differ");
    return {packed, file_, true};
  }
  if (entry.method != Z_DEFLATED) throw refused("is packed by the unknown method " + std::to_string(entry.method));
  if (entry.size / kMaxDeflateRatio > entry.packed_size)
    throw refused("claims more bytes than its packed data can hold");
  const std::uint64_t limit = kExpandBase + kExpandFactor * file_->bytes().size();
  if (entry.size > limit - expanded_) throw refused("expands beyond the limit of " + std::to_string(limit) + " bytes");
  auto out = std::make_shared<std::vector<std::byte>>(entry.size);
  if (!inflate_all(packed, *out)) throw refused("does not expand to its " + std::to_string(entry.size) + " bytes");
  if (crc_of(*out) != entry.crc32) throw refused("expands to bytes with another CRC");
  expanded_ += entry.size;
  const std::span<const std::byte> bytes(*out);
  return {bytes, std::move(out), false};
}

}  // namespace molbridge::nn
