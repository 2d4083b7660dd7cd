// Damaged PyTorch files by the thousand: each loads or is refused, and what loads can be read to its last byte.

#include <algorithm>

#include "molbridge/core/files.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/nn/test_files.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::nn {
namespace {

std::string golden_bytes(const std::string& file) {
  return read_text_file(MOLBRIDGE_SOURCE_DIR "/tests/golden/torch/" + file);
}

class TorchMalformed : public ::testing::TestWithParam<const char*> {
 protected:
  void try_file(const std::string& bytes, const std::string& what) {
    const MemoryFile memory(bytes);
    try {
      const Weights weights = Weights::open(memory.path());
      unsigned sum = 0;
      for (const auto& [name, view] : weights.tensors()) {
        for (const std::byte byte : view.bytes) sum += std::to_integer<unsigned>(byte);
      }
      volatile unsigned sink = sum;
      static_cast<void>(sink);
      ++loaded_;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel) << what << ": " << e.what();
      ++refused_;
    }
  }
  int loaded_ = 0, refused_ = 0;
};

TEST_P(TorchMalformed, CutAtEveryByte_IsRefused) {
  const std::string bytes = golden_bytes(GetParam());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    try_file(bytes.substr(0, length), "cut to " + std::to_string(length));
  }
  EXPECT_EQ(loaded_, 0);
}

TEST_P(TorchMalformed, EveryByteFlipped_LoadsOrIsRefused) {
  const std::string bytes = golden_bytes(GetParam());
  Rng rng(3);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const unsigned mask : {1u << rng.below(8), 0xffu}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ mask);
      try_file(changed, "byte " + std::to_string(i));
    }
  }
  EXPECT_GT(loaded_, 0);
  EXPECT_GT(refused_, 0);
}

TEST_P(TorchMalformed, RandomEdits_LoadOrAreRefused) {
  const std::string bytes = golden_bytes(GetParam());
  Rng rng(5);
  for (int round = 0; round < 3000; ++round) {
    std::string changed = bytes;
    for (std::uint64_t edits = 1 + rng.below(6); edits-- > 0;) {
      const std::size_t at = rng.below(changed.size()), from = rng.below(changed.size());
      const std::size_t length = std::min<std::size_t>(1 + rng.below(32), changed.size() - std::max(at, from));
      switch (rng.below(4)) {
        case 0: changed[at] = static_cast<char>(rng.below(256)); break;
        case 1: changed.replace(at, length, changed.substr(from, length)); break;
        case 2: changed.erase(at, length); break;
        default: changed.insert(at, changed.substr(from, length));
      }
      if (changed.empty()) changed = "P";
    }
    try_file(changed, "round " + std::to_string(round));
  }
  EXPECT_GT(refused_, 0);
}

INSTANTIATE_TEST_SUITE_P(Files, TorchMalformed,
                         ::testing::Values("legacy_protocol4.pt", "zip_protocol4.pt", "nested.pt", "deflated.pt",
                                           "unsupported.pt", "legacy.pt", "script.pt"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace molbridge::nn
