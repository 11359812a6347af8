#include "http_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

namespace reprise::datasets {

namespace {

void send_all(int connection, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t sent = ::send(connection, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes += sent;
    count -= static_cast<std::size_t>(sent);
  }
}

std::string receive_header(int connection) {
  std::string header;
  char block[4096];
  while (header.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = ::recv(connection, block, sizeof block, 0);
    if (count <= 0) break;
    header.append(block, static_cast<std::size_t>(count));
  }
  return header;
}

}  // namespace

HttpServer::HttpServer() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the test server finds no port on 127.0.0.1");
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { run(); });
}

HttpServer::~HttpServer() {
  is_over_ = true;
  thread_.join();
  ::close(listener_);
}

std::string HttpServer::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

void HttpServer::serve(const std::string& name, const Bytes& content) {
  const std::lock_guard lock(mutex_);
  contents_["/" + name] = content;
}

void HttpServer::cut_next(std::vector<std::size_t> bytes) {
  const std::lock_guard lock(mutex_);
  cuts_ = std::move(bytes);
}

std::vector<std::string> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::run() {
  while (!is_over_) {
    pollfd wait{listener_, POLLIN, 0};
    if (::poll(&wait, 1, 20) <= 0) continue;
    const int connection = ::accept(listener_, nullptr, nullptr);
    if (connection < 0) continue;
    answer(connection);
    ::close(connection);
  }
}

void HttpServer::answer(int connection) {
  const std::string request = receive_header(connection);
  const std::size_t start = request.find(' ') + 1;
  const std::string path = request.substr(start, request.find(' ', start) - start);
  const std::size_t range = request.find("Range: ");
  const std::string asked = range == std::string::npos ? "" : request.substr(range + 7, request.find("\r\n", range) - range - 7);

  const std::lock_guard lock(mutex_);
  requests_.push_back(asked.empty() ? path : path + " " + asked);
  const auto found = contents_.find(path);
  std::string header = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n";
  const Bytes* content = nullptr;
  std::size_t first = 0;
  if (found != contents_.end()) {
    content = &found->second;
    const std::string size = std::to_string(content->size());
    if (!asked.empty() && !ignores_ranges_) first = std::stoul(asked.substr(asked.find('=') + 1));
    if (first >= content->size() && first > 0) {
      header = "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */" + size + "\r\nContent-Length: 0\r\n";
      content = nullptr;
    } else if (first > 0) {
      header = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(first) + "-" + std::to_string(content->size() - 1) +
               "/" + size + "\r\nContent-Length: " + std::to_string(content->size() - first) + "\r\n";
    } else {
      header = "HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n";
    }
  }
  header += "Connection: close\r\n\r\n";
  send_all(connection, header.data(), header.size());
  if (content == nullptr) return;
  std::size_t count = content->size() - first;
  if (!cuts_.empty()) {
    count = std::min(count, cuts_.front());
    cuts_.erase(cuts_.begin());
  }
  send_all(connection, reinterpret_cast<const char*>(content->data()) + first, count);
}

}  // namespace reprise::datasets
