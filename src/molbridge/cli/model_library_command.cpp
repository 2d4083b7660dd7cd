#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/library_build.hpp"

namespace molbridge::cli {
namespace {

int run_library(service::LibraryBuildOptions options, const Context& context) {
  options.threads = context.threads;
  const service::LibraryBuildReport report = service::build_library_model(options, *context.progress);
  std::uint64_t skipped = 0;
  for (const auto& [reason, count] : report.skip_reasons) {
    context.say(fmt::format("skipped {}: {}", format_count(count), reason));
    skipped += count;
  }
  context.say(
      fmt::format("{} spectra read: {} in the library ({} molecules, {} peaks), {} without structure, {} skipped",
                  format_count(report.read), format_count(report.spectra), format_count(report.molecules),
                  format_count(report.peaks), format_count(report.unlabelled), format_count(skipped)));
  print_result(report.folder + "\n");
  return skipped == 0 ? 0 : 1;
}

void add_search_options(Command& c, service::LibraryBuildOptions& options) {
  c.option("--similarity", &options.similarity, "NAME", "how spectra are compared")
      .choices({"cosine", "modified-cosine", "neutral-loss", "entropy"});
  c.option("--tolerance", &options.tolerance, "WIDTH", "of two peaks, e.g. '0.02 Da' or '10 ppm'");
  c.option("--mz-power", &options.mz_power, "A", "cosines: weight of a peak is mz^A * intensity^B").range(-10, 10);
  c.option("--intensity-power", &options.intensity_power, "B", "see --mz-power").range(1e-3, 10);
  c.flag("--remove-precursor", &options.remove_precursor, "leave out peaks from 1.6 Th below the precursor upward");
  c.option("--neighbours", &options.neighbours, "K", "library spectra that a query's vector is made of")
      .range(1, 1 << 20);
  c.option("--min-matched-peaks", &options.min_matched_peaks, "N", "spectra that share fewer are no neighbours")
      .range(1, 1 << 20);
  c.option("--precursor-window", &options.precursor_window, "WIDTH",
           "only spectra whose precursor lies so near; default: any, which finds analogues");
  c.flag("--any-ion-mode", &options.any_ion_mode, "compare positive with negative spectra as well");
}

}  // namespace

void add_model_library_command(Command& model) {
  auto options = std::make_shared<service::LibraryBuildOptions>();
  Command& c = model.add("library", "Makes a model that ranks by the nearest spectrum of a library.",
                         "molbridge model library --spectra train.mgf --similarity entropy -o nearest-entropy");
  c.details(
      "The baseline that needs no training: a query takes the fingerprint of the molecule whose library spectrum is "
      "most like its own, and candidates are ranked by their similarity to that. The library's spectra need a SMILES "
      "field. A query that matches nothing gets a zero vector, so that all candidates tie.");
  c.option("--spectra", &options->spectra, "FILE", "spectra with known structures; repeatable").required();
  c.option("--held-out", &options->held_out, "FILE",
           "spectra whose compounds must not be in the library: refused if one is; repeatable");
  c.option("-o,--output", &options->output, "DIR", "model folder to make").required();
  add_search_options(c, *options);
  c.option("--encoder", &options->encoder, "SPEC", "molecule space, as in bank build");
  c.option("--name", &options->name, "NAME", "name of the model; default: library-SIMILARITY");
  c.option("--licence", &options->licence, "TEXT", "licence of the spectra, for the manifest");
  c.flag("--force", &options->force, "replace a model folder that stands there");
  c.on_run([options](const Context& context) { return run_library(*options, context); });
}

}  // namespace molbridge::cli
