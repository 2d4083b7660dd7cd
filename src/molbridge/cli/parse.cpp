#include "molbridge/cli/parse.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdlib>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::cli {
namespace {

/// The texts of one command's options, cut out of argv by the parser library. It does no more than cut: values, their checks
/// and their other sources are ours, so that all sources are judged alike.
struct RawOptions {
  std::map<std::string, std::vector<std::string>> texts;
  std::map<std::string, bool> flags;
  bool help = false;
  bool version = false;
};

void declare_option(CLI::App& app, const Option& option, RawOptions& raw) {
  const std::string label = option.label();
  if (option.is_flag()) {
    app.add_flag(option.names(), raw.flags[label]);
    return;
  }
  auto* declared = app.add_option(option.is_positional() ? label : option.names(), raw.texts[label]);
  declared->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->expected(1)->allow_extra_args(false);
  if (option.is_positional() && option.is_list()) declared->expected(1, 1 << 29)->allow_extra_args();
}

void declare(CLI::App& app, const Command& command, RawOptions& raw) {
  app.set_help_flag();
  app.allow_extras();
  app.add_flag("-h,--help", raw.help);
  if (command.parent() == nullptr) app.add_flag("--version", raw.version);
  for (const Option& option : command.options()) declare_option(app, option, raw);
}

/// Takes the leading words that name a command off `arguments`. The library's own subcommands are not used: with them, a file called
/// "bank" could not be an input of "convert".
Command& named_command(Command& root, std::vector<std::string>& arguments) {
  Command* command = &root;
  while (!arguments.empty()) {
    Command* next = nullptr;
    for (const auto& child : command->subcommands()) {
      if (child->name() == arguments.front()) next = child.get();
    }
    if (next == nullptr) break;
    command = next;
    arguments.erase(arguments.begin());
  }
  return *command;
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
void check_extras(const Command& command, std::vector<std::string> extras) {
  std::erase(extras, "--");
  for (const std::string& extra : extras) {
    if (extra.size() > 1 && extra.front() == '-') refuse_extra(command, extra);
  }
  if (!extras.empty()) refuse_extra(command, extras.front());
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
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  ParsedCommand parsed;
  parsed.command = &named_command(root, arguments);
  CLI::App app;
  RawOptions raw;
  declare(app, *parsed.command, raw);
  std::reverse(arguments.begin(), arguments.end());  // the library takes them from the back
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& e) {
    throw Error(ErrorCode::kUsage, e.what()).remedy("See " + parsed.command->full_name() + " --help.");
  }
  parsed.help = raw.help;
  parsed.version = raw.version;
  const bool misspelt_command = !parsed.command->subcommands().empty() && !app.remaining().empty();
  if ((parsed.help || parsed.version) && !misspelt_command) return parsed;
  check_extras(*parsed.command, app.remaining());
  for (auto& [label, texts] : raw.texts) {
    if (!texts.empty()) parsed.texts[label] = texts;
  }
  for (const auto& [label, given] : raw.flags) {
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
