#pragma once
// Puts a finished bank where it belongs, never leaving a moment without a bank. Private to the bank. Errors: kOutput.

#include <string>

namespace molbridge::bank {

/// "bank/" -> "bank"; a link is followed, so that what it points to is replaced and not the link.
std::string plain_folder(const std::string& folder);

/// Where the old bank waits between two renames, on file systems that cannot exchange two folders.
std::string replaced_folder_path(const std::string& folder);

/// Refuses a target that is a file, a folder that is not a bank, or a bank folder with files that are not a bank's.
void check_target(const std::string& folder);

/// Puts back an old bank that an earlier process had set aside and not replaced. Requires the lock of the build: a
/// process that replaces the bank at this moment looks the same.
void recover_target(const std::string& folder);

/// Moves `from` to `folder`. With an old bank there, the two change places in one step, and the old one is then at
/// `from`; where the file system cannot (or `exchange` is false), the old one is set aside, and removed at the end.
void put_in_place(const std::string& from, const std::string& folder, bool exchange = true);

}  // namespace molbridge::bank
