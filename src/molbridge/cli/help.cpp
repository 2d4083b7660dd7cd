#include "molbridge/cli/help.hpp"

#include <fmt/format.h>

#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"

namespace molbridge::cli {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kColumn = 30;
constexpr std::size_t kCommandColumn = 13;  // names of commands are short, and all of them are to fit on a screen

/// `text` broken at spaces to fit behind `indent`; the first line stands where the caller is.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (const auto word : split_whitespace(text)) {
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string row(const std::string& left, const std::string& right, std::size_t at = kColumn) {
  std::string line = "  " + left;
  line += line.size() + 2 > at ? "\n" + std::string(at, ' ') : std::string(at - line.size(), ' ');
  return line + wrapped(right, at) + "\n";
}

std::string option_row(const Option& option) {
  std::string left = option.is_positional() ? option.placeholder() : std::string();
  for (const auto name : split(option.names(), ',')) {
    if (name.empty()) continue;
    left += (left.empty() ? "" : ", ") + std::string(name);
  }
  if (option.is_list() && option.is_positional()) left += "...";
  if (!option.is_positional() && !option.placeholder().empty()) left += " " + option.placeholder();
  std::string right = option.help();
  if (!option.allowed().empty()) right += " (" + join(option.allowed(), ", ") + ")";
  if (!option.default_text().empty()) right += " [" + option.default_text() + "]";
  if (!option.environment().empty()) right += " {" + option.environment() + "}";
  return row(left, right);
}

std::string usage_line(const Command& command) {
  std::string out = "Usage: " + command.full_name();
  if (!command.subcommands().empty()) return out + " COMMAND [OPTIONS]\n";
  for (const Option& option : command.options()) {
    if (!option.is_positional()) continue;
    const std::string name = option.placeholder() + (option.is_list() ? "..." : "");
    out += " " + (option.is_required() ? name : "[" + name + "]");
  }
  return out + " [OPTIONS]\n";
}

}  // namespace

std::string command_help(const Command& command) {
  std::string out = "Example: " + command.example() + "\n\n" + wrapped(command.summary(), 0) + "\n";
  if (!command.details().empty()) out += "\n" + wrapped(command.details(), 0) + "\n";
  out += "\n" + usage_line(command);
  if (!command.subcommands().empty()) {
    out += "\nCommands:\n";
    for (const auto& child : command.subcommands()) out += row(child->name(), child->summary());
    return out;
  }
  out += "\nInputs and options [default] {environment variable}:\n";
  for (const Option& option : command.options()) out += option_row(option);
  out += row("-h, --help", "this text");
  return out;
}

std::string overview(const Command& root) {
  std::string out = fmt::format("Example: {}\n\nmolbridge {}: {}\n\nUsage: molbridge COMMAND [OPTIONS]\n\nCommands:\n",
                                root.example(), version(), root.summary());
  for (const auto& child : root.subcommands()) out += row(child->name(), child->summary(), kCommandColumn);
  out +=
      "\nmolbridge COMMAND --help explains a command. Options come from flags, then MOLBRIDGE_* variables, then\n"
      "--config FILE.toml, then defaults; --print-config shows the outcome. - is standard input or output.\n\n"
      "Exit codes:\n"
      "  0 ok                                 5 no device, or out of memory\n"
      "  1 finished, some inputs failed       6 output cannot be written\n"
      "  2 usage                              70 defect of molbridge\n"
      "  3 input cannot be read               130 interrupted\n"
      "  4 model or bank missing or not matching\n";
  return out;
}

}  // namespace molbridge::cli
