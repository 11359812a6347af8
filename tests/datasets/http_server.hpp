#pragma once
// A small HTTP server on 127.0.0.1 for tests of downloading: knows ranges, and can misbehave on request.

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "temporary_folder.hpp"

namespace reprise::datasets {

class HttpServer {
 public:
  HttpServer();
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url() const;  ///< "http://127.0.0.1:PORT"
  void serve(const std::string& name, const Bytes& content);
  /// The next answers end after so many bytes of body, one number an answer, though the header promised more.
  void cut_next(std::vector<std::size_t> bytes);
  void ignore_ranges() { ignores_ranges_ = true; }
  /// What was asked for so far: "/name" or "/name bytes=100-".
  std::vector<std::string> requests() const;

 private:
  void run();
  void answer(int connection);

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> ignores_ranges_{false}, is_over_{false};
  mutable std::mutex mutex_;
  std::map<std::string, Bytes> contents_;
  std::vector<std::size_t> cuts_;
  std::vector<std::string> requests_;
  std::jthread thread_;
};

}  // namespace reprise::datasets
