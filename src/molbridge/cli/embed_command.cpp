#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/embed.hpp"
#include "molbridge/service/resource_usage.hpp"

namespace molbridge::cli {
namespace {

using service::EmbedKind;
using service::EmbedOptions;

void say_report(const service::EmbedReport& report, const EmbedOptions& options, const Context& context) {
  for (const auto& [input, why] : report.failed_inputs) context.say("not read: " + why);
  for (const auto& group : report.reasons) {
    context.say(fmt::format("no vector for {}: {}\n  first: {}", format_count(group.count), group.reason, group.where));
  }
  context.say(fmt::format("{} records read: {} embedded, {} without vector; {} columns by {}",
                          format_count(report.read), format_count(report.embedded), format_count(report.failed),
                          report.width, report.encoder));
  if (report.truncated > 0) {
    context.say(fmt::format("{} of them longer than the model reads: cut off there{}", format_count(report.truncated),
                            report.first_truncated.empty() ? "" : "\n  first: " + report.first_truncated));
  }
  if (report.ids_file.empty()) return;
  const double rate = static_cast<double>(report.read - report.resumed) / std::max(report.seconds, 1e-9);
  context.say(fmt::format("{} in {}: {:.0f} records/s, peak memory {}; ids and reasons: {}", options.output,
                          format_duration(report.seconds), rate, service::format_bytes(service::peak_memory_bytes()),
                          report.ids_file));
}

int run_embed(EmbedOptions options, const Context& context) {
  options.threads = context.threads;
  const auto say = [&context](const std::string& line) { context.say(line); };
  const service::EmbedReport report = service::embed(options, *context.progress, say);
  say_report(report, options, context);
  return report.complete() ? 0 : 1;
}

void add_outputs(Command& c, EmbedOptions& options) {
  c.option("-o,--output", &options.output, "FILE",
           "OUT.safetensors, OUT.npy or OUT.tsv, with OUT.ids.tsv beside it; - is standard output, as TSV");
  c.option("--format", &options.format, "FORMAT", "safetensors, npy or tsv; default: by the ending of the output");
  c.flag("--normalize", &options.normalize, "scale every vector to length 1");
  c.option("--checkpoint-rows", &options.checkpoint_rows, "N",
           "make what is done safe against a kill after so many rows")
      .range(1, 1e9);
  c.flag("--restart", &options.restart, "start anew instead of continuing an unfinished run");
}

void add_dtype(Command& c, EmbedOptions& options) {
  c.option("--dtype", &options.dtype, "TYPE", "in which numbers the network computes")
      .choices({"f32", "bf16", "bf16x3"});
}

Command& add_kind(Command& parent, const std::shared_ptr<EmbedOptions>& options, const std::string& summary,
                  const std::string& example) {
  const std::string verb(service::name(options->kind));
  Command& c = parent.add(verb, summary, example);
  c.details(
      "Every record of the input gets a row, in the order of the input; one without a vector is a row of NaN with its "
      "reason in the ids file, and the exit code is then 1. A run that was cut off is continued by the same command.");
  return c;
}

void run_with(Command& c, const std::shared_ptr<EmbedOptions>& options) {
  c.on_run([options](const Context& context) { return run_embed(*options, context); });
}

std::shared_ptr<EmbedOptions> options_of(EmbedKind kind) {
  auto options = std::make_shared<EmbedOptions>();
  options->kind = kind;
  return options;
}

void add_spectra(Command& parent) {
  auto options = options_of(EmbedKind::kSpectra);
  Command& c = add_kind(parent, options, "Vectors of spectra, by DreaMS or a trained model.",
                        "molbridge embed spectra run.mzML --model dreams -o run.safetensors");
  c.inputs("SPECTRA", &options->inputs,
           "spectrum files or folders; - is standard input");  // --input has the key "input"
  c.option("--model", &options->model, "DIR", "model folder, or a published DreaMS file").required();
  c.option("--peaks", &options->peaks, "N",
           "DreaMS: highest peaks of a spectrum that count; 0: as the model was trained, else 100")
      .range(0, 100'000);
  c.option("--input", &options->convention, "NAME", "DreaMS: how a spectrum becomes tokens")
      .choices({"dreams", "specbridge"});
  c.option("--convention", &options->model_convention, "NAME",
           "SpecBridge: released pads each spectrum to the longest of its 32, as the published code does; for audits")
      .choices({"honest", "released"});
  add_dtype(c, *options);
  c.option("--from", &options->from, "FORMAT",
           "mgf, msp, massbank, massspecgym, mzml, mzxml or json; auto looks at the content");
  c.flag("--centroid", &options->centroid, "make centroids of profile spectra instead of skipping them");
  add_outputs(c, *options);
  run_with(c, options);
}

void add_molecules(Command& parent) {
  auto options = options_of(EmbedKind::kMolecules);
  Command& c = add_kind(parent, options, "Vectors of molecules, by a SMILES network or as fingerprints.",
                        "molbridge embed molecules molecules.tsv --model chemberta -o molecules.npy");
  c.inputs("INPUT", &options->inputs, "SMILES, CSV, TSV or SDF files, plain or .gz; - is standard input");
  c.option("--model", &options->model, "DIR", "model folder, Hugging Face folder, ecfp4 or morgan:radius=R,bits=N")
      .required();
  add_dtype(c, *options);
  c.option("--pooling", &options->pooling, "NAME", "cls, mean, max or pooler; default: what the model says");
  c.option("--smiles-column", &options->reading.smiles_column, "NAME",
           "column of the SMILES; default: found by its usual names");
  c.option("--name-column", &options->reading.name_column, "NAME", "column of the name");
  c.option("--id-column", &options->reading.id_column, "NAME", "column of the identifier");
  c.flag("--keep-stereo", &options->keep_stereo, "keep stereo when molecules are standardised");
  add_outputs(c, *options);
  run_with(c, options);
}

void add_sequences(Command& parent, EmbedKind kind) {
  auto options = options_of(kind);
  const bool proteins = kind == EmbedKind::kProteins;
  Command& c = add_kind(
      parent, options,
      proteins ? "Vectors of protein sequences, by ESM-2 or as descriptors." : "Vectors of texts, by a BERT or TF-IDF.",
      proteins ? "molbridge embed proteins proteins.fasta --model esm2 -o proteins.safetensors"
               : "molbridge embed text abstracts.tsv --column abstract --model pubmedbert -o abstracts.npy");
  c.inputs("INPUT", &options->inputs,
           proteins ? "FASTA, or TSV or CSV with a column of sequences, plain or .gz; - is standard input"
                    : "one text per line, or TSV or CSV with --column, plain or .gz; - is standard input");
  c.option("--model", &options->model, "DIR",
           proteins ? "model folder, Hugging Face folder, protein-descriptor, ctd, kmers:k=K,width=N, ..."
                    : "model folder, Hugging Face folder, or tfidf:FILE")
      .required();
  add_dtype(c, *options);
  c.option("--pooling", &options->pooling, "NAME", "cls, mean, residues, max or pooler; default: what the model says");
  c.option("--column", &options->column, "NAME",
           proteins ? "column of the sequences of a table" : "the input is a table with the text in this column");
  c.option("--id-column", &options->id_column, "NAME", "column of the identifier");
  add_outputs(c, *options);
  run_with(c, options);
}

}  // namespace

void add_embed_command(Command& parent) {
  Command& embed = parent.add("embed", "Writes the vectors of spectra, molecules, texts or proteins.",
                              "molbridge embed spectra run.mzML --model dreams -o run.safetensors");
  add_spectra(embed);
  add_molecules(embed);
  add_sequences(embed, EmbedKind::kText);
  add_sequences(embed, EmbedKind::kProteins);
}

}  // namespace molbridge::cli
