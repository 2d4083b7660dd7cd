#include "molbridge/bank/manifest.hpp"

#include <algorithm>

#include "molbridge/bank/kernels.hpp"
#include "molbridge/core/config.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::bank {
namespace {

constexpr std::string_view kFormat = "molbridge-bank";

Error bad_value(const std::string& file, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(file).remedy("The bank is damaged; build it again.");
}

/// Length of the UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
  const bool beyond = (byte(0) == 0xed && byte(1) > 0x9f) || (byte(0) == 0xf4 && byte(1) > 0x8f);
  return overlong || beyond ? 0 : length;
}

/// File names may be any bytes, TOML may not: what TOML cannot hold becomes '?'.
std::string toml_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const bool control = length == 1 && (static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7f);
    out += length == 0 || control ? std::string_view("?") : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return out;
}

void make_storable(Manifest& manifest) {
  for (std::string* text : {&manifest.encoder, &manifest.encoder_digest, &manifest.toolkit, &manifest.tool_version}) {
    *text = toml_text(*text);
  }
  for (auto& source : manifest.sources) source = toml_text(source);
}

std::uint64_t whole_number(const Config& config, std::string_view key, std::uint64_t least, std::uint64_t most) {
  const std::int64_t value = config.integer(key);
  if (value < 0 || static_cast<std::uint64_t>(value) < least || static_cast<std::uint64_t>(value) > most) {
    throw bad_value(config.name(), std::string(key) + " is " + std::to_string(value) + ", it must be " +
                                       std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<std::uint64_t>(value);
}

std::string digest_text(const Config& config, const std::string& key) {
  std::string text = config.text(key);
  const bool hex = text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hex) throw bad_value(config.name(), key + " is not a SHA-256 in lower-case hex");
  return text;
}

FileDigest read_file_digest(const Config& config, const std::string& name) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  return {whole_number(config, "files." + name + ".bytes", 0, kMost), digest_text(config, "files." + name + ".sha256")};
}

void check_format(const Config& config) {
  if (config.text("format") != kFormat)
    throw bad_value(config.name(), "is not the manifest of a bank: format is " + config.text("format"));
  const std::int64_t version = config.integer("format_version");
  if (version == kFormatVersion) return;
  throw Error(ErrorCode::kModel, "bank of format version " + std::to_string(version) +
                                     ", this molbridge reads version " + std::to_string(kFormatVersion))
      .in_file(config.name())
      .remedy("Update molbridge, or build the bank again.");
}

Dtype read_dtype(const Config& config, std::uint64_t width) {
  try {
    const Dtype dtype = parse_dtype(config.text("dtype"));
    check_shape(dtype, width);
    return dtype;
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kUsage) throw;
    throw bad_value(config.name(), e.message());
  }
}

Manifest read_fields(const Config& config) {
  Manifest m;
  m.encoder = config.text("encoder");
  m.encoder_digest = config.text("encoder_digest");
  m.width = whole_number(config, "width", 1, kLargestWidth);
  m.dtype = read_dtype(config, m.width);
  m.count = whole_number(config, "count", 0, kLargestCount);
  if (!config.has("sources")) throw bad_value(config.name(), "missing key sources");
  m.sources = config.texts("sources");
  m.toolkit = config.text("toolkit");
  m.tool_version = config.text("tool_version");
  m.digest = digest_text(config, "digest");
  return m;
}

void write_file_digest(ConfigWriter& out, const std::string& name, const FileDigest& file) {
  out.integer("files." + name + ".bytes", static_cast<std::int64_t>(file.bytes));
  out.text("files." + name + ".sha256", file.sha256);
}

}  // namespace

std::string_view name(Dtype dtype) {
  switch (dtype) {
    case Dtype::kFloat32: return "float32";
    case Dtype::kFloat16: return "float16";
    case Dtype::kBits: return "bits";
  }
  MOLBRIDGE_CHECK(false, "dtype " + std::to_string(static_cast<int>(dtype)));
}

Dtype parse_dtype(std::string_view text) {
  for (const Dtype dtype : {Dtype::kFloat32, Dtype::kFloat16, Dtype::kBits}) {
    if (text == name(dtype)) return dtype;
  }
  throw Error(ErrorCode::kUsage, "unknown dtype " + std::string(text)).remedy("Known are float32, float16 and bits.");
}

void check_shape(Dtype dtype, std::uint64_t width) {
  if (width == 0 || width > kLargestWidth) {
    throw Error(ErrorCode::kUsage,
                "width " + std::to_string(width) + " is not between 1 and " + std::to_string(kLargestWidth));
  }
  if (dtype == Dtype::kBits && width % 8 != 0) {
    throw Error(ErrorCode::kUsage, "width " + std::to_string(width) + " is not a multiple of 8, as bits need");
  }
}

std::string bank_file(const std::string& folder, std::string_view file) { return folder + "/" + std::string(file); }

TensorInfo embeddings_tensor(const Manifest& m) {
  const std::uint64_t bytes = m.count * row_bytes(m.dtype, m.width);  // at most 2^40 * 2^22
  if (m.dtype == Dtype::kBits) return {"embeddings", "U8", {m.count, m.width / 8}, bytes};
  return {"embeddings", m.dtype == Dtype::kFloat16 ? "F16" : "F32", {m.count, m.width}, bytes};
}

TensorInfo masses_tensor(const Manifest& m) { return {"masses", "F64", {m.count}, m.count * sizeof(double)}; }

std::string manifest_digest(const StoredManifest& stored) {
  const Manifest& m = stored.manifest;
  Sha256 hash;
  const auto field = [&](std::string_view key, std::string_view value) {
    hash.update(std::string(key) + " " + std::to_string(value.size()) + " ");
    hash.update(value);
    hash.update("\n");
  };
  field("format", kFormat);
  field("format_version", std::to_string(kFormatVersion));
  field("encoder", m.encoder);
  field("encoder_digest", m.encoder_digest);
  field("width", std::to_string(m.width));
  field("dtype", name(m.dtype));
  field("count", std::to_string(m.count));
  for (const auto& source : m.sources) field("source", source);
  field("toolkit", m.toolkit);
  field("tool_version", m.tool_version);
  const auto file = [&](const std::string& key, const FileDigest& digest) {
    field("files." + key + ".bytes", std::to_string(digest.bytes));
    field("files." + key + ".sha256", digest.sha256);
  };
  file("embeddings", stored.embeddings);
  file("masses", stored.masses);
  file("records", stored.records);
  return hash.finish();
}

std::string write_manifest(StoredManifest& stored) {
  Manifest& m = stored.manifest;
  make_storable(m);
  m.digest = manifest_digest(stored);
  ConfigWriter out;
  out.text("format", kFormat);
  out.integer("format_version", kFormatVersion);
  out.text("encoder", m.encoder);
  out.text("encoder_digest", m.encoder_digest);
  out.integer("width", static_cast<std::int64_t>(m.width));
  out.text("dtype", name(m.dtype));
  out.integer("count", static_cast<std::int64_t>(m.count));
  out.texts("sources", m.sources);
  out.text("toolkit", m.toolkit);
  out.text("tool_version", m.tool_version);
  out.text("digest", m.digest);
  write_file_digest(out, "embeddings", stored.embeddings);
  write_file_digest(out, "masses", stored.masses);
  write_file_digest(out, "records", stored.records);
  return out.str();
}

StoredManifest parse_manifest(std::string_view text, const std::string& file) {
  const Config config = Config::parse(text, file, true);
  check_format(config);
  StoredManifest stored{read_fields(config), read_file_digest(config, "embeddings"), read_file_digest(config, "masses"),
                        read_file_digest(config, "records")};
  config.reject_unused();
  if (manifest_digest(stored) != stored.manifest.digest) {
    throw bad_value(file, "digest does not match the other values: the manifest was changed or is damaged");
  }
  return stored;
}

StoredManifest read_manifest(const std::string& folder) {
  const std::string path = bank_file(folder, kManifestFile);
  constexpr std::uint64_t kLimit = 16 << 20;
  return parse_manifest(as_model_error([&] { return read_text_file(path, kLimit); }), path);
}

}  // namespace molbridge::bank
