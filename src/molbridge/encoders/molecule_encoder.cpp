#include "molbridge/encoders/molecule_encoder.hpp"

#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/fingerprint/morgan_counts_encoder.hpp"
#include "molbridge/encoders/fingerprint/morgan_encoder.hpp"
#include "molbridge/encoders/graph/graph_encoder.hpp"
#include "molbridge/encoders/smiles/smiles_encoder.hpp"
#include "molbridge/encoders/specification.hpp"

namespace molbridge::encoders {
namespace {

constexpr const char* kKnownKinds =
    "Known encoders: ecfp4, morgan:radius=R,bits=N and morgan-counts:radius=R,width=N (N a multiple of 64, at most "
    "65536), or the folder of a network over SMILES, DIR or DIR?pooling=P,dtype=T, or of one over molecular graphs, "
    "DIR.";

/// `size`: what the number of components is called, "bits" or "width".
chem::MorganOptions parse_morgan(const Specification& specification, std::string_view arguments,
                                 std::string_view size) {
  chem::MorganOptions options;
  specification.each_option(arguments, [&](std::string_view key, std::string_view value) {
    if (key == "radius") {
      options.radius = specification.bounded(key, value, 0, 10);
    } else if (key == size) {
      options.num_bits = specification.bounded(key, value, 64, 65536);
    } else {
      return false;
    }
    return true;
  });
  if (options.num_bits % 64 != 0) throw specification.bad(std::string(size) + " must be a multiple of 64");
  return options;
}

}  // namespace

std::shared_ptr<const MoleculeEncoder> make_molecule_encoder(const std::string& text) {
  const Specification specification{text, kKnownKinds};
  const auto [kind, arguments] = split_kind(text);
  if (kind == "ecfp4" && arguments.empty()) return std::make_shared<MorganEncoder>(chem::MorganOptions{});
  if (kind == "morgan") return std::make_shared<MorganEncoder>(parse_morgan(specification, arguments, "bits"));
  if (kind == "morgan-counts")
    return std::make_shared<MorganCountsEncoder>(parse_morgan(specification, arguments, "width"));
  if (GraphEncoder::is_folder_of_one(text)) return std::make_shared<GraphEncoder>(text);
  if (const auto network = find_network(specification))
    return std::make_shared<SmilesEncoder>(network->folder, network->options, network->choices);
  throw specification.bad("unknown kind, and no such folder");
}

std::vector<std::uint8_t> MoleculeEncoder::encode_all(std::span<const chem::Molecule> molecules, std::size_t threads,
                                                      std::span<float> out) const {
  constexpr std::size_t kChunk = 16;
  MOLBRIDGE_CHECK(out.size() == molecules.size() * width(), std::to_string(out.size()));
  parallel_for(molecules.size(), threads, kChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) encode(molecules[i], out.subspan(i * width(), width()));
  });
  return std::vector<std::uint8_t>(molecules.size(), 0);
}

}  // namespace molbridge::encoders
