#include "molbridge/cli/command.hpp"

#include <utility>

namespace molbridge::cli {

Command::Command(std::string name, std::string summary, std::string example, const Command* parent)
    : name_(std::move(name)), summary_(std::move(summary)), example_(std::move(example)), parent_(parent) {}

Command& Command::add(const std::string& name, const std::string& summary, const std::string& example) {
  subcommands_.push_back(std::make_unique<Command>(name, summary, example, this));
  return *subcommands_.back();
}

Command& Command::details(std::string text) {
  details_ = std::move(text);
  return *this;
}

Option& Command::inputs(const std::string& placeholder, std::vector<std::string>* value, const std::string& help) {
  return options_.emplace_back("", value, placeholder, help).required();
}

Option& Command::positional(const std::string& placeholder, std::string* value, const std::string& help) {
  return options_.emplace_back("", value, placeholder, help).required();
}

Option& Command::option(const std::string& names, ValueRef value, const std::string& placeholder,
                        const std::string& help) {
  return options_.emplace_back(names, value, placeholder, help);
}

Option& Command::flag(const std::string& name, bool* value, const std::string& help) {
  return options_.emplace_back(name, value, "", help);
}

void Command::on_run(Runner runner, CommonOptions common) {
  runner_ = std::move(runner);
  if (common.threads) option("--threads", &common_.threads, "N", "threads to use; 0 is all cores").range(0, 4096);
  flag("-q,--quiet", &common_.quiet, "no progress and no summary on standard error");
  if (common.config) {
    option("--config", &common_.config, "FILE.toml", "take options that no flag gives from this file").flag_only();
    flag("--print-config", &common_.print_config, "print the options that would be used as TOML, and stop").flag_only();
  }
}

std::string Command::full_name() const { return parent_ == nullptr ? name_ : parent_->full_name() + " " + name_; }

}  // namespace molbridge::cli
