#pragma once
// Use case: structure files -> bank. Reads, standardises and encodes in parallel, and hands the rows to
// bank::BankBuilder in the order of the input, so that the bank does not depend on the number of threads.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "molbridge/chem/reader.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/service/bank_selection.hpp"

namespace molbridge::service {

struct BankBuildOptions {
  std::vector<std::string> molecules;  ///< structure files, "-" for standard input (once)
  std::string output;  ///< folder of the bank; a bank that stands there is replaced when the new one is whole
  std::string encoder = encoders::kDefaultEncoder;
  std::string dtype = "auto";  ///< auto: bits for binary encoders, else float16; or bits, float32, float16
  chem::MoleculeReadOptions reading;
  BankSelectionOptions selection;
  bool keep_stereo = false;
  bool restart = false;  ///< forget an unfinished build instead of continuing it
  std::uint64_t memory_bytes = std::uint64_t{1}
                               << 30;  ///< rows held before they go to disk; the process needs somewhat more
  std::uint64_t checkpoint_rows =
      50'000;  ///< after so many rows, or 30 s, what was taken in is made safe against a kill
  std::size_t threads = 1;
};

/// read == parsed + rejected + left_out and parsed == merged + written. The counts include what an earlier, cut-off run did.
struct BankBuildReport {
  std::uint64_t read = 0;
  std::uint64_t parsed = 0;
  std::uint64_t rejected = 0;
  std::uint64_t left_out = 0;  ///< molecules that the selection does not want
  std::uint64_t merged = 0;    ///< a molecule that another row brought before
  std::uint64_t written = 0;
  std::uint64_t resumed = 0;  ///< rows of `read` that an earlier run had taken in
  std::string encoder;
  std::string dtype;
  std::string rejected_file;   ///< empty when nothing was rejected
  double seconds = 0;          ///< of this run
  double rows_per_second = 0;  ///< of this run, writing the bank included
};

/// Receives a line worth saying while the build runs, in the thread that called build_bank().
using Say = std::function<void(const std::string& line)>;

/// Continues an unfinished build of the same inputs (by content) and options. On an interrupt everything taken in so
/// far is kept, and the error says how to continue. Memory: memory_bytes and about 150 MB, however many molecules there
/// are. Errors: kUsage, kInput, kOutput, kCancelled.
BankBuildReport build_bank(const BankBuildOptions& options, Progress& progress, const Say& say);

}  // namespace molbridge::service
