#pragma once
// One kind of model and how it is trained: what the use case `train` (and `pretrain`) runs, whatever the kind. A kind is one factory in
// job.cpp's table; the use case owns everything else: config, run folder, resume, loop, selection, the written model.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::service_train {

struct JobContext {
  std::uint64_t seed = 1;
  std::size_t threads = 1;   ///< for reading and encoding; the loop's own threads are train.threads
  std::string cache_folder;  ///< below the run folder, for what frozen parts computed; may be deleted at any time
  std::function<void(const std::string&)> say;  ///< one line per finished piece of work
  Progress* progress = nullptr;
};

/// Use: constructed from the config (reads and checks its keys, no data), write_settings, prepare, then task and validator during the loop,
/// then write_model. Not thread-safe.
class TrainingJob {
 public:
  virtual ~TrainingJob() = default;
  /// Every key it read, defaults included, as TOML keys: the run's config.toml, which reads back to the same job.
  virtual void write_settings(ConfigWriter& out) const = 0;
  /// Files whose bytes decide the result: they go into the digest of the run.
  virtual std::vector<std::string> inputs() const = 0;
  /// Reads data, encodes what is frozen, builds the module. Errors: kUsage, kInput, kModel, kCancelled.
  virtual void prepare(const JobContext& context) = 0;
  virtual train::Task& task() = 0;
  /// True where prepare() has found the model in closed form: nothing is trained, the validator measures once.
  virtual bool is_solved() const { return false; }
  /// Null where nothing is measured on held-out data.
  virtual train::Validator* validator() { return nullptr; }
  /// What train.select_by is where the config does not say: a figure of the validator.
  virtual std::string default_figure() const { return "recall_at_1"; }
  /// Kind of the model that is written, where it is not that of the job ("dreams-pretrain" writes a "dreams").
  virtual std::string model_kind(const std::string& job_kind) const { return job_kind; }
  /// Manifest keys (beside name, licence, kind and training.*) and tensors of the model as trained.
  virtual void write_model(nn::ModelFolderWriter& writer) = 0;
};

/// `config` holds the whole file; a job reads its own keys ([data], [input], [target], [bridge], [loss], [validation] ...); [train], kind, name,
/// output, seed and licence are the use case's. The config outlives the call only. Errors: kUsage with key and range.
using JobFactory = std::function<std::unique_ptr<TrainingJob>(const Config& config)>;

/// Kinds by name: "fingerprint-ffn", "specbridge", ... Errors: kUsage with the known kinds.
JobFactory find_job(const std::string& kind, const std::string& config_file);

}  // namespace molbridge::service_train
