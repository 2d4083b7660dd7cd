#include "molbridge/encoders/molecule_encoder.hpp"

#include <functional>
#include <utility>

#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/fingerprint/morgan_counts_encoder.hpp"
#include "molbridge/encoders/fingerprint/morgan_encoder.hpp"
#include "molbridge/encoders/graph/graph_encoder.hpp"
#include "molbridge/encoders/smiles/smiles_encoder.hpp"

namespace molbridge::encoders {
namespace {

constexpr const char* kKnownKinds =
    "Known encoders: ecfp4, morgan:radius=R,bits=N and morgan-counts:radius=R,width=N (N a multiple of 64, at most "
    "65536), or the folder of a network over SMILES, DIR or DIR?pooling=P,dtype=T, or of one over molecular graphs, "
    "DIR.";

Error bad_specification(const std::string& specification, const std::string& why) {
  return Error(ErrorCode::kUsage, "encoder \"" + specification + "\": " + why).remedy(kKnownKinds);
}

int parse_bounded(const std::string& specification, std::string_view key, std::string_view value, int low, int high) {
  const auto number = parse_int(value);
  if (!number || *number < low || *number > high) {
    throw bad_specification(specification, std::string(key) + " must be between " + std::to_string(low) + " and " +
                                               std::to_string(high) + ", not \"" + std::string(value) + "\"");
  }
  return static_cast<int>(*number);
}

/// "key=value,key=value" to visit(key, value), which tells whether it knows the key.
void parse_options(const std::string& specification, std::string_view arguments,
                   const std::function<bool(std::string_view, std::string_view)>& visit) {
  if (arguments.empty()) return;
  for (const std::string_view part : split(arguments, ',')) {
    const std::size_t equal = part.find('=');
    if (equal == std::string_view::npos)
      throw bad_specification(specification, "expected key=value, found \"" + std::string(part) + "\"");
    const std::string_view key = trim(part.substr(0, equal));
    if (!visit(key, trim(part.substr(equal + 1))))
      throw bad_specification(specification, "unknown option \"" + std::string(key) + "\"");
  }
}

/// `size`: what the number of components is called, "bits" or "width".
chem::MorganOptions parse_morgan(const std::string& specification, std::string_view arguments, std::string_view size) {
  chem::MorganOptions options;
  parse_options(specification, arguments, [&](std::string_view key, std::string_view value) {
    if (key == "radius") {
      options.radius = parse_bounded(specification, key, value, 0, 10);
    } else if (key == size) {
      options.num_bits = parse_bounded(specification, key, value, 64, 65536);
    } else {
      return false;
    }
    return true;
  });
  if (options.num_bits % 64 != 0)
    throw bad_specification(specification, std::string(size) + " must be a multiple of 64");
  return options;
}

SequenceEncoderOptions parse_network(const std::string& specification, std::string_view arguments) {
  SequenceEncoderOptions options;
  parse_options(specification, arguments, [&](std::string_view key, std::string_view value) {
    if (key == "pooling") {
      options.pooling = parse_pooling(value);
    } else if (key == "dtype") {
      options.precision = nn::parse_precision(value);
    } else if (key == "normalize" && (value == "yes" || value == "no")) {
      options.normalize = value == "yes";
    } else if (key == "tokenizer") {
      options.tokenizer.behaviour = value;
    } else if (key == "max-tokens") {
      options.tokenizer.max_tokens = parse_bounded(specification, key, value, 1, 1 << 20);
    } else {
      return false;
    }
    return true;
  });
  return options;
}

}  // namespace

std::shared_ptr<const MoleculeEncoder> make_molecule_encoder(const std::string& specification) {
  const std::string_view text = trim(specification);
  const std::size_t colon = text.find(':');
  const std::string kind = to_lower(text.substr(0, colon));
  const std::string_view arguments = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (kind == "ecfp4" && arguments.empty()) return std::make_shared<MorganEncoder>(chem::MorganOptions{});
  if (kind == "morgan") return std::make_shared<MorganEncoder>(parse_morgan(specification, arguments, "bits"));
  if (kind == "morgan-counts")
    return std::make_shared<MorganCountsEncoder>(parse_morgan(specification, arguments, "width"));
  if (GraphEncoder::is_folder_of_one(specification)) return std::make_shared<GraphEncoder>(specification);
  if (folder_exists(specification)) return std::make_shared<SmilesEncoder>(specification);
  const std::size_t mark = specification.rfind('?');
  if (mark != std::string::npos && folder_exists(specification.substr(0, mark))) {
    const std::string choices = specification.substr(mark + 1);
    return std::make_shared<SmilesEncoder>(specification.substr(0, mark), parse_network(specification, choices),
                                           choices);
  }
  throw bad_specification(specification, "unknown kind, and no such folder");
}

void MoleculeEncoder::encode_all(std::span<const chem::Molecule> molecules, std::size_t threads,
                                 std::span<float> out) const {
  constexpr std::size_t kChunk = 16;
  MOLBRIDGE_CHECK(out.size() == molecules.size() * width(), std::to_string(out.size()));
  parallel_for(molecules.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) encode(molecules[i], out.subspan(i * width(), width()));
  });
}

}  // namespace molbridge::encoders
