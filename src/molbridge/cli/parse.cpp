#include "molbridge/cli/parse.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::cli {
namespace {

/// A command beside its twin in the parser library. The library only cuts argv into pieces: values, their checks and
/// their other sources are ours, so that all sources are judged alike.
struct Node {
  Command* command = nullptr;
  CLI::App* app = nullptr;
  std::map<std::string, std::vector<std::string>> texts;
  std::map<std::string, bool> flags;
  bool help = false;
  std::vector<std::unique_ptr<Node>> children;
};

void declare_option(Node& node, const Option& option) {
  const std::string label = option.label();
  if (option.is_flag()) {
    node.app->add_flag(option.names(), node.flags[label]);
    return;
  }
  auto* declared = node.app->add_option(option.is_positional() ? label : option.names(), node.texts[label]);
  declared->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->expected(1)->allow_extra_args(false);
  if (option.is_positional() && option.is_list()) declared->expected(1, 1 << 29)->allow_extra_args();
}

std::unique_ptr<Node> mirror(Command& command, CLI::App& app) {
  auto node = std::make_unique<Node>();
  node->command = &command;
  node->app = &app;
  app.set_help_flag();
  app.allow_extras();
  app.add_flag("-h,--help", node->help);
  for (const Option& option : command.options()) declare_option(*node, option);
  for (const auto& child : command.subcommands())
    node->children.push_back(mirror(*child, *app.add_subcommand(child->name())));
  return node;
}

Node& deepest_named(Node& node) {
  for (const auto& child : node.children) {
    if (child->app->parsed()) return deepest_named(*child);
  }
  return node;
}

std::vector<std::string> option_names(const Command& command) {
  std::vector<std::string> names = {"--help"};
  for (const Option& option : command.options()) {
    if (!option.is_positional()) names.push_back(option.long_name());
  }
  if (command.parent() == nullptr) names.emplace_back("--version");
  return names;
}

[[noreturn]] void refuse_extra(const Command& command, const std::string& extra) {
  const bool is_option = extra.size() > 1 && extra.front() == '-';
  const std::string word = extra.substr(0, extra.find('='));
  std::vector<std::string> known = option_names(command);
  std::string message = "unknown option " + word;
  if (!is_option) {
    message = command.subcommands().empty() ? "unexpected argument '" + word + "'" : "unknown command '" + word + "'";
    known.clear();
    for (const auto& child : command.subcommands()) known.push_back(child->name());
  }
  if (const auto guess = nearest(word, known)) message += " (did you mean " + *guess + "?)";
  throw Error(ErrorCode::kUsage, message).remedy("See " + command.full_name() + " --help.");
}

/// Extra words hide each other: in "--pmm 10" the number is an extra too, so options are reported first.
void check_extras(const Node& root, const Node& named) {
  for (const Node* node : {&named, &root}) {
    const auto extras = node->app->remaining();
    for (const std::string& extra : extras) {
      if (extra.size() > 1 && extra.front() == '-') refuse_extra(*node->command, extra);
    }
    if (!extras.empty()) refuse_extra(*node->command, extras.front());
  }
}

void apply_config(Command& command, const ParsedCommand& parsed, const Config& config) {
  for (Option& option : command.options()) {
    if (option.is_flag_only() || !config.has(option.key())) continue;  // has() also makes the key a known one
    const bool given = parsed.texts.contains(option.label());
    const char* variable = option.environment().empty() ? nullptr : std::getenv(option.environment().c_str());
    if (!given && (variable == nullptr || *variable == '\0')) option.set_from_config(config);
  }
  config.reject_unused();
}

void apply_environment(Option& option) {
  const std::string name = option.environment();
  const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return;
  std::vector<std::string> texts;
  if (option.is_list()) {
    for (const auto part : split(value, ',')) texts.emplace_back(trim(part));
  } else {
    texts.emplace_back(value);
  }
  option.set_texts(texts, name);
}

}  // namespace

ParsedCommand parse_arguments(Command& root, int argc, const char* const* argv) {
  CLI::App app;
  bool version = false;
  auto tree = mirror(root, app);
  app.add_flag("--version", version);
  ParsedCommand parsed;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    throw Error(ErrorCode::kUsage, e.what()).remedy("See " + deepest_named(*tree).command->full_name() + " --help.");
  }
  Node& named = deepest_named(*tree);
  parsed.command = named.command;
  parsed.version = version;
  parsed.help = named.help || tree->help;
  if (parsed.help || version) return parsed;
  check_extras(*tree, named);
  for (auto& [label, texts] : named.texts) {
    if (!texts.empty()) parsed.texts[label] = texts;
  }
  for (const auto& [label, given] : named.flags) {
    if (given) parsed.texts[label] = {"true"};
  }
  return parsed;
}

void resolve_options(const ParsedCommand& parsed) {
  Command& command = *parsed.command;
  for (Option& option : command.options()) {
    const auto found = parsed.texts.find(option.label());
    if (found != parsed.texts.end()) {
      option.set_texts(found->second, option.label());
    } else {
      apply_environment(option);
    }
  }
  const std::string& file = command.common().config;
  if (!file.empty()) apply_config(command, parsed, Config::read(file));
  for (const Option& option : command.options()) {
    if (option.is_required() && option.is_unset()) {
      throw Error(ErrorCode::kUsage, "missing " + option.label() + ": " + option.help())
          .remedy("Example: " + command.example());
    }
  }
}

std::string print_config(const Command& command) {
  ConfigWriter writer;
  writer.comment(command.full_name());
  for (const Option& option : command.options()) {
    if (!option.is_flag_only()) option.write_config(writer);
  }
  return writer.str();
}

}  // namespace molbridge::cli
