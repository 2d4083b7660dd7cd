#pragma once
// TOML documents: manifests of models and banks, and training configs. Unknown keys are errors, with the nearest right
// one.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge {

/// A read TOML file whose values are taken by dotted key ("model.hidden"). reject_unused() then refuses what nobody
/// asked for. Not thread-safe. Errors: kUsage with file and line (kModel for manifests, as told by `code_is_model`).
class Config {
 public:
  static Config read(const std::string& path, bool code_is_model = false);
  static Config parse(std::string_view text, const std::string& name, bool code_is_model = false);
  Config(Config&&) noexcept;
  Config& operator=(Config&&) noexcept;
  ~Config();

  /// Replaces or adds one value, as a command line gives it: "train.epochs=2", "data.train=['a.mgf']", "name=abc" (a value
  /// that is no TOML is taken as text). Errors: kUsage.
  void replace(std::string_view assignment);

  bool has(std::string_view key) const;
  /// Without `fallback` the key is required.
  std::string text(std::string_view key, const std::optional<std::string>& fallback = std::nullopt) const;
  double number(std::string_view key, std::optional<double> fallback = std::nullopt) const;
  std::int64_t integer(std::string_view key, std::optional<std::int64_t> fallback = std::nullopt) const;
  bool flag(std::string_view key, std::optional<bool> fallback = std::nullopt) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<double> numbers(std::string_view key) const;
  /// Every dotted key below the table `prefix` ("" for all), in alphabetical order. Tables of a list ([[files]]) count their
  /// place: "files[0].url".
  std::vector<std::string> keys(std::string_view prefix = "") const;
  /// Refuses keys that were never asked for: "unknown key train.lerning_rate (did you mean train.learning_rate?)".
  void reject_unused() const;
  const std::string& name() const;

 private:
  struct State;
  explicit Config(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Writes TOML of dotted keys in the order given, grouped into tables by everything before the last dot.
class ConfigWriter {
 public:
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, double value);
  void integer(std::string_view key, std::int64_t value);
  void flag(std::string_view key, bool value);
  void texts(std::string_view key, const std::vector<std::string>& values);
  void integers(std::string_view key, const std::vector<std::int64_t>& values);
  /// Finite ones, read back to the bit.
  void numbers(std::string_view key, const std::vector<double>& values);
  void comment(std::string_view line);
  std::string str() const;

 private:
  void put(std::string_view key, std::string_view value);
  std::string table_;
  std::string out_;
};

}  // namespace molbridge
