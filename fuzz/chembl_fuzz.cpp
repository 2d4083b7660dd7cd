// Exports of ChEMBL from unknown hands: mechanisms, molecules and targets, parted by lines "--". What comes out is a table of pairs that can be read.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/corpus/chembl.hpp"
#include "molbridge/corpus/pairs.hpp"

namespace {

using namespace molbridge;

/// The parts of an input as files, which go with it.
class Files {
 public:
  explicit Files(std::string_view input) {
    for (std::size_t part = 0; part < kParts; ++part) {
      constexpr std::string_view kBetween = "\n--\n";
      const std::size_t end = part + 1 == kParts ? std::string_view::npos : input.find(kBetween);
      const std::string_view text = input.substr(0, end);
      paths_.push_back((std::filesystem::temp_directory_path() /
                        ("molbridge_chembl_fuzz." + std::to_string(::getpid()) + "." + std::to_string(part)))
                           .string());
      std::ofstream(paths_.back(), std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
      if (end == std::string_view::npos) break;
      input.remove_prefix(end + kBetween.size());
    }
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files() {
    for (const auto& path : paths_) std::filesystem::remove(path);
  }
  corpus::ChemblFiles named() const {
    const auto part = [&](std::size_t i) {
      return i < paths_.size() ? std::vector<std::string>{paths_[i]} : std::vector<std::string>{};
    };
    return {part(0), part(1), part(2)};
  }

 private:
  static constexpr std::size_t kParts = 3;
  std::vector<std::string> paths_;
};

void look_at(const corpus::ChemblTable& table) {
  if (table.rows != table.pairs.size() + table.merged + table.skipped.size()) std::abort();
  if (table.pairs.empty()) return;
  const std::string text = corpus::drug_target_tsv(table);
  const auto again = corpus::read_pairs(*LineSource::from_memory("out", text), {}, no_progress());
  if (again.pairs.size() != table.pairs.size() || again.key_mismatch.count > 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Files files({reinterpret_cast<const char*>(data), size});
  try {
    look_at(corpus::read_chembl(files.named(), 1, no_progress()));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInput) std::abort();
  }
  return 0;
}
