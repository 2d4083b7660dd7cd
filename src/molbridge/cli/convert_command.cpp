#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/convert.hpp"

namespace molbridge::cli {
namespace {

void say_report(const service::ConvertReport& report, const service::ConvertOptions& options, const Context& context) {
  for (const auto& [input, why] : report.failed_inputs) context.say("not read: " + why);
  for (const auto& group : report.reasons) {
    context.say(fmt::format("skipped {}: {}\n  first: {}", format_count(group.count), group.reason, group.where));
  }
  context.say(fmt::format("{} spectra read: {} written, {} skipped; {} MS1 scans passed over",
                          format_count(report.read), format_count(report.written), format_count(report.skipped),
                          format_count(report.ms1)));
  if (report.skipped > 0 && options.skipped_file.empty()) context.say("--skipped FILE.tsv lists every skipped record.");
}

int run_convert(const service::ConvertOptions& options, const Context& context) {
  const service::ConvertReport report = service::convert(options, *context.progress);
  say_report(report, options, context);
  return report.complete() ? 0 : 1;
}

}  // namespace

void add_convert_command(Command& parent) {
  auto options = std::make_shared<service::ConvertOptions>();
  Command& c = parent.add("convert", "Writes spectra of any format as MGF, MSP or JSON, with all their fields.",
                          "molbridge convert run.mzML -o run.mgf");
  c.details(
      "Reads MGF, MSP, MassBank records, MassSpecGym TSV, mzML, mzXML and our JSON, plain or .gz. MS1 scans are passed "
      "over and "
      "counted. The exit code is 1 when a record was skipped or an input is damaged.");
  c.inputs("INPUT", &options->inputs, "spectrum files or folders; - is standard input");
  c.option("-o,--output", &options->output, "FILE", "where to write; - is standard output");
  c.option("--to", &options->to, "FORMAT",
           "mgf, msp or json; default: by the ending of the output, mgf for standard output");
  c.option("--from", &options->from, "FORMAT",
           "mgf, msp, massbank, massspecgym, mzml, mzxml or json; auto looks at the content");
  c.flag("--centroid", &options->centroid, "make centroids of profile spectra instead of skipping them");
  c.flag("--keep-profile", &options->keep_profile, "write profile spectra as they are instead of skipping them");
  c.option("--skipped", &options->skipped_file, "FILE.tsv", "list every skipped record with its reason here");
  c.on_run([options](const Context& context) { return run_convert(*options, context); }, {.threads = false});
}

}  // namespace molbridge::cli
