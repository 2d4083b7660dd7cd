#include "molbridge/fetch/transfer.hpp"

#include <curl/curl.h>

#include <cmath>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/version.hpp"

namespace molbridge::fetch {
namespace {

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// What the library's C callbacks share. No exception may cross C code: it waits in `thrown`.
struct Exchange {
  const TransferCalls& calls;
  HeadCollector head;
  bool has_head = false;
  bool unwanted = false;
  std::exception_ptr thrown;

  template <typename Work>
  std::size_t guarded(std::size_t size, Work work) {
    try {
      return work() ? size : CURL_WRITEFUNC_ERROR;
    } catch (...) {
      thrown = std::current_exception();
      return CURL_WRITEFUNC_ERROR;
    }
  }
};

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.has_head) return size;  // a trailer behind the body
  return exchange.guarded(size, [&] {
    if (!exchange.head.take({data, size})) return true;
    exchange.has_head = true;
    exchange.unwanted = !exchange.calls.on_head(exchange.head.head());
    return !exchange.unwanted;
  });
}

std::size_t on_data(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  return exchange.guarded(size, [&] {
    if (!exchange.has_head) return false;
    exchange.calls.on_body({reinterpret_cast<const std::byte*>(data), size});
    return true;
  });
}

int on_progress(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return interrupted() ? 1 : 0; }

const char* variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

/// The library takes https_proxy, HTTPS_PROXY, all_proxy and NO_PROXY by itself; HTTP_PROXY in capitals only http_proxy's way,
/// because a web server sets it from a request's header. There is no such server here.
void set_proxy(CURL* curl, const TransferRequest& request) {
  if (request.proxy == "none") {
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
  } else if (!request.proxy.empty()) {
    curl_easy_setopt(curl, CURLOPT_PROXY, request.proxy.c_str());
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "");  // named for this command: no exceptions
  } else if (request.url.scheme == "http" && variable("http_proxy") == nullptr && variable("HTTP_PROXY") != nullptr) {
    curl_easy_setopt(curl, CURLOPT_PROXY, variable("HTTP_PROXY"));
  }
}

void set_security(CURL* curl) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (const char* file = variable("SSL_CERT_FILE")) curl_easy_setopt(curl, CURLOPT_CAINFO, file);
  if (const char* folder = variable("SSL_CERT_DIR")) curl_easy_setopt(curl, CURLOPT_CAPATH, folder);
}

void set_limits(CURL* curl, const TransferRequest& request) {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, std::lround(request.connect_timeout_seconds * 1000));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, std::lround(std::fmax(1, std::ceil(request.stall_timeout_seconds))));
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

void set_calls(CURL* curl, Exchange& exchange) {
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

bool is_passing(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return true;
    default: return false;
  }
}

TransferEnd ended(const Exchange& exchange, CURLcode code, const char* detail) {
  TransferEnd end;
  end.head = exchange.head.head();
  end.complete = code == CURLE_OK || exchange.unwanted;
  if (end.complete && !exchange.has_head) {
    end.complete = false;
    end.problem = "the answer is not HTTP";
  } else if (!end.complete) {
    end.worth_a_retry = is_passing(code);
    end.problem = *detail != '\0' ? detail : curl_easy_strerror(code);
  }
  return end;
}

}  // namespace

TransferEnd transfer(const TransferRequest& request, const TransferCalls& calls) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, EasyDeleter> handle(curl_easy_init());
  MOLBRIDGE_CHECK(handle, "curl_easy_init");
  CURL* curl = handle.get();
  std::unique_ptr<curl_slist, ListDeleter> headers;
  for (const std::string& header : request.headers) {
    curl_slist* longer = curl_slist_append(headers.get(), header.c_str());
    MOLBRIDGE_CHECK(longer != nullptr, "curl_slist_append");
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
  Exchange exchange{calls, {}, false, false, nullptr};
  char detail[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.text.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, ("molbridge/" + std::string(version())).c_str());
  set_security(curl);
  set_proxy(curl, request);
  set_limits(curl, request);
  set_calls(curl, exchange);
  const CURLcode code = curl_easy_perform(curl);
  if (exchange.thrown) std::rethrow_exception(exchange.thrown);
  if (code == CURLE_ABORTED_BY_CALLBACK) check_interrupt();
  return ended(exchange, code, detail);
}

}  // namespace molbridge::fetch
