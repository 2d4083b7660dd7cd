#include "molbridge/core/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

namespace molbridge {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    std::string pattern = testing::TempDir() + "molbridge_files_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FilesTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(folder_)) out.push_back(entry.path().filename().string());
    std::sort(out.begin(), out.end());
    return out;
  }

  std::string folder_;
};

/// The error that `action` throws; fails the test when it throws none.
Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return {ErrorCode::kInternal, "none"};
}

/// Runs `action` in a child process and gives its wait status.
int status_of_child(const std::function<void()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    action();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST_F(FilesTest, ReadTextFile_AnyBytes_ComeBackAsTheyAre) {
  const std::string text("a\0b\r\n\xff", 6);
  EXPECT_EQ(read_text_file(put("x", text)), text);
  EXPECT_EQ(read_text_file(put("empty", "")), "");
}

TEST_F(FilesTest, ReadTextFile_MissingFile_SaysWhichAndWhy) {
  const Error error = error_of([&] { read_text_file(path("none")); });
  EXPECT_EQ(error.code(), ErrorCode::kInput);
  EXPECT_THAT(error.what(), HasSubstr(path("none")));
  EXPECT_THAT(error.what(), HasSubstr("No such file"));
}

TEST_F(FilesTest, ReadTextFile_Folder_IsRefused) {
  EXPECT_THAT(error_of([&] { read_text_file(folder_); }).what(), HasSubstr("is a folder"));
}

TEST_F(FilesTest, ReadTextFile_LargerThanTheLimit_IsRefused) {
  const std::string file = put("x", "12345");
  EXPECT_EQ(read_text_file(file, 5), "12345");
  EXPECT_EQ(error_of([&] { read_text_file(file, 4); }).code(), ErrorCode::kInput);
}

TEST_F(FilesTest, ReadTextFile_EndlessDevice_StopsAtTheLimit) {
  EXPECT_EQ(error_of([] { read_text_file("/dev/zero", 1 << 16); }).code(), ErrorCode::kInput);
}

TEST_F(FilesTest, Exists_TellsFilesFromFolders) {
  const std::string file = put("x", "1");
  EXPECT_TRUE(file_exists(file));
  EXPECT_FALSE(file_exists(folder_));
  EXPECT_TRUE(folder_exists(folder_));
  EXPECT_FALSE(folder_exists(file));
  EXPECT_EQ(file_size(file), 1u);
}

TEST_F(FilesTest, MakeFolders_NestedExistingAndEmpty_AreFine) {
  make_folders(path("a/b/c"));
  make_folders(path("a/b/c"));
  make_folders("");
  EXPECT_TRUE(folder_exists(path("a/b/c")));
}

TEST_F(FilesTest, MakeFolders_BelowAFile_IsAnOutputError) {
  const std::string file = put("x", "1");
  EXPECT_EQ(error_of([&] { make_folders(file + "/y"); }).code(), ErrorCode::kOutput);
}

TEST_F(FilesTest, MappedFile_Content_IsTheFileAndOutlivesItsName) {
  const auto file = MappedFile::open(put("x", "abc"));
  fs::remove(path("x"));
  ASSERT_EQ(file->bytes().size(), 3u);
  EXPECT_EQ(file->bytes()[2], std::byte{'c'});
}

TEST_F(FilesTest, MappedFile_EmptyFile_IsAnEmptySpan) { EXPECT_TRUE(MappedFile::open(put("x", ""))->bytes().empty()); }

TEST_F(FilesTest, MappedFile_TruncatedFile_HasTheTruncatedSize) {
  const std::string file = put("x", std::string(10000, 'x'));
  fs::resize_file(file, 4097);
  EXPECT_EQ(MappedFile::open(file)->bytes().size(), 4097u);
}

TEST_F(FilesTest, MappedFile_WhatCannotBeMapped_IsAnInputError) {
  EXPECT_EQ(error_of([&] { MappedFile::open(path("none")); }).code(), ErrorCode::kInput);
  EXPECT_EQ(error_of([&] { MappedFile::open(folder_); }).code(), ErrorCode::kInput);
  EXPECT_EQ(error_of([&] { MappedFile::open("/dev/zero"); }).code(), ErrorCode::kInput);
}

TEST_F(FilesTest, AtomicFile_Commit_PutsTheWholeFileAndNothingElse) {
  const std::string text(3'000'001, 'x');  // several buffers
  AtomicFile file(path("out"));
  file.write("head\n");
  file.write(text);
  const std::vector<std::byte> tail = {std::byte{'!'}};
  file.write(tail);
  EXPECT_EQ(file.size(), text.size() + 6);
  EXPECT_FALSE(file_exists(path("out")));
  file.commit();
  EXPECT_EQ(read_text_file(path("out")), "head\n" + text + "!");
  EXPECT_THAT(names(), ElementsAre("out"));
}

TEST_F(FilesTest, AtomicFile_WithoutCommit_LeavesTheOldFileAndNothingElse) {
  put("out", "old");
  {
    AtomicFile file(path("out"));
    file.write("new");
  }
  EXPECT_EQ(read_text_file(path("out")), "old");
  EXPECT_THAT(names(), ElementsAre("out"));
}

TEST_F(FilesTest, AtomicFile_MissingFolder_IsAnOutputErrorWithRemedy) {
  const Error error = error_of([&] { AtomicFile file(path("none/out")); });
  EXPECT_EQ(error.code(), ErrorCode::kOutput);
  EXPECT_FALSE(error.remedy_text().empty());
  EXPECT_EQ(error.position().file, path("none/out"));
}

TEST_F(FilesTest, AtomicFile_TargetIsAFolder_IsAnOutputErrorAndLeavesNothing) {
  make_folders(path("out"));
  EXPECT_EQ(error_of([&] { write_file_atomically(path("out"), "x"); }).code(), ErrorCode::kOutput);
  EXPECT_THAT(names(), ElementsAre("out"));
}

TEST_F(FilesTest, AtomicFile_FullDevice_IsAnOutputError) {
  const Error error = error_of([] { write_file_atomically("/dev/full", "x"); });
  EXPECT_EQ(error.code(), ErrorCode::kOutput);
  EXPECT_THAT(error.what(), HasSubstr("No space left"));
}

TEST_F(FilesTest, AtomicFile_Device_IsWrittenAndStaysADevice) {
  write_file_atomically("/dev/null", "x");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(FilesTest, AtomicFile_Pipe_IsWrittenDirectly) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = read_text_file(path("pipe")); });
  write_file_atomically(path("pipe"), "hits");
  reader.join();
  EXPECT_EQ(got, "hits");
}

TEST_F(FilesTest, AtomicFile_SymbolicLink_IsFollowed) {
  put("real", "old");
  fs::create_symlink("real", path("link"));
  write_file_atomically(path("link"), "new");
  EXPECT_EQ(read_text_file(path("real")), "new");
  EXPECT_TRUE(fs::is_symlink(path("link")));
}

TEST_F(FilesTest, AtomicFile_ExistingTarget_KeepsItsPermissions) {
  fs::permissions(put("out", "old"), fs::perms::owner_read | fs::perms::owner_write);
  write_file_atomically(path("out"), "new");
  EXPECT_EQ(fs::status(path("out")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(FilesTest, AtomicFile_SizeLimitOfTheProcess_LeavesTheOldFile) {
  put("out", "old");
  const int status = status_of_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_file_atomically(path("out"), std::string(100'000, 'x'));
    } catch (const Error& error) {
      ::_exit(exit_code(error.code()));
    }
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), exit_code(ErrorCode::kOutput));
  EXPECT_EQ(read_text_file(path("out")), "old");
  EXPECT_THAT(names(), ElementsAre("out"));
}

TEST_F(FilesTest, AtomicFile_KilledBeforeCommit_LeavesTheOldFile) {
  put("out", "old");
  const int status = status_of_child([&] {
    AtomicFile file(path("out"));
    file.write(std::string(3'000'000, 'x'));
    ::raise(SIGKILL);
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(read_text_file(path("out")), "old");
  write_file_atomically(path("out"), "new");
  EXPECT_EQ(read_text_file(path("out")), "new");
}

}  // namespace
}  // namespace molbridge
