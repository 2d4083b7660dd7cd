#pragma once
// A folder for one test, gone with it.

#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "molbridge/core/files.hpp"

namespace molbridge::encoders {

class TestFolder {
 public:
  TestFolder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("molbridge_tokenizers_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  void write(const std::string& name, std::string_view text) const {
    write_file_atomically((path_ / name).string(), text);
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace molbridge::encoders
