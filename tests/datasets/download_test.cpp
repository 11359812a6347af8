#include "datasets/download.hpp"

#include "http_server.hpp"

namespace reprise::datasets {
namespace {

using Requests = std::vector<std::string>;

class Download : public ::testing::Test {
 protected:
  Download() {
    for (std::size_t i = 0; i < 300000; ++i) content_.push_back(static_cast<std::uint8_t>(i * 7 + i / 256));
    server_.serve("set.bin", content_);
  }
  std::int64_t run() { return download(server_.url() + "/set.bin", part_, {}); }

  HttpServer server_;
  TemporaryFolder folder_;
  std::filesystem::path part_ = folder_.path() / "deep" / "set.bin.part";
  Bytes content_;
};

TEST_F(Download, writes_the_content_and_reports_progress_to_its_end) {
  DownloadProgress last;
  std::int64_t before = 0;
  const auto watch = [&](const DownloadProgress& progress) {
    EXPECT_GE(progress.received, before);
    before = progress.received;
    last = progress;
  };
  EXPECT_EQ(download(server_.url() + "/set.bin", part_, watch), 0);
  EXPECT_EQ(read_file(part_), content_);
  EXPECT_EQ(last.name, "set.bin");
  EXPECT_EQ(last.received, 300000);
  EXPECT_EQ(last.total, 300000);
}

TEST_F(Download, resumes_by_a_range_when_the_connection_is_cut) {
  server_.cut_next({150000, 1000});
  run();
  EXPECT_EQ(read_file(part_), content_);
  EXPECT_EQ(server_.requests(), (Requests{"/set.bin", "/set.bin bytes=150000-", "/set.bin bytes=151000-"}));
}

TEST_F(Download, goes_on_where_an_earlier_call_stopped) {
  write_file(part_, Bytes(content_.begin(), content_.begin() + 1234));
  EXPECT_EQ(run(), 1234);
  EXPECT_EQ(read_file(part_), content_);
  EXPECT_EQ(server_.requests(), (Requests{"/set.bin bytes=1234-"}));
}

TEST_F(Download, starts_over_when_the_server_ignores_ranges) {
  write_file(part_, Bytes(1234, 99));
  server_.ignore_ranges();
  run();
  EXPECT_EQ(read_file(part_), content_);
}

TEST_F(Download, accepts_a_part_that_is_already_whole) {
  write_file(part_, content_);
  EXPECT_EQ(run(), 300000);
  EXPECT_EQ(read_file(part_), content_);
}

TEST_F(Download, starts_over_when_the_part_is_longer_than_the_file) {
  write_file(part_, Bytes(300001, 1));
  run();
  EXPECT_EQ(read_file(part_), content_);
}

TEST_F(Download, gives_up_after_four_attempts_without_a_byte_and_keeps_the_part) {
  server_.cut_next({1000, 0, 0, 0, 0, 0, 0, 0});
  expect_error<RunError>([&] { run(); }, {server_.url() + "/set.bin", "after 1000 bytes", "Run the same command again"});
  EXPECT_EQ(read_file(part_).size(), 1000u);
  server_.cut_next({});
  run();
  EXPECT_EQ(read_file(part_), content_);
}

TEST_F(Download, names_address_and_reason_when_there_is_no_such_file_or_server) {
  expect_error<RunError>([&] { download(server_.url() + "/none.bin", part_, {}); }, {server_.url() + "/none.bin", "404"});
  expect_error<RunError>([&] { download("http://127.0.0.1:1/set.bin", part_, {}); }, {"http://127.0.0.1:1/set.bin", "127.0.0.1"});
  expect_error<RunError>([&] { download("file:///etc/passwd", part_, {}); }, {"file:///etc/passwd"});
}

TEST_F(Download, names_the_file_that_cannot_be_written) {
  write_file(folder_.path() / "deep", {1});  // a file where the folder should be
  expect_error<RunError>([&] { run(); }, {part_.string(), "--data"});
}

TEST_F(Download, names_the_file_when_the_disk_is_full) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  std::filesystem::create_directories(part_.parent_path());
  std::filesystem::create_symlink("/dev/full", part_);
  expect_error<RunError>([&] { run(); }, {part_.string(), "No space left"});
}

}  // namespace
}  // namespace reprise::datasets
