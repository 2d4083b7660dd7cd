#include "molbridge/service/embed_inputs.hpp"

#include <filesystem>
#include <utility>

#include "molbridge/core/files.hpp"
#include "molbridge/encoders/protein/fasta.hpp"
#include "molbridge/service/molecule_stream.hpp"
#include "molbridge/service/text_records.hpp"

namespace molbridge::service {
namespace {

std::optional<double> share_of(std::uint64_t done, std::uint64_t total) {
  if (total == 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
}

std::string place_name(const std::string& source, std::uint64_t line) {
  const std::string file = source == "-" ? "stdin" : std::filesystem::path(source).filename().string();
  return file + ":" + std::to_string(line);
}

EmbedItem item_of(spectra::Record&& record) {
  EmbedItem item;
  if (auto* spectrum = std::get_if<spectra::Spectrum>(&record)) {
    item.id = spectrum->id;
    item.source = spectrum->source;
    item.line = spectrum->line;
    item.content = std::move(*spectrum);
    return item;
  }
  auto& skipped = std::get<spectra::SkippedSpectrum>(record);
  item.id = std::move(skipped.id);
  item.source = std::move(skipped.source);
  item.line = skipped.line;
  item.reason = std::move(skipped.reason);
  return item;
}

FailedInputs push_spectra(const EmbedOptions& options, const PushItem& push) {
  const spectra::ReadOptions read{.format = spectra::parse_format(options.from), .centroid_profile = options.centroid};
  return for_each_input(options.inputs, read, [&](const std::string&, spectra::SpectrumReader& reader) {
    // Shares of several inputs would jump: only a single one has a meaningful share.
    const bool single = options.inputs.size() == 1;
    while (auto record = reader.next()) {
      push(item_of(std::move(*record)), single ? share_of(reader.bytes_read(), reader.bytes_total()) : std::nullopt);
    }
  });
}

void push_molecules(const EmbedOptions& options, const PushItem& push) {
  MoleculeStream stream(options.inputs, options.reading);
  while (auto row = stream.next()) {
    EmbedItem item;
    item.id = !row->id.empty() ? row->id : !row->name.empty() ? row->name : place_name(stream.file(), row->line);
    item.source = stream.file();
    item.line = row->line;
    if (row->failure) item.reason = *row->failure;
    item.content = std::move(*row);
    push(std::move(item), stream.share_done());
  }
}

void push_fasta(const std::string& input, std::unique_ptr<LineSource> lines, std::uint64_t size, const PushItem& push) {
  encoders::FastaReader reader(std::move(lines));
  while (auto record = reader.next()) {
    EmbedItem item;
    item.id = record->id.empty() ? place_name(input, record->line) : std::move(record->id);
    item.source = input;
    item.line = record->line;
    item.reason = std::move(record->reason);
    item.content = std::move(record->sequence);
    push(std::move(item), share_of(reader.bytes_read(), size));
  }
}

void push_texts(const EmbedOptions& options, const std::string& input, std::unique_ptr<LineSource> lines,
                std::uint64_t size, const PushItem& push) {
  const bool proteins = options.kind == EmbedKind::kProteins;
  TextRecords records(std::move(lines), {options.column, options.id_column, proteins});
  while (auto record = records.next()) {
    EmbedItem item;
    item.id = record->id.empty() ? place_name(input, record->line) : std::move(record->id);
    item.source = input;
    item.line = record->line;
    item.reason = std::move(record->reason);
    if (proteins && item.reason.empty()) {
      auto cleaned = encoders::clean_protein(record->text);
      if (!cleaned) item.reason = cleaned.reason();
      record->text = cleaned ? std::move(*cleaned) : "";
    }
    item.content = std::move(record->text);
    push(std::move(item), share_of(records.bytes_read(), size));
  }
}

void push_lines(const EmbedOptions& options, const PushItem& push) {
  // Told now, and not after hours: an input that is not there. Standard input and pipes are opened once.
  for (const std::string& input : options.inputs) {
    if (is_repeatable(input)) LineSource::open(input);
  }
  for (const std::string& input : options.inputs) {
    auto lines = LineSource::open(input);
    const std::uint64_t size = options.inputs.size() == 1 ? lines->bytes_total() : 0;
    const bool fasta = options.kind == EmbedKind::kProteins && options.column.empty() &&
                       encoders::looks_like_fasta(lines->peek(1 << 16));
    fasta ? push_fasta(input, std::move(lines), size, push) : push_texts(options, input, std::move(lines), size, push);
  }
}

}  // namespace

FailedInputs for_each_item(const EmbedOptions& options, const PushItem& push) {
  switch (options.kind) {
    case EmbedKind::kSpectra: return push_spectra(options, push);
    case EmbedKind::kMolecules: push_molecules(options, push); break;
    case EmbedKind::kText:
    case EmbedKind::kProteins: push_lines(options, push); break;
  }
  return {};
}

}  // namespace molbridge::service
