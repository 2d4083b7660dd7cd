#pragma once
// Use case: records of any kind -> their vectors in a file, one row per record, in the order of the input.
// Format page: docs/formats/embeddings.md.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/chem/reader.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/service/reason_tally.hpp"

namespace molbridge::service {

enum class EmbedKind { kSpectra, kMolecules, kText, kProteins };
/// "spectra", "molecules", "text", "proteins".
std::string_view name(EmbedKind kind);

struct EmbedOptions {
  EmbedKind kind = EmbedKind::kSpectra;
  std::vector<std::string> inputs;  ///< files, "-" for standard input (once); spectra: folders too
  std::string model;                ///< folder or published file; molecules: what make_molecule_encoder() takes
  std::string output = "-";         ///< file, or "-" for standard output (TSV only)
  std::string format;               ///< "safetensors", "npy", "tsv"; empty: by the ending of `output`, else TSV
  std::string dtype = "f32";        ///< in which numbers the network computes: f32, bf16, bf16x3
  std::string pooling;              ///< of text and proteins; empty: what the model says
  bool normalize = false;           ///< every row to length 1

  // spectra
  std::uint64_t peaks = 0;            ///< n highest peaks of a spectrum (DreaMS); 0: what the model says, else 100
  std::string convention = "dreams";  ///< how a spectrum becomes tokens: dreams, specbridge
  std::string model_convention =
      "honest";               ///< of a trained model: honest, or released (batches of 32, padded to the longest)
  std::string from = "auto";  ///< format of the spectra
  bool centroid = false;      ///< make centroids of profile spectra instead of refusing them
  // molecules
  chem::MoleculeReadOptions reading;
  bool keep_stereo = false;
  // text and proteins in tables
  std::string column;     ///< of the text or sequence; empty: lines of text, or the usual names for proteins
  std::string id_column;  ///< empty: the usual names, else file name and line

  bool restart = false;                    ///< forget an unfinished run instead of continuing it
  std::uint64_t checkpoint_rows = 10'000;  ///< after so many rows, or 10 s, what is done is made safe against a kill
  std::size_t threads = 1;
};

/// read == embedded + failed, whatever an earlier, cut-off run did of it included.
struct EmbedReport {
  std::uint64_t read = 0, embedded = 0, failed = 0;
  std::uint64_t truncated = 0;       ///< of `embedded`: longer than the model reads, the vector is of the beginning
  std::string first_truncated;       ///< where this run saw the first
  std::uint64_t resumed = 0;         ///< rows of `read` that an earlier run had made
  std::vector<ReasonGroup> reasons;  ///< of the rows that this run could not embed, most frequent first
  std::vector<std::pair<std::string, std::string>> failed_inputs;  ///< inputs that could not be opened, and why
  std::string encoder, digest;
  std::uint64_t width = 0;
  std::string ids_file;  ///< empty for standard output
  double seconds = 0;
  bool complete() const { return failed == 0 && failed_inputs.empty(); }
};

/// Continues an unfinished run of the same inputs (by content), model and options. On an interrupt everything done is kept, and the
/// error says how to continue. Memory: the model and a few thousand records. Errors: kUsage, kInput, kModel, kOutput, kCancelled.
EmbedReport embed(const EmbedOptions& options, Progress& progress, const std::function<void(const std::string&)>& say);

}  // namespace molbridge::service
