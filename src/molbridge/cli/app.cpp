#include "molbridge/cli/app.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "molbridge/cli/commands.hpp"
#include "molbridge/cli/companion.hpp"
#include "molbridge/cli/help.hpp"
#include "molbridge/cli/parse.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/core/version.hpp"

namespace molbridge::cli {
namespace {

int run_command(const ParsedCommand& parsed, char** argv) {
  const Command& command = *parsed.command;
  resolve_options(parsed);
  Context context;
  context.resolved_config = print_config(command);
  if (command.common().print_config) {
    print_result(context.resolved_config);
    return 0;
  }
  command.check_options();
  if (!command.runner()) hand_over(command.program(), argv);
  const auto progress = make_stderr_progress(command.common().quiet);
  context.threads = resolve_threads(command.common().threads);
  context.quiet = command.common().quiet;
  context.terminal = ::isatty(STDOUT_FILENO) != 0;
  context.progress = progress.get();
  return command.runner()(context);
}

int dispatch(int argc, char** argv, const TrainingRunners& runners) {
  Command root("molbridge", "identifies small molecules from tandem mass spectra.",
               "molbridge identify spectra.mgf -o hits.tsv");
  add_all_commands(root, runners);
  const ParsedCommand parsed = parse_arguments(root, argc, argv);
  const bool is_root = parsed.command == &root;
  const std::string help = is_root ? overview(root) : command_help(*parsed.command);
  if (parsed.version) {
    print_result(fmt::format("molbridge {}\n", version()));
  } else if (parsed.help) {
    print_result(help);
  } else if (parsed.command->is_group()) {
    fmt::print(stderr, "{}", help);
    return exit_code(ErrorCode::kUsage);
  } else {
    return run_command(parsed, argv);
  }
  return 0;
}

/// Messages quote what stands in files, and nothing in a file may steer the terminal.
std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F; }, '?');
  return out;
}

int report(ErrorCode code, const std::string& message) {
  std::fflush(stdout);
  fmt::print(stderr, "molbridge: {}\n", printable(message));
  return exit_code(code);
}

}  // namespace

void Context::say(std::string_view line) const {
  if (!quiet) fmt::print(stderr, "{}\n", printable(line));
}

void print_result(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  throw Error(ErrorCode::kOutput, std::string("cannot write to standard output: ") + std::strerror(errno));
}

int run_guarded(const std::function<int()>& work) {
  try {
    return work();
  } catch (const Error& e) {
    return report(e.code(), e.what());
  } catch (const std::bad_alloc&) {
    return report(ErrorCode::kResource, "out of memory");
  } catch (const std::exception& e) {
    return report(ErrorCode::kInternal,
                  std::string("unexpected error: ") + e.what() +
                      "\n  This is a defect of molbridge; please report it with the command that showed it.");
  } catch (...) {
    return report(ErrorCode::kInternal, "unexpected error of an unknown kind");
  }
}

int run(int argc, char** argv, const TrainingRunners& runners) {
  install_interrupt_handlers();
  return run_guarded([&] { return dispatch(argc, argv, runners); });
}

}  // namespace molbridge::cli
