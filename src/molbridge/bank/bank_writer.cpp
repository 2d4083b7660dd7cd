#include "molbridge/bank/bank_writer.hpp"

#include <utility>

#include "molbridge/bank/kernels.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/version.hpp"

namespace molbridge::bank {
namespace {

StoredManifest start_manifest(const BuildOptions& options, std::uint64_t count) {
  StoredManifest stored;
  Manifest& m = stored.manifest;
  m.encoder = options.encoder;
  m.encoder_digest = options.encoder_digest;
  m.width = options.width;
  m.dtype = options.dtype;
  m.count = count;
  m.sources = options.sources;
  m.toolkit = options.toolkit;
  m.tool_version = std::string(version());
  return stored;
}

FileWriter start_tensor(const std::string& path, const TensorInfo& tensor) {
  FileWriter file = FileWriter::create(path);
  file.write(safetensors_header(tensor));
  return file;
}

std::string make_folder(const std::string& folder) {
  make_folders(folder);
  return folder;
}

}  // namespace

BankWriter::BankWriter(const std::string& folder, const BuildOptions& options, std::uint64_t count)
    : folder_(make_folder(folder)),
      stored_(start_manifest(options, count)),
      embeddings_(start_tensor(bank_file(folder_, kEmbeddingsFile), embeddings_tensor(stored_.manifest))),
      masses_(start_tensor(bank_file(folder_, kMassesFile), masses_tensor(stored_.manifest))),
      records_(bank_file(folder_, kRecordsFile)) {}

void BankWriter::add(const RowView& row) {
  MOLBRIDGE_CHECK(row.embedding.size() == row_bytes(stored_.manifest.dtype, stored_.manifest.width),
                  std::to_string(row.embedding.size()));
  embeddings_.write(row.embedding);
  masses_.write(std::as_bytes(std::span(&row.mass, 1)));
  records_.add(written_++, row.record);
}

void BankWriter::finish() {
  MOLBRIDGE_CHECK(written_ == stored_.manifest.count,
                  std::to_string(written_) + " of " + std::to_string(stored_.manifest.count));
  records_.finish();
  stored_.embeddings = embeddings_.close();
  stored_.masses = masses_.close();
  stored_.records = digest_of_file(bank_file(folder_, kRecordsFile), ErrorCode::kOutput);
  const std::string path = bank_file(folder_, kManifestFile);
  const std::string text = write_manifest(stored_);
  parse_manifest(text, path);  // what we cannot read back must not replace a bank
  write_file_atomically(path, text);
  sync_folder(folder_);
}

}  // namespace molbridge::bank
