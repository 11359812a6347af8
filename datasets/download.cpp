#include "datasets/download.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include "suite/errors.hpp"
#include "suite/records/disk_calls.hpp"

namespace reprise::datasets {

namespace {

constexpr int kAttemptsWithoutProgress = 4;

/// The partial file: open, locked against other processes, written at its end.
class PartFile {
 public:
  explicit PartFile(const std::filesystem::path& path) : path_(path) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail(errno);
    // A file system that knows no locks gives none; then two downloads at once are not found out.
    if (records::disk::lock(descriptor_) != 0 && errno == EWOULDBLOCK) {
      ::close(descriptor_);
      throw RunError(
          {path.string(), "to be the only one that writes it", "another process that is fetching it", "Wait for that one to end."});
    }
    size_ = ::lseek(descriptor_, 0, SEEK_END);
  }
  ~PartFile() { ::close(descriptor_); }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::int64_t size() const { return size_; }

  void clear() {
    if (::ftruncate(descriptor_, 0) != 0) fail(errno);
    ::lseek(descriptor_, 0, SEEK_SET);
    size_ = 0;
  }

  /// False if the disk does not take it; `fail_write` then says why.
  bool append(const char* bytes, std::size_t count) {
    while (count > 0) {
      const ssize_t written = ::write(descriptor_, bytes, count);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        write_error_ = written < 0 ? errno : ENOSPC;
        return false;
      }
      bytes += written;
      count -= static_cast<std::size_t>(written);
      size_ += written;
    }
    return true;
  }

  bool has_write_error() const { return write_error_ != 0; }
  [[noreturn]] void fail_write() const { fail(write_error_); }

 private:
  [[noreturn]] void fail(int code) const {
    throw RunError(
        {path_.string(), "to write the download there", std::strerror(code), "Free some space or choose another directory with --data."});
  }

  const std::filesystem::path& path_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
  int write_error_ = 0;
};

/// One request for what is still missing.
class Request {
 public:
  Request(const std::string& url, PartFile& part, const ProgressCallback& progress, const std::string& name)
      : curl_(curl_easy_init(), &curl_easy_cleanup), part_(part), progress_(progress), name_(name), start_(part.size()) {
    if (!curl_) throw RunError("libcurl: no memory for a request");
    CURL* curl = curl_.get();
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);  // under a byte a second for a minute: broken
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "reprise");
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Request::receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Request::header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
    // CURLOPT_RANGE and not RESUME_FROM: that one fails when the server answers with the whole file.
    if (start_ > 0) curl_easy_setopt(curl, CURLOPT_RANGE, fmt::format("{}-", start_).c_str());
  }

  CURLcode run() { return curl_easy_perform(curl_.get()); }

  long status() const {
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  std::string complaint(CURLcode code) const { return error_[0] != '\0' ? std::string(error_) : std::string(curl_easy_strerror(code)); }

  /// Size of the whole file as "Content-Range: bytes */SIZE" told with status 416; -1 if it did not.
  std::int64_t told_size() const { return told_size_; }

 private:
  static std::size_t header(char* text, std::size_t one, std::size_t count, void* self) {
    auto& request = *static_cast<Request*>(self);
    const std::string line(text, one * count);
    if (curl_strnequal(line.c_str(), "content-range:", 14)) {
      long long first = -1, last = -1, size = -1;
      if (std::sscanf(line.c_str() + 14, " bytes %lld-%lld/%lld", &first, &last, &size) >= 2)
        request.range_start_ = first;
      else
        std::sscanf(line.c_str() + 14, " bytes */%lld", &size);
      request.told_size_ = size;
    }
    return one * count;
  }

  static std::size_t receive(char* bytes, std::size_t one, std::size_t count, void* self) {
    auto& request = *static_cast<Request*>(self);
    if (!request.has_begun_ && !request.begin()) return 0;
    if (!request.part_.append(bytes, one * count)) return 0;
    if (request.progress_) request.progress_({request.name_, request.part_.size(), request.total_});
    return one * count;
  }

  /// The first bytes are here: does the answer continue what we have?
  bool begin() {
    has_begun_ = true;
    if (start_ > 0 && (status() != 206 || range_start_ != start_)) {
      part_.clear();
      if (status() == 206) return false;  // another range than asked for: the next attempt starts from 0
    }
    curl_off_t length = -1;
    curl_easy_getinfo(curl_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    total_ = length > 0 ? part_.size() + length : 0;
    return true;
  }

  std::unique_ptr<CURL, void (*)(CURL*)> curl_;
  PartFile& part_;
  const ProgressCallback& progress_;
  std::string name_;
  std::int64_t start_, total_ = 0, range_start_ = -1, told_size_ = -1;
  bool has_begun_ = false;
  char error_[CURL_ERROR_SIZE] = "";
};

bool is_worth_another_try(CURLcode code) {
  switch (code) {
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_HTTP2_STREAM:
    case CURLE_WRITE_ERROR:  // the answer was another range than asked for; disk errors are told apart before
      return true;
    default:
      return false;
  }
}

}  // namespace

std::int64_t download(const std::string& url, const std::filesystem::path& path, const ProgressCallback& progress) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  PartFile part(path);
  const std::int64_t found = part.size();
  for (int attempt = 1;; ++attempt) {
    const std::int64_t before = part.size();
    Request request(url, part, progress, std::filesystem::path(url).filename().string());
    const CURLcode code = request.run();
    if (code == CURLE_OK) return found;
    if (part.has_write_error()) part.fail_write();
    if (request.status() == 416) {
      if (request.told_size() == part.size()) return found;  // all of it was here already
      part.clear();
    } else if (!is_worth_another_try(code)) {
      throw RunError({url, "the file", request.complaint(code), "Check the address and the network, or put the file there by hand."});
    }
    if (part.size() > before) attempt = 0;
    if (attempt >= kAttemptsWithoutProgress)
      throw RunError({url, "the rest of the file", fmt::format("{} after {} bytes", request.complaint(code), part.size()),
                      "Run the same command again: it goes on where this one stopped."});
    std::this_thread::sleep_for(std::chrono::milliseconds(100 * attempt * attempt));
  }
}

}  // namespace reprise::datasets
