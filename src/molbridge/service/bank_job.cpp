#include "molbridge/service/bank_job.hpp"

#include <filesystem>
#include <fstream>
#include <span>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/service/molecule_stream.hpp"

namespace molbridge::service {
std::string source_name(const std::string& path) {
  return path == "-" ? "standard input" : std::filesystem::path(path).filename().string();
}

std::string content_digest(const std::string& path) {
  // Not through a map, which would count as memory used.
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::ifstream file(path, std::ios::binary);
  std::string block(kBlock, '\0');
  Sha256 hash;
  while (file) {
    check_interrupt();
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.update(std::string_view(block).substr(0, static_cast<std::size_t>(file.gcount())));
  }
  if (file.bad() || !file.eof()) throw Error(ErrorCode::kInput, "cannot be read to its end").in_file(path);
  return hash.finish();
}

std::string job_digest(const BankBuildOptions& options, const encoders::MoleculeEncoder& encoder, bank::Dtype dtype,
                       const std::string& selection_digest) {
  Sha256 hash;
  const auto put = [&hash](const std::string& text) { hash.update(std::to_string(text.size()) + ":" + text + "\n"); };
  put("molbridge bank build 1");
  put(encoder.digest());
  put(std::string(bank::name(dtype)));
  put(chem::toolkit_version());
  put(options.keep_stereo ? "stereo" : "flat");
  put(options.reading.smiles_column);
  put(options.reading.name_column);
  put(options.reading.id_column);
  if (!selection_digest.empty()) put("only " + selection_digest);
  for (const std::string& file : options.molecules) {
    put(source_name(file));
    if (is_repeatable(file)) put(content_digest(file));
  }
  return hash.finish();
}

}  // namespace molbridge::service
