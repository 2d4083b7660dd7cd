#pragma once
// A bank of a frozen encoder, seen through a linear bridge: its molecules, masses and windows are those of the bank, its vectors are W x + b.
// Nothing of size N x D is made: a score is one product with the stored row (bridges/linear_side.hpp), times the inverse length of the
// projected row. These N lengths are computed when the bank is opened, or read from a cache file.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/bridges/linear_side.hpp"

namespace molbridge::retrieve {

struct ProjectedBankOptions {
  std::string model_digest;  ///< of what W and b come from: names the cache file, with the digest of the bank
  std::string cache_folder;  ///< "": the lengths are kept in no file
  std::size_t threads = 0;   ///< for the lengths; 0: all
};

/// manifest() is that of `base` but for width (the outputs of `side`) and dtype (float32), so that encoder_digest stays the frozen encoder's.
/// score(): by cosine, or by kDot the product with the normalised row times |q|, which is the same but for |q|; a query or a row of zeros scores 0. Scores agree with
/// projecting each row in float64 to some 1e-6 and do not depend on threads or on which other rows are asked for.
/// Cost of opening without a cache file: 2.5 million rows of 2048 bits to 256 some 3 s of one core; float rows N inputs outputs products.
/// A cache file of other digests, sizes or checksum is made anew; one that cannot be written is no error.
/// Threads: const use of the result is safe. Errors: kModel when the widths do not fit.
std::shared_ptr<const bank::Bank> project_bank(std::shared_ptr<const bank::Bank> base,
                                               std::shared_ptr<const bridges::LinearSide> side,
                                               const ProjectedBankOptions& options);

/// 1 / |W x + b| of each row of the bank, 0 where the length is 0. The bits do not depend on `threads` or on the processor's vector width.
std::vector<float> inverse_norms(const bank::Bank& base, const bridges::LinearSide& side, std::size_t threads);

}  // namespace molbridge::retrieve
