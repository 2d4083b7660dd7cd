#pragma once
// How a subcommand declares itself. One file per subcommand, one function per file:
//
//   void add_convert_command(Command& parent) {
//     auto options = std::make_shared<service::ConvertOptions>();
//     Command& c = parent.add("convert", "Writes spectra as MGF, MSP or JSON.",
//                             "molbridge convert run.mzML -o run.mgf");
//     c.inputs("INPUT", &options->inputs, "spectrum files or folders; - is standard input");
//     c.option("-o,--output", &options->output, "FILE", "where to write; - is standard output");
//     c.on_run([options](const Context& context) { return run_convert(*options, context); });
//   }
//
// and a line in commands.hpp. Values come from flags, else MOLBRIDGE_* variables, else --config, else the default that
// stands in the variable. --threads, --quiet, --config, --print-config and --help are added to every command that runs.
// The argument parser library is seen by parse.cpp alone. Not thread-safe.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/cli/context.hpp"
#include "molbridge/cli/option.hpp"

namespace molbridge::cli {

/// Returns the exit code: 0, or 1 when the work was finished and some inputs failed. Everything else is thrown.
using Runner = std::function<int(const Context&)>;

/// Which common options a command takes.
struct CommonOptions {
  bool threads = true;
  /// False for a command whose --config is a document of its own (train): it then declares --config itself, and reads
  /// it.
  bool config = true;
};

class Command {
 public:
  Command(std::string name, std::string summary, std::string example, const Command* parent = nullptr);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  /// `summary` is one sentence; `example` is a whole command line and opens the help.
  Command& add(const std::string& name, const std::string& summary, const std::string& example);
  /// Paragraph below the summary in the help.
  Command& details(std::string text);

  /// Repeatable positional argument; at least one is required. Declare positional ones in their order, a list last.
  Option& inputs(const std::string& placeholder, std::vector<std::string>* value, const std::string& help);
  Option& positional(const std::string& placeholder, std::string* value, const std::string& help);
  /// `names`: "--ppm" or "-o,--output". A bool is a flag, a list may be repeated.
  Option& option(const std::string& names, ValueRef value, const std::string& placeholder, const std::string& help);
  Option& flag(const std::string& name, bool* value, const std::string& help);
  void on_run(Runner runner, CommonOptions common = {});
  /// What must hold of the options together; runs before the work, in whatever program. Errors: kUsage.
  void check(std::function<void()> check) { check_ = std::move(check); }
  void check_options() const {
    if (check_) check_();
  }
  /// Like on_run, for work that not every program of molbridge can do: where `work` is empty, the command is handed over to
  /// `program` (companion.hpp). `options` are what the command fills and what `work` gets.
  template <typename Options>
  void on_run_in(std::string program, std::function<int(const Options&, const Context&)> work,
                 std::shared_ptr<Options> options, CommonOptions common = {}) {
    program_ = std::move(program);
    options_owner_ = options;
    Runner runner;
    if (work) runner = [work = std::move(work), options](const Context& context) { return work(*options, context); };
    on_run(std::move(runner), common);
  }

  const std::string& name() const { return name_; }
  std::string full_name() const;  ///< "molbridge bank build"
  const std::string& summary() const { return summary_; }
  const std::string& example() const { return example_; }
  const std::string& details() const { return details_; }
  const Command* parent() const { return parent_; }
  const std::deque<Option>& options() const { return options_; }
  std::deque<Option>& options() { return options_; }
  const std::vector<std::unique_ptr<Command>>& subcommands() const { return subcommands_; }
  const Runner& runner() const { return runner_; }
  const std::string& program() const { return program_; }  ///< "" for a command that every program runs
  bool is_group() const { return !runner_ && program_.empty(); }

  /// Values of the common options, filled by resolve().
  struct Common {
    std::uint64_t threads = 0;
    bool quiet = false;
    std::string config;
    bool print_config = false;
    bool help = false;
  };
  const Common& common() const { return common_; }

 private:
  std::function<void()> check_;
  std::string name_, summary_, example_, details_, program_;
  const Command* parent_;
  std::deque<Option> options_;  // a deque, so that the references handed out stay valid
  std::vector<std::unique_ptr<Command>> subcommands_;
  Runner runner_;
  std::shared_ptr<const void> options_owner_;  // keeps what the options point to where no runner does
  Common common_;
};

}  // namespace molbridge::cli
