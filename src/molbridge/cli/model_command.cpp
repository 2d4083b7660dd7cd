#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/model_import.hpp"
#include "molbridge/service/model_info.hpp"
#include "molbridge/service/model_join.hpp"
#include "molbridge/service/model_list.hpp"
#include "molbridge/service/model_pull.hpp"
#include "molbridge/service/resource_usage.hpp"
#include "molbridge/service/tokenize.hpp"

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

int run_import(const service::ModelImportOptions& options, const Context& context) {
  const service::ModelImportReport report = service::import_model(options, *context.progress);
  for (const std::string& line : report.dropped) context.say("left out: " + line);
  for (const std::string& line : report.notes) context.say("note: " + line);
  if (!report.side_files.empty()) context.say("copied: " + join(report.side_files, ", "));
  context.say(fmt::format("{} {} ({}): {} parameters in {} tensors from {}, peak memory {}", report.kind, report.name,
                          report.summary, format_count(report.parameters), format_count(report.tensors),
                          report.container, service::format_bytes(service::peak_memory_bytes())));
  print_result(report.folder + "\n");
  return 0;
}

void add_import(Command& model) {
  auto options = std::make_shared<service::ModelImportOptions>();
  Command& c = model.add("import", "Makes a model folder of published weights.",
                         "molbridge model import embedding_model.ckpt -o dreams --licence MIT");
  c.details(
      "Reads Lightning and PyTorch checkpoints, TorchScript exports and safetensors of DreaMS and SpecBridge, and "
      "Hugging "
      "Face folders of roberta, bert, albert and esm. Nothing of a file is executed. Kind and sizes follow from the "
      "tensors; what does not fit "
      "is refused with the tensors that are missing, unexpected or of another shape.");
  c.positional("SRC", &options->source, "file or Hugging Face folder");
  c.option("-o,--output", &options->output, "DIR", "model folder to make").required();
  c.option("--name", &options->name, "NAME", "name of the model; default: that of the source");
  c.option("--licence", &options->licence, "TEXT", "licence of the weights, for the manifest");
  c.option("--source", &options->origin, "TEXT", "where the weights come from, for the manifest");
  c.option("--drop", &options->drop, "NAME", "leave out tensors whose names begin so; may be repeated");
  c.option("--molecule-encoder", &options->molecule_encoder, "DIR",
           "SpecBridge: Hugging Face folder with config.json and tokenizer of its molecule encoder");
  c.flag("--force", &options->force, "replace a model folder that stands there");
  c.on_run([options](const Context& context) { return run_import(*options, context); }, {.threads = false});
}

void add_join(Command& model) {
  auto options = std::make_shared<service::ModelJoinOptions>();
  Command& c =
      model.add("join", "Makes one model of a first and a second stage.",
                "molbridge model join --bridge runs/default-bridge/model --rerank runs/reranker/model -o my-model");
  c.details(
      "The folder holds both parts and their digests; identify and evaluate use both stages of it. A second stage fits "
      "the first one that its training config named in final.bridge, and no other.");
  c.option("--bridge", &options->bridge, "DIR", "model of the first stage").required();
  c.option("--rerank", &options->rerank, "DIR", "model of the second stage (kind reranker)").required();
  c.option("-o,--output", &options->output, "DIR", "model folder to make").required();
  c.option("--name", &options->name, "NAME", "name of the model; default: that of the folder");
  c.option("--licence", &options->licence, "TEXT", "licence, for the manifest; default: that of the first stage");
  c.flag("--force", &options->force, "replace a model folder that stands there");
  c.on_run(
      [options](const Context& context) {
        const service::ModelJoinReport report = service::join_model(*options);
        context.say("digest " + report.digest.substr(0, 12));
        print_result(report.folder + "\n");
        return 0;
      },
      {.threads = false});
}

void add_info(Command& model) {
  struct Arguments {
    service::ModelInfoOptions options;
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  Command& c = model.add("info", "Says what is in a model, and checks it.", "molbridge model info dreams --check");
  c.details(
      "Takes a model folder, a published file or a Hugging Face folder. The exit code is 4 when a file is missing or "
      "differs from its digest.");
  c.positional("MODEL", &arguments->options.model, "folder or file");
  c.flag("--check", &arguments->options.check, "hash every file; without it, files of more than 64 MB are not read");
  c.flag("--tensors", &arguments->options.tensors, "list every tensor");
  c.flag("--json", &arguments->json, "print JSON");
  const auto run = [arguments](const Context&) {
    const service::ModelInfo info = service::describe_model(arguments->options);
    print_result(arguments->json ? service::to_json(info) : service::to_text(info));
    return info.whole() ? 0 : exit_code(ErrorCode::kModel);
  };
  c.on_run(run, {.threads = false});
}

void add_tokens(Command& model) {
  auto options = std::make_shared<service::TokenizeOptions>();
  Command& c = model.add("tokens", "Writes the token ids that a model makes of texts.",
                         "molbridge model tokens chemberta-77m-mlm-model smiles.txt -o ids.tsv");
  c.details(
      "One text per line, taken as it is: SMILES are not standardised. Ids are those of the original tokenizer, "
      "special "
      "tokens included.");
  c.positional("MODEL", &options->model, "folder with tokenizer files");
  c.positional("INPUT", &options->input, "text file; - is standard input");
  c.option("-o,--output", &options->output, "FILE.tsv", "where the ids go; - is standard output");
  c.option("--behaviour", &options->behaviour, "NAME",
           "hub or trained, where the published files and the training differ; default: hub");
  c.option("--max-tokens", &options->max_tokens, "N", "cut longer texts; 0: as the tokenizer's own file says")
      .range(0, 1 << 20);
  c.flag("--plain", &options->no_special_tokens, "leave out special tokens");
  const auto run = [options](const Context& context) {
    const service::TokenizeReport report = service::tokenize(*options);
    context.say(fmt::format("{}: {} texts, {} tokens, {} unknown, {} texts cut", report.tokenizer,
                            format_count(report.texts), format_count(report.tokens), format_count(report.unknown),
                            format_count(report.truncated)));
    return 0;
  };
  c.on_run(run, {.threads = false});
}

}  // namespace

void add_model_command(Command& parent) {
  Command& model = parent.add("model", "Lists, fetches, imports and describes models.", "molbridge model list");
  add_list(model);
  add_pull(model);
  add_import(model);
  add_join(model);
  add_model_library_command(model);
  add_info(model);
  add_tokens(model);
}

}  // namespace molbridge::cli
