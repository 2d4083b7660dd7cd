#include "molbridge/fetch/download.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <thread>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/fetch/part_file.hpp"
#include "molbridge/fetch/transfer.hpp"

namespace molbridge::fetch {
namespace {

constexpr int kMaxRedirects = 10;
constexpr int kMaxRestarts = 3;
constexpr double kMaxWaitSeconds = 30;
constexpr double kMaxAskedWaitSeconds = 120;       // what a server may ask for in Retry-After
constexpr std::uint64_t kProgressBytes = 1 << 20;  // so much gained, and the count of attempts starts anew
constexpr std::uint64_t kDiskReserve = std::uint64_t{4} << 20;
constexpr double kProgressUnit = 1e6;

std::string bytes(std::uint64_t count) { return format_count(count) + " bytes"; }

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

void wait(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    check_interrupt();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

Url checked_url(const std::string& text) {
  auto url = parse_url(text);
  if (!url) throw Error(ErrorCode::kUsage, url.reason());
  return *url;
}

class Download {
 public:
  Download(const DownloadRequest& request, Progress& progress)
      : request_(request), progress_(progress), url_(checked_url(request.url)), part_(request.path) {}

  DownloadReport run() {
    drop_what_cannot_go_on();
    report_.resumed_from = part_.size();
    do {
      fetch();
    } while (!is_verified());
    part_.commit();
    return report_;
  }

 private:
  enum class Step { kDone, kAgain };

  // --- from the first byte to the last ---

  void drop_what_cannot_go_on() {
    const bool too_long = part_.size() > limit();
    const bool other = part_.source().url != url_.text && !request_.sha256;
    if (part_.size() > 0 && (too_long || other)) part_.discard();
    old_bytes_ = part_.size();
  }

  std::uint64_t limit() const { return request_.size.value_or(request_.max_bytes); }

  void fetch() {
    show_start(request_.size);
    while (!(request_.size && part_.size() == *request_.size && request_.sha256)) {
      check_interrupt();
      const std::uint64_t before = part_.size();
      if (exchange() == Step::kDone) break;
      if (part_.size() >= before + kProgressBytes) failures_ = 0;
    }
    progress_.finish();
  }

  bool is_verified() {
    report_.size = part_.size();
    report_.sha256 = sha256_file(part_.path());
    const bool right_size = !request_.size || report_.size == *request_.size;
    if (right_size && (!request_.sha256 || report_.sha256 == *request_.sha256)) return true;
    part_.discard();
    if (old_bytes_ > 0) {  // an earlier run's bytes may be of another version
      old_bytes_ = 0;
      restart("the bytes an earlier run had left did not fit");
      return false;
    }
    std::string message = "the server gave another file: ";
    if (!right_size) message += "expected " + bytes(*request_.size) + ", got " + bytes(report_.size);
    if (right_size) message += "expected SHA-256 " + *request_.sha256 + ", got " + report_.sha256;
    throw at_source(message).remedy(
        "Nothing was put in place. Either the publisher replaced the file, or something on the way changed it: try "
        "again, without a proxy if there is one, and compare with the source page.");
  }

  void restart(const std::string& reason) {
    report_.notes.push_back(reason + ": started anew");
    report_.resumed_from = 0;
    if (++restarts_ > kMaxRestarts)
      throw at_source("started anew " + std::to_string(kMaxRestarts) + " times: " + reason);
  }

  // --- one attempt ---

  Step exchange() {
    wants_restart_ = false;
    const TransferEnd end = follow();
    const int status = end.head.status;
    if (wants_restart_) {
      part_.discard();
      restart(restart_reason_);
      return Step::kAgain;
    }
    if (status == 416 && offset_ > 0) return after_unsatisfiable(end.head);
    if (end.complete && (status == 200 || status == 206)) return after_body(end.head);
    if (!end.complete) return after_break(end.problem, end.worth_a_retry);
    if (is_passing(status)) return retry("HTTP " + std::to_string(status), asked_wait(end.head));
    refuse_status(status);
  }

  /// Redirects are followed here and not by the library, so that no token goes to another host and https never becomes http.
  TransferEnd follow() {
    Url at = url_;
    for (int hop = 0; hop <= kMaxRedirects; ++hop) {
      offset_ = part_.size();
      const TransferEnd end = transfer(request_for(at), {[this](const ResponseHead& head) { return on_head(head); },
                                                         [this](auto data) { on_body(data); }});
      if (!end.complete || !is_redirect(end.head.status)) return end;
      const auto next = resolve_url(at, end.head.location);
      if (!next) throw at_source("redirected to nowhere: " + next.reason());
      if (at.scheme == "https" && next->scheme != "https") {
        throw at_source("redirected from https to plain http (" + next->shown() + "), which is refused");
      }
      at = *next;
    }
    throw at_source("redirected more than " + std::to_string(kMaxRedirects) + " times");
  }

  TransferRequest request_for(const Url& at) const {
    TransferRequest out;
    out.url = at;
    out.proxy = request_.proxy;
    out.connect_timeout_seconds = request_.connect_timeout_seconds;
    out.stall_timeout_seconds = request_.stall_timeout_seconds;
    out.headers = {"Accept: */*", "Accept-Encoding: identity"};
    const bool safe = at.scheme == "https" || at.is_loopback();
    if (!request_.token.empty() && safe && at.origin() == url_.origin()) {
      out.headers.push_back("Authorization: Bearer " + request_.token);
    }
    if (offset_ == 0) return out;
    out.headers.push_back("Range: bytes=" + std::to_string(offset_) + "-");
    const PartSource& source = part_.source();
    if (is_strong_etag(source.etag)) {
      out.headers.push_back("If-Range: " + source.etag);
    } else if (!source.last_modified.empty() && source.last_modified.find_first_of("\r\n") == std::string::npos) {
      out.headers.push_back("If-Range: " + source.last_modified);
    }
    return out;
  }

  // --- what the server says ---

  bool on_head(const ResponseHead& head) {
    if (head.status != 200 && head.status != 206) return false;
    if (!head.content_encoding.empty() && !iequals(head.content_encoding, "identity")) {
      throw at_source("sent packed (" + valid_utf8(head.content_encoding.substr(0, 40)) + "), which was not asked for");
    }
    return head.status == 200 ? take_whole(head) : take_rest(head);
  }

  bool take_whole(const ResponseHead& head) {
    if (offset_ > 0) restart("the server gave the file from its first byte");
    check_total(head.length);
    const bool end_is_known = head.length || head.ends_itself || request_.size || request_.sha256;
    if (!end_is_known) throw at_source("neither the server nor the registry says how long the file is");
    part_.begin({url_.text, valid_utf8(head.etag), valid_utf8(head.last_modified)});
    old_bytes_ = 0;
    check_disk(request_.size ? request_.size : head.length);
    show_start(request_.size ? request_.size : head.length);
    return true;
  }

  bool take_rest(const ResponseHead& head) {
    const auto range = parse_content_range(head.content_range);
    const bool right_start = range && range->first && *range->first == offset_ && offset_ > 0;
    const bool right_length =
        range && range->first && (!head.length || *head.length == *range->last - *range->first + 1);
    if (!right_start || !right_length) {
      throw at_source("asked for the bytes from " + format_count(offset_) +
                      " on, the server answers with Content-Range \"" + valid_utf8(head.content_range.substr(0, 100)) +
                      "\"")
          .remedy("Remove " + part_.path() + " to fetch the file from its first byte.");
    }
    if (!head.etag.empty() && !part_.source().etag.empty() && head.etag != part_.source().etag) {
      wants_restart_ = true;
      restart_reason_ = "the file changed on the server meanwhile";
      return false;
    }
    check_total(range->total);
    check_disk(range->total);
    show_start(range->total ? range->total : request_.size);
    return true;
  }

  void check_total(const std::optional<std::uint64_t>& total) const {
    if (!total) return;
    if (request_.size && *total != *request_.size) {
      throw at_source("the server offers " + bytes(*total) + ", expected are " + bytes(*request_.size))
          .remedy("The publisher may have replaced the file: compare with the source page.");
    }
    if (*total > limit())
      throw at_source("the server offers " + bytes(*total) + ", at most " + bytes(limit()) + " are taken");
  }

  void check_disk(const std::optional<std::uint64_t>& total) const {
    std::error_code error;
    const auto folder = std::filesystem::absolute(request_.path, error).parent_path();
    const auto space = std::filesystem::space(folder, error);
    if (error || !total) return;
    const std::uint64_t needed = *total - std::min(*total, part_.size());
    if (space.available >= kDiskReserve && space.available - kDiskReserve >= needed) return;
    throw Error(ErrorCode::kOutput,
                "needs " + bytes(needed) + " more, " + bytes(space.available) + " are free on this disk")
        .in_file(request_.path)
        .remedy("Free some space or choose another folder with -o DIR or MOLBRIDGE_CACHE.");
  }

  void on_body(std::span<const std::byte> data) {
    if (data.size() > limit() - std::min(limit(), part_.size())) {
      part_.discard();
      throw at_source(std::string("the server sends more than the ") + (request_.size ? "expected " : "allowed ") +
                      bytes(limit()));
    }
    part_.append(data);
    progress_.advance(static_cast<std::uint64_t>(std::llround(static_cast<double>(part_.size()) / kProgressUnit)));
  }

  // --- what comes of it ---

  Step after_body(const ResponseHead& head) {
    const auto range = parse_content_range(head.content_range);
    std::optional<std::uint64_t> total = request_.size;
    if (!total && head.status == 206 && range) total = range->total;
    if (!total || part_.size() >= *total) return Step::kDone;
    return retry("the server ended after " + format_count(part_.size()) + " of " + bytes(*total), std::nullopt);
  }

  Step after_unsatisfiable(const ResponseHead& head) {
    const auto range = parse_content_range(head.content_range);
    if (request_.sha256 && range && range->total && *range->total == part_.size()) return Step::kDone;
    part_.discard();
    restart("the server has no bytes from " + format_count(offset_) + " on");
    return Step::kAgain;
  }

  Step after_break(const std::string& problem, bool worth_a_retry) {
    if (worth_a_retry) return retry(problem, std::nullopt);
    throw at_source(problem).remedy(
        "Check the network and the proxy (HTTPS_PROXY, --proxy), or put the file in place by hand: molbridge model "
        "pull NAME "
        "--offline says where.");
  }

  std::optional<double> asked_wait(const ResponseHead& head) const {
    return parse_retry_after(head.retry_after, static_cast<std::int64_t>(std::time(nullptr)));
  }

  Step retry(const std::string& problem, const std::optional<double>& asked) {
    ++failures_;
    const bool too_long = asked && *asked > kMaxAskedWaitSeconds;
    if (failures_ >= request_.attempts || too_long) {
      std::string message = "given up after " + std::to_string(failures_) + " attempts: " + problem;
      if (too_long) message += " (it asks to wait " + format_duration(*asked) + ")";
      std::string remedy = "Try again later";
      if (part_.size() > 0)
        remedy +=
            "; " + bytes(part_.size()) + " are kept in " + part_.path() + ", and the same command goes on from there";
      throw at_source(message).remedy(remedy + ".");
    }
    report_.notes.push_back(problem + ": tried again");
    progress_.note(problem + ", trying again");
    const double doubled = request_.retry_wait_seconds * std::pow(2.0, failures_ - 1);
    wait(std::max(asked.value_or(0.0), std::min(doubled, kMaxWaitSeconds)));
    return Step::kAgain;
  }

  [[noreturn]] void refuse_status(int status) const {
    Error error =
        at_source("HTTP " + std::to_string(status) + (status == 404 || status == 410 ? ": no such file" : ""));
    if (status == 401 || status == 403) {
      error.remedy(
          "The publisher wants a login: accept the licence on the source page and set HF_TOKEN for Hugging Face.");
    } else {
      error.remedy("Look at the source page whether the file has moved.");
    }
    throw error;
  }

  Error at_source(const std::string& message) const { return Error(ErrorCode::kInput, message).in_file(url_.shown()); }

  void show_start(const std::optional<std::uint64_t>& total) {
    const auto megabytes =
        static_cast<std::uint64_t>(std::llround(static_cast<double>(total.value_or(0)) / kProgressUnit));
    if (shown_total_ == megabytes) return;
    shown_total_ = megabytes;
    progress_.start(std::filesystem::path(request_.path).filename().string(), megabytes, "MB");
  }

  const DownloadRequest& request_;
  Progress& progress_;
  const Url url_;
  PartFile part_;
  DownloadReport report_;
  std::optional<std::uint64_t> shown_total_;
  std::uint64_t offset_ = 0;     // what the running exchange asked from
  std::uint64_t old_bytes_ = 0;  // left by an earlier run, and still at the head of the file
  int failures_ = 0;
  int restarts_ = 0;
  bool wants_restart_ = false;
  std::string restart_reason_;
};

}  // namespace

DownloadReport download(const DownloadRequest& request, Progress& progress) {
  return Download(request, progress).run();
}

}  // namespace molbridge::fetch
