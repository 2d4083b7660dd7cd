#include "molbridge/service/model_pull.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/file_lock.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/fetch/download.hpp"
#include "molbridge/fetch/url.hpp"
#include "molbridge/service/model_cache.hpp"

namespace molbridge::service {
namespace fs = std::filesystem;
namespace {

constexpr const char* kHub = "https://huggingface.co";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// The hub, or the mirror that HF_ENDPOINT names, without a closing slash.
std::string hub_endpoint() {
  std::string endpoint = variable("HF_ENDPOINT");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint.empty() ? kHub : endpoint;
}

std::string address_of(const RegistryFile& file) {
  const std::string hub = std::string(kHub) + "/";
  return file.url.starts_with(hub) ? hub_endpoint() + "/" + file.url.substr(hub.size()) : file.url;
}

/// A token in HF_TOKEN is for the hub: a registry from elsewhere cannot have it sent to its own host.
std::string token_for(const std::string& address) {
  const auto url = fetch::parse_url(address);
  const auto hub = fetch::parse_url(hub_endpoint());
  return url && hub && url->origin() == hub->origin() ? variable("HF_TOKEN") : std::string();
}

class Pull {
 public:
  Pull(const ModelPullOptions& options, Progress& progress, const std::function<void(const std::string&)>& say)
      : options_(options), progress_(progress), say_(say) {}

  ModelPullReport run() {
    const auto start = std::chrono::steady_clock::now();
    report_.entry = ModelRegistry::load(options_.registries).find(options_.name);
    report_.folder =
        options_.output.empty() ? cached_model_folder(cache_root(options_.cache), options_.name) : options_.output;
    if (options_.offline) {
      check_offline();
    } else {
      fetch_all();
    }
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report_;
  }

 private:
  void fetch_all() {
    make_folders(report_.folder);
    const FileLock lock((fs::path(report_.folder) / ".lock").string(),
                        [this] { say_("another molbridge is fetching into " + report_.folder + "; waiting for it"); });
    read_record();
    for (const RegistryFile& file : report_.entry.files) {
      if (!is_present(file)) fetch_file(file);
    }
  }

  /// Reads and checks only: a cache may be read-only, and needs no lock then.
  void check_offline() {
    read_record();
    std::string missing;
    for (const RegistryFile& file : report_.entry.files) {
      if (is_present(file)) continue;
      missing += "\n    " + file.url + "\n      -> " + path_of(file);
      if (file.size) missing += ", " + format_count(*file.size) + " bytes";
      if (const std::string digest = expected_digest(file); !digest.empty()) missing += ", SHA-256 " + digest;
    }
    if (missing.empty()) return;
    throw Error(ErrorCode::kModel,
                options_.name + " is not complete in " + report_.folder + ", and nothing is fetched offline")
        .remedy("Fetch it where there is a network, or put these files in place by hand, and run the command again:" +
                missing);
  }

  void read_record() {
    record_ = read_pulled(report_.folder);
    if (!record_.name.empty() && record_.name != options_.name) {
      throw Error(ErrorCode::kOutput, "this folder holds the model " + record_.name)
          .in_file(report_.folder)
          .remedy("Choose another folder for " + options_.name + ".");
    }
    record_.name = options_.name;
    record_.licence = report_.entry.licence;
  }

  std::string path_of(const RegistryFile& file) const { return (fs::path(report_.folder) / file.name).string(); }

  /// What an earlier pull of the same address got, for files without a published checksum.
  const PulledFile* earlier(const RegistryFile& file) const {
    const PulledFile* pulled = record_.find(file.name);
    return pulled != nullptr && pulled->url == file.url ? pulled : nullptr;
  }

  std::string expected_digest(const RegistryFile& file) const {
    if (file.sha256) return *file.sha256;
    const PulledFile* pulled = earlier(file);
    return pulled == nullptr ? std::string() : pulled->sha256;
  }

  std::optional<std::uint64_t> expected_size(const RegistryFile& file) const {
    if (file.size || file.sha256) return file.size;
    const PulledFile* pulled = earlier(file);
    return pulled == nullptr ? std::nullopt : std::optional<std::uint64_t>(pulled->size);
  }

  bool is_present(const RegistryFile& file) {
    const std::string path = path_of(file);
    if (!file_exists(path)) return false;
    const PulledFile* pulled = record_.find(file.name);
    if (!file.sha256 && pulled != nullptr && pulled->url != file.url) return say_wrong(file, "address");
    const std::uint64_t size = file_size(path);
    if (const auto expected = expected_size(file); expected && *expected != size) return say_wrong(file, "size");
    const std::string digest = sha256_file(path);
    const std::string expected = expected_digest(file);
    if (!expected.empty() && digest != expected) return say_wrong(file, "SHA-256");
    ++report_.present_files;
    note(file, size, digest);
    return true;
  }

  bool say_wrong(const RegistryFile& file, const std::string& what) const {
    say_(path_of(file) + " has another " + what + " than it should; it stays until the right one is there");
    return false;
  }

  void fetch_file(const RegistryFile& file) {
    make_folders(fs::path(path_of(file)).parent_path().string());
    const fetch::DownloadReport done = download(file);
    for (const std::string& line : done.notes) say_(file.name + ": " + line);
    if (done.resumed_from > 0) say_(file.name + ": went on from byte " + format_count(done.resumed_from));
    ++report_.fetched_files;
    report_.fetched_bytes += done.size - done.resumed_from;
    note(file, done.size, done.sha256);
  }

  fetch::DownloadReport download(const RegistryFile& file) {
    fetch::DownloadRequest request;
    request.url = address_of(file);
    request.path = path_of(file);
    request.size = expected_size(file);
    if (const std::string digest = expected_digest(file); !digest.empty()) request.sha256 = digest;
    request.max_bytes = options_.max_bytes;
    request.token = token_for(request.url);
    request.proxy = options_.proxy;
    request.connect_timeout_seconds = options_.connect_timeout_seconds;
    request.stall_timeout_seconds = options_.stall_timeout_seconds;
    request.attempts = static_cast<int>(options_.attempts);
    request.retry_wait_seconds = options_.retry_wait_seconds;
    try {
      return fetch::download(request, progress_);
    } catch (const Error& e) {
      if (file.sha256 || earlier(file) == nullptr || e.code() != ErrorCode::kInput) throw;
      Error again(e.code(), e.message());
      throw again.in_file(e.position().file)
          .remedy(e.remedy_text() + " Without a published checksum, what was pulled on " + earlier(file)->date +
                  " is what counts; to take what the server gives now, remove " + report_.folder + " first.");
    }
  }

  void note(const RegistryFile& file, std::uint64_t size, const std::string& digest) {
    if (!file.sha256) report_.unverified.push_back(file.name);
    const PulledFile* old = record_.find(file.name);
    const bool verified = file.sha256.has_value();
    if (old != nullptr && old->url == file.url && old->sha256 == digest && old->verified == verified) return;
    record_.put({file.name, file.url, digest, utc_now(), size, verified});
    if (!options_.offline) write_pulled(report_.folder, record_);
  }

  const ModelPullOptions& options_;
  Progress& progress_;
  const std::function<void(const std::string&)>& say_;
  ModelPullReport report_;
  PulledModel record_;
};

}  // namespace

ModelPullReport pull_model(const ModelPullOptions& options, Progress& progress,
                           const std::function<void(const std::string&)>& say) {
  return Pull(options, progress, say).run();
}

}  // namespace molbridge::service
