// The main of every test program. The runner starts one process per test, many at once: each gets a temporary folder of its own, so that two tests that name a
// file alike never meet, and takes it away at the end.
#include <gmock/gmock.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace {

class OwnTemporaryFolder {
 public:
  OwnTemporaryFolder() : path_((std::filesystem::temp_directory_path() / "molbridge_test_XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw std::system_error(errno, std::generic_category(), path_);
    for (const char* name : {"TMPDIR", "TEST_TMPDIR"})
      ::setenv(name, path_.c_str(), 1);  // the library's name and GoogleTest's
  }
  OwnTemporaryFolder(const OwnTemporaryFolder&) = delete;
  OwnTemporaryFolder& operator=(const OwnTemporaryFolder&) = delete;
  ~OwnTemporaryFolder() {
    std::error_code ignored;  // a leftover is no failure of a test
    std::filesystem::remove_all(path_, ignored);
  }

 private:
  std::string path_;
};

}  // namespace

int main(int argc, char** argv) {
  const OwnTemporaryFolder folder;
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
