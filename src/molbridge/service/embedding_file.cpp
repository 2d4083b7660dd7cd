#include "molbridge/service/embedding_file.hpp"

#include <charconv>
#include <cmath>
#include <fstream>
#include <functional>
#include <vector>

#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {
namespace {

constexpr std::size_t kAlignment = 64;

/// Calls `take` with the id of every row.
void for_each_id(const std::string& path, std::uint64_t rows, const std::function<void(std::string_view)>& take) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  std::getline(file, line);  // the header
  for (std::uint64_t i = 0; i < rows; ++i) {
    MOLBRIDGE_CHECK(std::getline(file, line), path);
    const auto cells = split(line, '\t');
    MOLBRIDGE_CHECK(cells.size() > 1, line);
    take(cells[1]);
  }
}

void copy_rows(const EmbeddingParts& parts, AtomicFile& out) {
  constexpr std::size_t kBlock = std::size_t{1} << 18;
  std::ifstream file(parts.rows_file, std::ios::binary);
  std::string block(kBlock, '\0');
  for (std::uint64_t left = parts.rows * parts.width * sizeof(float); left > 0;) {
    file.read(block.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(left, kBlock)));
    MOLBRIDGE_CHECK(file.gcount() > 0, parts.rows_file);
    out.write(std::string_view(block).substr(0, static_cast<std::size_t>(file.gcount())));
    left -= static_cast<std::uint64_t>(file.gcount());
  }
}

std::string_view as_text(const auto& value) { return {reinterpret_cast<const char*>(&value), sizeof(value)}; }

void write_safetensors(const EmbeddingParts& parts, AtomicFile& out) {
  std::uint64_t id_bytes = 0;
  for_each_id(parts.ids_file, parts.rows, [&](std::string_view id) { id_bytes += id.size(); });
  const std::uint64_t offsets_end = (parts.rows + 1) * sizeof(std::int64_t);
  const std::uint64_t rows_end = offsets_end + parts.rows * parts.width * sizeof(float);
  Json header = Json::object();
  header["__metadata__"] = parts.metadata;
  header["id_offsets"] = {{"dtype", "I64"}, {"shape", {parts.rows + 1}}, {"data_offsets", {0, offsets_end}}};
  header["embeddings"] = {
      {"dtype", "F32"}, {"shape", {parts.rows, parts.width}}, {"data_offsets", {offsets_end, rows_end}}};
  header["ids"] = {{"dtype", "U8"}, {"shape", {id_bytes}}, {"data_offsets", {rows_end, rows_end + id_bytes}}};
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.resize((text.size() + 8 + kAlignment - 1) / kAlignment * kAlignment - 8, ' ');
  const std::uint64_t length = text.size();
  out.write(as_text(length));
  out.write(text);
  std::int64_t offset = 0;
  out.write(as_text(offset));
  for_each_id(parts.ids_file, parts.rows, [&](std::string_view id) {
    offset += static_cast<std::int64_t>(id.size());
    out.write(as_text(offset));
  });
  copy_rows(parts, out);
  for_each_id(parts.ids_file, parts.rows, [&](std::string_view id) { out.write(id); });
}

/// Version 1.0: magic, header length in 2 bytes, a Python dictionary, padded so that the data is aligned.
void write_npy(const EmbeddingParts& parts, AtomicFile& out) {
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(parts.rows) + ", " +
                     std::to_string(parts.width) + "), }";
  constexpr std::size_t kBefore = 10;  // magic, version, length
  text.resize((kBefore + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - kBefore - 1, ' ');
  text += '\n';
  const auto length = static_cast<std::uint16_t>(text.size());
  out.write(std::string_view("\x93NUMPY\x01\x00", 8));
  out.write(as_text(length));
  out.write(text);
  copy_rows(parts, out);
}

void write_tsv(const EmbeddingParts& parts, AtomicFile& out) {
  out.write(embedding_tsv_header(parts.width));
  std::ifstream file(parts.rows_file, std::ios::binary);
  std::vector<float> row(parts.width);
  for_each_id(parts.ids_file, parts.rows, [&](std::string_view id) {
    const auto bytes = static_cast<std::streamsize>(row.size() * sizeof(float));
    MOLBRIDGE_CHECK(file.read(reinterpret_cast<char*>(row.data()), bytes), parts.rows_file);
    out.write(embedding_tsv_row(id, row));
  });
}

}  // namespace

EmbeddingFormat embedding_format(const std::string& format, const std::string& output) {
  std::string kind = to_lower(format);
  for (const char* ending : {"safetensors", "npy"}) {
    if (kind.empty() && to_lower(output).ends_with(std::string(".") + ending)) kind = ending;
  }
  if (kind.empty() || kind == "tsv") return EmbeddingFormat::kTsv;
  if (kind == "safetensors") return EmbeddingFormat::kSafetensors;
  if (kind == "npy") return EmbeddingFormat::kNpy;
  throw Error(ErrorCode::kUsage, "unknown format \"" + format + "\"").remedy("Known: safetensors, npy, tsv.");
}

std::string embedding_tsv_header(std::uint64_t width) {
  std::string out = "id";
  for (std::uint64_t i = 0; i < width; ++i) out += "\te" + std::to_string(i);
  return out + "\n";
}

std::string embedding_tsv_row(std::string_view id, std::span<const float> row) {
  std::string out = tsv_cell(id);
  char number[32];
  for (const float value : row) {
    out += '\t';
    if (std::isnan(value)) {
      out += "nan";
      continue;
    }
    const auto end = std::to_chars(number, number + sizeof(number), value);
    out.append(number, end.ptr);
  }
  out += '\n';
  return out;
}

void write_embeddings(const std::string& output, EmbeddingFormat format, const EmbeddingParts& parts) {
  AtomicFile out(output);
  switch (format) {
    case EmbeddingFormat::kSafetensors: write_safetensors(parts, out); break;
    case EmbeddingFormat::kNpy: write_npy(parts, out); break;
    case EmbeddingFormat::kTsv: write_tsv(parts, out); break;
  }
  out.commit();
}

}  // namespace molbridge::service
