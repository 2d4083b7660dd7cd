#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/model_list.hpp"
#include "molbridge/service/model_pull.hpp"

namespace molbridge::cli {
namespace {

void add_list(Command& model) {
  struct Arguments {
    service::ModelListOptions options;
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  Command& c =
      model.add("list", "Lists the models that are here and those that can be fetched.", "molbridge model list");
  c.option("--registry", &arguments->options.registries, "FILE.toml", "more models to fetch; may be repeated");
  c.option("--cache", &arguments->options.cache, "DIR",
           "where fetched models are kept; default: $XDG_CACHE_HOME/molbridge or ~/.cache/molbridge");
  c.flag("--json", &arguments->json, "print JSON");
  const auto run = [arguments](const Context&) {
    const service::ModelList list = service::list_models(arguments->options);
    print_result(arguments->json ? service::to_json(list) : service::to_text(list));
    return 0;
  };
  c.on_run(run, {.threads = false});
}

struct PullArguments {
  service::ModelPullOptions options;
  ByteSize max_size{service::ModelPullOptions().max_bytes};
};

void say_pulled(const service::ModelPullReport& report, const Context& context) {
  if (!report.unverified.empty()) {
    context.say(
        fmt::format("warning: {} of {} files could not be verified, since no checksum is published for them: {}. Their "
                    "SHA-256 is noted in {}/pulled.toml, and later pulls are checked against it.",
                    report.unverified.size(), report.entry.files.size(), join(report.unverified, ", "), report.folder));
  }
  context.say(fmt::format("{} in {}: {} files fetched ({}), {} were there; licence: {}", report.entry.name,
                          report.folder, report.fetched_files, service::format_size(report.fetched_bytes),
                          report.present_files, report.entry.licence));
  if (!report.entry.import.empty()) context.say("next: " + report.entry.import_command(report.folder));
}

int run_pull(const PullArguments& arguments, const Context& context) {
  service::ModelPullOptions options = arguments.options;
  options.max_bytes = arguments.max_size.bytes;
  const auto say = [&context](const std::string& line) { context.say(line); };
  const service::ModelPullReport report = service::pull_model(options, *context.progress, say);
  say_pulled(report, context);
  print_result(report.folder + "\n");
  return 0;
}

void add_pull_network(Command& c, PullArguments& arguments) {
  service::ModelPullOptions& options = arguments.options;
  c.flag("--offline", &options.offline,
         "fetch nothing: check what is there, and say what is missing and where to put it");
  c.option("--proxy", &options.proxy, "URL",
           "proxy for every address, or none; default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment");
  c.option("--connect-timeout", &options.connect_timeout_seconds, "SECONDS", "give up a connection that is not made")
      .range(0.1, 3600);
  c.option("--stall-timeout", &options.stall_timeout_seconds, "SECONDS", "end a connection over which nothing comes")
      .range(1, 3600);
  c.option("--attempts", &options.attempts, "N", "attempts in a row without progress before giving up").range(1, 1000);
  c.option("--retry-wait", &options.retry_wait_seconds, "SECONDS",
           "wait before the second attempt; doubled for each further one")
      .range(0, 30);
  c.option("--max-size", &arguments.max_size, "SIZE", "take no more of a file whose size nobody states");
}

void add_pull(Command& model) {
  auto arguments = std::make_shared<PullArguments>();
  service::ModelPullOptions& options = arguments->options;
  Command& c = model.add("pull", "Fetches a published model.", "molbridge model pull dreams-embedding");
  c.details(
      "Files are checked against their published size and SHA-256 before they are put in place; one that breaks off is "
      "continued, by itself and by the same command later. Prints the folder. HF_TOKEN is sent to huggingface.co (or "
      "HF_ENDPOINT) and nowhere else; SSL_CERT_FILE names other certificates to trust.");
  c.positional("NAME", &options.name, "name in the registry, see molbridge model list");
  c.option("-o,--output", &options.output, "DIR", "put the files here instead of into the cache");
  c.option("--registry", &options.registries, "FILE.toml", "more models to fetch; may be repeated");
  c.option("--cache", &options.cache, "DIR",
           "where fetched models are kept; default: $XDG_CACHE_HOME/molbridge or ~/.cache/molbridge");
  add_pull_network(c, *arguments);
  c.on_run([arguments](const Context& context) { return run_pull(*arguments, context); }, {.threads = false});
}

}  // namespace

void add_model_command(Command& parent) {
  Command& model = parent.add("model", "Lists and fetches models.", "molbridge model list");
  add_list(model);
  add_pull(model);
}

}  // namespace molbridge::cli
