#pragma once
// The folder "<bank>.partial": where its files are, its lock, and the checkpoint that says what of it counts. Private
// to the bank. Format: docs/formats/bank.md.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/bank/builder.hpp"

namespace molbridge::bank {

/// Bytes of a sorted run that count.
struct RunSizes {
  std::uint64_t rows_bytes = 0;
  std::uint64_t keys_bytes = 0;
};

/// A checkpoint. The journal belongs to the run after the last one.
struct BuildState {
  std::string job;  ///< SHA-256 of job digest, encoder digest, width, dtype and version of this format
  ResumePoint point;
  std::uint64_t added = 0;  ///< rows in runs and journal, the next sequence number
  std::vector<RunSizes> runs;
  std::uint64_t journal_bytes = 0;
};

/// Makes, locks and cleans the folder. Errors: kOutput: not writable, another process builds there, or not ours.
class PartialFolder {
 public:
  explicit PartialFolder(const std::string& bank_folder);
  ~PartialFolder();
  PartialFolder(const PartialFolder&) = delete;
  PartialFolder& operator=(const PartialFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string new_bank() const { return path_ + "/bank"; }
  std::string rows_file(std::size_t run) const;
  std::string keys_file(std::size_t run) const;
  std::string journal_file(std::size_t run) const;

  /// nullopt when there is no checkpoint of this job, or it is damaged, or a file that it names is missing or short.
  std::optional<BuildState> load(const std::string& job) const;
  /// Atomic and synced. Then removes the journals of earlier runs.
  void save(const BuildState& state) const;
  /// Removes everything that `state` does not name; without a state everything but the lock.
  void clean(const std::optional<BuildState>& state) const;
  /// Removes the folder; the checkpoint first, so that no half of it can be taken for a build to continue.
  void remove();

 private:
  std::string state_file() const { return path_ + "/state.json"; }
  bool files_match(const BuildState& state) const;
  void lock();
  std::string path_;
  int lock_fd_ = -1;
};

std::string partial_folder_path(const std::string& bank_folder);

}  // namespace molbridge::bank
