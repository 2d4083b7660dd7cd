#pragma once
// Identifies a batch of records: resolves, embeds together, ranks and judges in parallel. Private to the service. Threads: const use is safe.

#include <string>
#include <vector>

#include "molbridge/retrieve/query.hpp"
#include "molbridge/service/engine.hpp"
#include "molbridge/service/pool_judge.hpp"
#include "molbridge/service/result_writer.hpp"
#include "molbridge/spectra/reader.hpp"

namespace molbridge::service {

struct IdentifiedRecord {
  QueryResult result;              ///< query_index is the caller's business
  std::vector<std::string> notes;  ///< what was assumed or contradictory; part of result.reason too
  bool damaged_input = false;
};

struct BatchOptions {
  retrieve::QueryOptions query;
  JudgeOptions judge;
  std::uint64_t explain_top = 0;  ///< hits of a spectrum whose peaks are annotated; needs a second stage
  std::size_t threads = 1;
};

class BatchIdentifier {
 public:
  BatchIdentifier(const Engine& engine, BatchOptions options) : engine_(engine), options_(std::move(options)) {}

  /// One result per record, in their order. Memory: the candidates of one query per thread. Errors: kCancelled.
  std::vector<IdentifiedRecord> identify(const std::vector<spectra::Record>& records) const;

 private:
  struct Item;
  void resolve(Item& item) const;
  void embed(std::vector<Item>& items) const;
  void rank(Item& item) const;
  JudgedList ranked_list(const Item& item) const;
  void explain(Item& item) const;

  Engine engine_;
  BatchOptions options_;
};

}  // namespace molbridge::service
