#include "molbridge/encoders/specification.hpp"

#include <filesystem>

#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::encoders {
namespace {

SequenceEncoderOptions parse_network(const Specification& specification, std::string_view arguments) {
  SequenceEncoderOptions options;
  specification.each_option(arguments, [&](std::string_view key, std::string_view value) {
    if (key == "pooling") {
      options.pooling = parse_pooling(value);
    } else if (key == "dtype") {
      options.precision = nn::parse_precision(value);
    } else if (key == "normalize" && (value == "yes" || value == "no")) {
      options.normalize = value == "yes";
    } else if (key == "tokenizer") {
      options.tokenizer.behaviour = value;
    } else if (key == "max-tokens") {
      options.tokenizer.max_tokens = specification.bounded(key, value, 1, 1 << 20);
    } else {
      return false;
    }
    return true;
  });
  return options;
}

}  // namespace

Error Specification::bad(const std::string& why) const {
  return Error(ErrorCode::kUsage, "encoder \"" + text + "\": " + why).remedy(known_kinds);
}

int Specification::bounded(std::string_view key, std::string_view value, int low, int high) const {
  const auto number = parse_int(value);
  if (!number || *number < low || *number > high) {
    throw bad(std::string(key) + " must be between " + std::to_string(low) + " and " + std::to_string(high) +
              ", not \"" + std::string(value) + "\"");
  }
  return static_cast<int>(*number);
}

void Specification::each_option(std::string_view arguments,
                                const std::function<bool(std::string_view, std::string_view)>& visit) const {
  if (arguments.empty()) return;
  for (const std::string_view part : split(arguments, ',')) {
    const std::size_t equal = part.find('=');
    if (equal == std::string_view::npos) throw bad("expected key=value, found \"" + std::string(part) + "\"");
    const std::string_view key = trim(part.substr(0, equal));
    if (!visit(key, trim(part.substr(equal + 1)))) throw bad("unknown option \"" + std::string(key) + "\"");
  }
}

KindAndArguments split_kind(std::string_view specification) {
  const std::string_view text = trim(specification);
  const std::size_t colon = text.find(':');
  return {to_lower(text.substr(0, colon)),
          colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1)};
}

std::string NetworkFolder::name() const {
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(folder, error);
  return (error ? folder : path.string()) + (choices.empty() ? "" : "?" + choices);
}

std::optional<NetworkFolder> find_network(const Specification& specification) {
  const std::string& text = specification.text;
  if (folder_exists(text)) return NetworkFolder{text, "", {}};
  const std::size_t mark = text.rfind('?');
  if (mark == std::string::npos || !folder_exists(text.substr(0, mark))) return std::nullopt;
  const std::string choices = text.substr(mark + 1);
  return NetworkFolder{text.substr(0, mark), choices, parse_network(specification, choices)};
}

}  // namespace molbridge::encoders
