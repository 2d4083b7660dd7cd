#include "molbridge/fetch/part_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "molbridge/core/config.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge::fetch {
namespace {

[[noreturn]] void fail(const std::string& path) {
  throw Error(ErrorCode::kOutput, std::string("cannot write: ") + std::strerror(errno))
      .in_file(path)
      .remedy("Free some space, check the permissions or choose another folder; what was fetched is kept.");
}

PartSource read_source(const std::string& path) {
  const Config config = Config::read(path);
  return {config.text("url"), config.text("etag", ""), config.text("last_modified", "")};
}

}  // namespace

PartFile::PartFile(const std::string& target)
    : target_(target), path_(target + ".part"), source_path_(target + ".part.toml") {
  if (!file_exists(path_)) return;
  try {
    source_ = read_source(source_path_);
    size_ = file_size(path_);
  } catch (const Error&) {  // cut off while it was written, or not ours: nothing to go on from
    discard();
  }
}

PartFile::~PartFile() { close(); }

void PartFile::open(int flags) {
  close();
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0644);
  if (fd_ < 0) fail(path_);
}

void PartFile::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void PartFile::begin(const PartSource& source) {
  discard();  // so that no moment pairs old bytes with a new source
  ConfigWriter writer;
  writer.comment("Where the bytes of the file beside this one are from; molbridge goes on from them.");
  writer.text("url", source.url);
  writer.text("etag", source.etag);
  writer.text("last_modified", source.last_modified);
  write_file_atomically(source_path_, writer.str());
  source_ = source;
  open(O_TRUNC);
}

void PartFile::append(std::span<const std::byte> bytes) {
  if (fd_ < 0) open(0);
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail(path_);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    size_ += static_cast<std::uint64_t>(put);
  }
}

void PartFile::discard() {
  close();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  std::filesystem::remove(source_path_, ignored);
  size_ = 0;
  source_ = {};
}

void PartFile::commit() {
  if (fd_ < 0) open(0);
  const bool synced = ::fsync(fd_) == 0;
  if (!synced || ::close(std::exchange(fd_, -1)) != 0 || ::rename(path_.c_str(), target_.c_str()) != 0) fail(target_);
  std::error_code ignored;
  std::filesystem::remove(source_path_, ignored);
  sync_folder(std::filesystem::path(target_).parent_path().string());
}

}  // namespace molbridge::fetch
