#pragma once
// Identifies a batch of records: resolves, embeds together, ranks in parallel. Private to the service. Threads: const use is safe.

#include <string>
#include <vector>

#include "molbridge/retrieve/query.hpp"
#include "molbridge/service/engine.hpp"
#include "molbridge/service/result_writer.hpp"
#include "molbridge/spectra/reader.hpp"

namespace molbridge::service {

struct IdentifiedRecord {
  QueryResult result;              ///< query_index is the caller's business
  std::vector<std::string> notes;  ///< what was assumed or contradictory; part of result.reason too
  bool damaged_input = false;
};

class BatchIdentifier {
 public:
  BatchIdentifier(const Engine& engine, retrieve::QueryOptions options, std::size_t top_k, std::size_t threads)
      : engine_(engine), options_(std::move(options)), top_k_(top_k), threads_(threads) {}

  /// One result per record, in their order. Memory: the candidates of one query per thread.
  std::vector<IdentifiedRecord> identify(const std::vector<spectra::Record>& records) const;

 private:
  struct Item;
  void resolve(Item& item) const;
  void embed(std::vector<Item>& items) const;
  void rank(Item& item) const;

  Engine engine_;
  retrieve::QueryOptions options_;
  std::size_t top_k_;
  std::size_t threads_;
};

}  // namespace molbridge::service
