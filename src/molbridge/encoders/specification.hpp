#pragma once
// The grammar of encoder specifications, "kind:key=value,key=value" and "DIR?key=value,key=value", for all modalities. Private to the encoders.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/sequence_encoder.hpp"

namespace molbridge::encoders {

/// A specification as it was given, and what to say when it is wrong.
struct Specification {
  std::string text;
  std::string known_kinds;

  /// kUsage: encoder "text": why; the remedy lists the known kinds.
  Error bad(const std::string& why) const;
  /// A whole number for the option `key`. Errors: kUsage beyond `low` to `high`.
  int bounded(std::string_view key, std::string_view value, int low, int high) const;
  /// "key=value,key=value" to visit(key, value), which tells whether it knows the key. Errors: kUsage.
  void each_option(std::string_view arguments,
                   const std::function<bool(std::string_view, std::string_view)>& visit) const;
};

/// "kind:arguments"; the kind in lower case.
struct KindAndArguments {
  std::string kind;
  std::string_view arguments;
};
KindAndArguments split_kind(std::string_view specification);

/// "DIR" or "DIR?key=value,...", where there is such a folder.
struct NetworkFolder {
  std::string folder;
  std::string choices;  ///< what stands behind "?"
  SequenceEncoderOptions options;
  /// The folder, absolute, so that a bank or a model finds its encoder from everywhere, and "?" with the choices.
  std::string name() const;
};
/// Nothing where there is no such folder. Errors: kUsage for unknown options.
std::optional<NetworkFolder> find_network(const Specification& specification);

}  // namespace molbridge::encoders
