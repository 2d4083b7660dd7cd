#pragma once
// One option of a command: declared once, and from that declaration come its flag, its environment variable, its key in
// a --config file, its help line and its line in --print-config.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "molbridge/core/config.hpp"

namespace molbridge::cli {

/// A number of bytes, written "512M", "1G" or plain.
struct ByteSize {
  std::uint64_t bytes = 0;
};

/// Where an option's value is stored. What the variable holds when the option is declared is its default. The variable
/// must outlive the command (commands keep their options in a shared_ptr that on_run's function holds).
using ValueRef = std::variant<bool*, std::string*, double*, int*, std::int64_t*, std::uint64_t*, ByteSize*,
                              std::vector<std::string>*, std::optional<std::string>*, std::optional<double>*>;

class Option {
 public:
  Option(std::string names, ValueRef value, std::string placeholder, std::string help);

  /// Only these texts are allowed (string options).
  Option& choices(std::vector<std::string> allowed);
  /// Both ends belong to the range (number options).
  Option& range(double low, double high);
  /// Somebody must give it: flag, environment or config.
  Option& required();
  /// A positional argument that may be left away.
  Option& not_required();
  /// Neither in --config nor in the environment nor in --print-config: options that say where to look, not what to do.
  Option& flag_only();

  bool is_positional() const { return long_name_.empty(); }
  bool is_flag() const { return std::holds_alternative<bool*>(value_); }
  bool is_list() const { return std::holds_alternative<std::vector<std::string>*>(value_); }
  bool is_required() const { return required_; }
  bool is_flag_only() const { return flag_only_; }
  bool is_unset() const;                                       ///< the variable holds an empty text, list or optional
  const std::string& names() const { return names_; }          ///< "-o,--output"; "" for positional ones
  const std::string& long_name() const { return long_name_; }  ///< "--output"
  const std::string& placeholder() const { return placeholder_; }  ///< "FILE"
  const std::string& help() const { return help_; }
  std::string label() const;         ///< what messages call it: "--output" or "INPUT"
  std::string key() const;           ///< in TOML: "top_k"; lower-case placeholder for positional ones
  std::string environment() const;   ///< "MOLBRIDGE_TOP_K"; "" when there is none
  std::string default_text() const;  ///< for the help: "10", "" when there is nothing to show
  const std::vector<std::string>& allowed() const { return choices_; }

  /// `origin` names the source of the value in messages. Errors: kUsage.
  void set_texts(const std::vector<std::string>& texts, const std::string& origin);
  void set_from_config(const Config& config);
  void write_config(ConfigWriter& writer) const;

 private:
  void check(const std::string& origin);
  void check_range(double value, const std::string& origin) const;

  std::string names_, long_name_, placeholder_, help_;
  ValueRef value_;
  std::string default_text_;
  std::vector<std::string> choices_;
  std::optional<std::pair<double, double>> range_;
  bool required_ = false;
  bool flag_only_ = false;
};

}  // namespace molbridge::cli
