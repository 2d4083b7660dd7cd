#pragma once
// Model folders whose manifest was changed, for the tests of everything that reads one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::nn {

/// Replaces the first `old` of the manifest, and nothing else, and expects `open` (called with the folder) to give an error of the model kind
/// whose text holds `part`. Puts the manifest back.
template <typename Open>
void expect_manifest_refused(const std::string& folder, const std::string& old, const std::string& changed,
                             const std::string& part, const Open& open) {
  const std::string path = folder + "/" + kManifestFile;
  const std::string text = read_text_file(path);
  std::string other = text;
  ASSERT_NE(text.find(old), std::string::npos) << text;
  write_file_atomically(path, other.replace(text.find(old), old.size(), changed));
  try {
    open(folder);
    ADD_FAILURE() << "accepted: " << changed;
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kModel) << e.what();
    EXPECT_THAT(std::string(e.what()), ::testing::HasSubstr(part));
  }
  write_file_atomically(path, text);
}

}  // namespace molbridge::nn
