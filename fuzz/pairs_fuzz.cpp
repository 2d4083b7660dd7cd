// Tables of molecules with texts from unknown hands: every row is a pair, skipped with its reason, or left out.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "molbridge/core/error.hpp"
#include "molbridge/corpus/pairs.hpp"
#include "molbridge/corpus/sentences.hpp"

namespace {

using namespace molbridge;

void look_at(const corpus::PairTable& table) {
  if (table.rows != table.pairs.size() + table.skipped.size() + table.other_folds + table.left_out) std::abort();
  for (const corpus::MoleculeTextPair& pair : table.pairs) {
    if (pair.text.empty() || pair.smiles.empty() || pair.inchikey14.size() != 14) std::abort();
    std::size_t length = 0;
    for (const std::string_view sentence : corpus::split_sentences(pair.text)) length += sentence.size();
    if (length == 0 || length > pair.text.size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const bool restricted : {false, true}) {
    corpus::PairReadOptions options;
    if (restricted) {
      options.where = {corpus::parse_row_filter("licence!=closed")};
      options.fold = "train";
    }
    try {
      look_at(corpus::read_pairs(*LineSource::from_memory("pairs", input), options, no_progress()));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInput) std::abort();
    }
  }
  return 0;
}
