// The files of a bank: the first byte of the input chooses which one the rest is.

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "molbridge/bank/manifest.hpp"
#include "molbridge/bank/records.hpp"
#include "molbridge/bank/row_codec.hpp"
#include "molbridge/bank/safetensors_file.hpp"

namespace {

using namespace molbridge;

void read_records(std::string_view bytes) {
  static const std::string path =
      (std::filesystem::temp_directory_path() / ("molbridge_bank_fuzz." + std::to_string(::getpid()))).string();
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const struct Remover {
    ~Remover() { std::filesystem::remove(path); }
  } remover;
  constexpr std::uint64_t kCount = 3;
  const bank::RecordsReader records(path, kCount);
  records.rows_of_inchikey14("VNWKTOKETHGBQD");
  records.formulas({0, kCount});
  records.visit({0, kCount}, [](std::uint64_t, const bank::RecordView&) {});
}

void read_part(std::uint8_t which, std::string_view rest) {
  const auto bytes = std::as_bytes(std::span(rest));
  switch (which) {
    case 'm': bank::parse_manifest(rest, "bank.toml"); return;
    case 's': bank::parse_safetensors(bytes, "embeddings.safetensors"); return;
    case 'r': bank::decode_row(bytes); return;
    case 'k': bank::decode_key(bytes); return;
    case 'q': read_records(rest); return;
    default: return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  try {
    read_part(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  } catch (const molbridge::Error& e) {
    if (e.code() != ErrorCode::kModel) throw;
  }
  return 0;
}
