#include "molbridge/rerank/code_sums.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace molbridge::rerank {
namespace {

constexpr std::size_t kBlock = 16;  // floats that are added up in registers; those of a cache line
constexpr std::size_t kAhead = 4;  // fragments whose rows are asked for early: the tables do not fit the nearest caches
constexpr std::size_t kMostCodes = 2 * std::numeric_limits<decltype(fragment::Fragment::num_border)>::max() + 2;

using Lanes __attribute__((vector_size(kBlock * sizeof(float)))) = float;

class CodeSums {
 public:
  CodeSums(const CodeTables& tables, const fragment::Fragmentation& parts) : tables_(tables), parts_(parts) {}

  void run(const float* context, float* rows) {
    const std::size_t count = parts_.fragments.size(), width = tables_.width;
    for (std::size_t f = 0; f < count; ++f) {
      if (f + kAhead < count) ask_for(parts_.fragments[f + kAhead]);
      collect(parts_.fragments[f]);
      float* row = rows + f * width;
      std::size_t i = 0;
      for (; i + kBlock <= width; i += kBlock) add_block(i, context, row);
      for (; i < width; ++i) add_one(i, context, row);
    }
  }

 private:
  static void load(const float* from, Lanes& lanes) { std::memcpy(&lanes, from, sizeof(lanes)); }
  const float* row_of(const std::vector<float>& table, std::size_t code) const {
    return table.data() + code * tables_.width;
  }

  void ask_for(const fragment::Fragment& part) const {
    const float *formula = row_of(tables_.formulas, part.formula_code), *loss = row_of(tables_.losses, part.loss_code);
    for (std::size_t i = 0; i < tables_.width; i += kBlock) {
      __builtin_prefetch(formula + i);
      __builtin_prefetch(loss + i);
    }
  }

  void collect(const fragment::Fragment& part) {
    num_ = 0;
    for (std::size_t b = part.first_border; b < part.first_border + part.num_border; ++b) {
      from_[num_++] = row_of(tables_.kinds, parts_.kind_codes[b]);
      from_[num_++] = row_of(tables_.neighbours, parts_.neighbour_codes[b]);
    }
    from_[num_++] = row_of(tables_.formulas, part.formula_code);
    from_[num_++] = row_of(tables_.losses, part.loss_code);
  }

  void add_block(std::size_t at, const float* context, float* row) const {
    Lanes sum, more;
    load(row + at, sum);
    for (std::size_t n = 0; n < num_; ++n) {
      load(from_[n] + at, more);
      sum += more;
    }
    load(context + at, more);
    sum += more;
    sum = sum > 0 ? sum : Lanes{};
    std::memcpy(row + at, &sum, sizeof(sum));
  }

  void add_one(std::size_t at, const float* context, float* row) const {
    float sum = row[at];
    for (std::size_t n = 0; n < num_; ++n) sum += from_[n][at];
    row[at] = std::max(0.0F, sum + context[at]);
  }

  const CodeTables& tables_;
  const fragment::Fragmentation& parts_;
  std::array<const float*, kMostCodes> from_;
  std::size_t num_ = 0;
};

using AddCodes = void (*)(const CodeTables&, const fragment::Fragmentation&, const float*, float*);

__attribute__((flatten)) void add_codes_plain(const CodeTables& tables, const fragment::Fragmentation& parts,
                                              const float* context, float* rows) {
  CodeSums(tables, parts).run(context, rows);
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("avx2"), flatten)) void add_codes_avx2(const CodeTables& tables,
                                                             const fragment::Fragmentation& parts, const float* context,
                                                             float* rows) {
  CodeSums(tables, parts).run(context, rows);
}
__attribute__((target("avx512f"), flatten)) void add_codes_avx512(const CodeTables& tables,
                                                                  const fragment::Fragmentation& parts,
                                                                  const float* context, float* rows) {
  CodeSums(tables, parts).run(context, rows);
}
#endif

AddCodes best_add_codes() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx512f")) return add_codes_avx512;
  if (__builtin_cpu_supports("avx2")) return add_codes_avx2;
#endif
  return add_codes_plain;
}

}  // namespace

void add_codes(const CodeTables& tables, const fragment::Fragmentation& parts, const float* context, float* rows) {
  static const AddCodes add = best_add_codes();
  add(tables, parts, context, rows);
}

}  // namespace molbridge::rerank
