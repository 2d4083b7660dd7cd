#include "molbridge/bank/replace_folder.hpp"

#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "molbridge/bank/manifest.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge::bank {
namespace {

namespace fs = std::filesystem;

Error cannot_replace(const std::string& folder, const std::string& message) {
  return Error(ErrorCode::kOutput, message)
      .in_file(folder)
      .remedy("Choose another folder for the bank, or move this one away.");
}

std::string parent_of(const std::string& path) { return fs::path(path).parent_path().string(); }

void rename_or_fail(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return;
  throw Error(ErrorCode::kOutput, "cannot move the finished bank here: " + std::string(std::strerror(errno)))
      .in_file(to);
}

bool exchange_folders(const std::string& a, const std::string& b) {
#ifdef RENAME_EXCHANGE
  return ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
#else
  return false;
#endif
}

bool is_bank(const std::string& folder) { return file_exists(bank_file(folder, kManifestFile)); }

bool is_file_of_a_bank(const fs::directory_entry& entry) {
  constexpr std::string_view kNames[] = {kManifestFile, kEmbeddingsFile, kMassesFile, kRecordsFile, kRejectedFile};
  const std::string name = entry.path().filename().string();
  return !entry.is_directory() && std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

void check_is_bank_folder(const std::string& folder) {
  std::error_code error;
  bool empty = true;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    empty = false;
    if (!is_file_of_a_bank(entry)) {
      throw cannot_replace(folder, "holds " + entry.path().filename().string() + ", which is not a file of a bank");
    }
  }
  if (error) throw cannot_replace(folder, "cannot read the folder: " + error.message());
  if (!empty && !is_bank(folder))
    throw cannot_replace(folder, "is not a bank: " + std::string(kManifestFile) + " is missing");
}

}  // namespace

std::string plain_folder(const std::string& folder) {
  std::string plain = folder;
  while (plain.size() > 1 && plain.back() == '/') plain.pop_back();
  std::error_code error;
  if (fs::is_symlink(plain, error)) {
    const fs::path target = fs::canonical(plain, error);
    if (!error) return target.string();
  }
  return plain;
}

std::string replaced_folder_path(const std::string& folder) { return folder + ".replaced"; }

void recover_target(const std::string& folder) {
  std::error_code error;
  const std::string aside = replaced_folder_path(folder);
  if (!fs::exists(folder, error) && is_bank(aside)) rename_or_fail(aside, folder);
}

void check_target(const std::string& folder) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) throw cannot_replace(folder, "is a file; a bank is a folder");
  check_is_bank_folder(folder);
}

void put_in_place(const std::string& from, const std::string& folder, bool exchange) {
  if (!folder_exists(folder)) {
    rename_or_fail(from, folder);
  } else if (!exchange || !exchange_folders(from, folder)) {
    const std::string aside = replaced_folder_path(folder);
    std::error_code ignored;
    fs::remove_all(aside, ignored);  // left by an earlier kill; the folder itself is whole
    rename_or_fail(folder, aside);
    sync_folder(parent_of(folder));
    rename_or_fail(from, folder);
    sync_folder(parent_of(folder));
    fs::remove_all(aside, ignored);
  }
  sync_folder(parent_of(folder));
}

}  // namespace molbridge::bank
