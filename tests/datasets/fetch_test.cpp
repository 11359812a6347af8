#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <limits>
#include <thread>

#include "datasets/fetch.hpp"
#include "datasets/unpack.hpp"
#include "gzip_bytes.hpp"
#include "http_server.hpp"
#include "suite/records/disk_calls.hpp"
#include "suite/records/run_lock.hpp"
#include "tiny_set.hpp"

namespace reprise::datasets {
namespace {

struct Member {
  std::string name;
  Bytes content;
};

Bytes tar_gz(const std::filesystem::path& scratch, const std::vector<Member>& members) {
  archive* writer = archive_write_new();
  archive_write_add_filter_gzip(writer);
  archive_write_set_format_ustar(writer);
  archive_write_open_filename(writer, scratch.c_str());
  for (const Member& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(writer, entry);
    archive_write_data(writer, member.content.data(), member.content.size());
    archive_entry_free(entry);
  }
  archive_write_free(writer);
  return read_file(scratch);
}

class Fetch : public ::testing::Test {
 protected:
  /// The set's four files one by one, the first two packed.
  void serve_files() {
    for (std::size_t i = 0; i < 2; ++i) tiny_.paths[i] += ".gz";
    tiny_.renew_digests();
    for (std::size_t i = 0; i < 4; ++i)
      server_.serve(std::filesystem::path(tiny_.paths[i]).filename().string(), i < 2 ? gzip(tiny_.contents[i]) : tiny_.contents[i]);
  }
  void serve_archive(const std::vector<Member>& more = {}) {
    std::vector<Member> members = more;
    for (std::size_t i = 0; i < 4; ++i) members.push_back({tiny_.paths[i], tiny_.contents[i]});
    serve_archive_of(members);
  }
  void serve_archive_of(const std::vector<Member>& members) {
    archive_ = tar_gz(scratch_.path() / "a.tar.gz", members);
    tiny_.entry.archive = {"tiny.tar.gz", static_cast<std::int64_t>(archive_.size()),
                           records::sha256_hex(std::as_bytes(std::span(archive_)))};
    server_.serve("tiny.tar.gz", archive_);
  }
  FetchResult run(bool force = false) { return fetch(tiny_.entry, data_.path(), {server_.url(), force, {}}); }

  /// Every file below the data directory, folders left out.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data_.path()))
      if (entry.is_regular_file()) names.push_back(std::filesystem::relative(entry.path(), data_.path()).string());
    std::sort(names.begin(), names.end());
    return names;
  }

  HttpServer server_;
  TemporaryFolder data_, scratch_;
  TinySet tiny_;
  Bytes archive_;
};

TEST_F(Fetch, puts_single_files_into_place_and_a_second_time_does_nothing) {
  serve_files();
  const FetchResult result = run();
  EXPECT_FALSE(result.was_there);
  EXPECT_EQ(result.written.size(), 4u);
  EXPECT_EQ(files(), (std::vector<std::string>{"tiny/test-images", "tiny/test-labels", "tiny/train-images.gz", "tiny/train-labels.gz"}));
  const auto requests = server_.requests().size();
  EXPECT_TRUE(run().was_there);
  EXPECT_EQ(server_.requests().size(), requests);
  EXPECT_FALSE(run(true).was_there);
}

TEST_F(Fetch, accepts_a_file_packed_in_another_way) {
  serve_files();
  Bytes twice = gzip(Bytes(tiny_.contents[0].begin(), tiny_.contents[0].begin() + 5));
  const Bytes rest = gzip(Bytes(tiny_.contents[0].begin() + 5, tiny_.contents[0].end()));
  twice.insert(twice.end(), rest.begin(), rest.end());
  server_.serve("train-images.gz", twice);
  EXPECT_EQ(run().written.size(), 4u);
}

TEST_F(Fetch, wrong_content_leaves_nothing_in_place) {
  serve_files();
  server_.serve("train-images.gz", gzip({1, 2, 3}));
  expect_error([&] { run(); }, {server_.url() + "/train-images.gz", "SHA-256 " + tiny_.file(0).sha256, "It was removed"});
  EXPECT_TRUE(files().empty());
  server_.serve("train-images.gz", {'<', 'h', 't', 'm', 'l', '>'});
  expect_error([&] { run(); }, {server_.url() + "/train-images.gz", "1f 8b"});
  EXPECT_TRUE(files().empty());
}

TEST_F(Fetch, what_an_attempt_left_from_another_file_is_thrown_away) {
  serve_files();
  write_file(data_.path() / "tiny/test-images.part", {9, 9, 9});
  EXPECT_EQ(run().written.size(), 4u);
  EXPECT_EQ(read_file(data_.path() / "tiny/test-images"), tiny_.contents[2]);
}

TEST_F(Fetch, is_refused_while_another_process_is_at_the_set_and_touches_nothing) {
  serve_files();
  write_file(data_.path() / "tiny/test-images.part", {9, 9, 9});
  {
    const records::RunLock other(data_.path() / ".tiny.lock");
    expect_error<RunError>([&] { run(); }, {".tiny.lock", "another that is at it", "Wait"});
    EXPECT_EQ(read_file(data_.path() / "tiny/test-images.part"), (Bytes{9, 9, 9}));
    EXPECT_TRUE(server_.requests().empty());
  }
  EXPECT_EQ(run().written.size(), 4u);
}

TEST_F(Fetch, by_several_at_once_leaves_the_set_whole) {
  serve_files();
  std::atomic<int> refused{0}, done{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        try {
          run();
          ++done;
        } catch (const RunError&) {
          ++refused;
        }
      });
  }
  EXPECT_GE(done, 1);
  EXPECT_EQ(done + refused, 8);
  EXPECT_EQ(files(), (std::vector<std::string>{"tiny/test-images", "tiny/test-labels", "tiny/train-images.gz", "tiny/train-labels.gz"}));
  EXPECT_TRUE(run().was_there);
}

/// A file system without locks, or one that answers them with an error.
class NoLocks : public records::disk::Witness {
 public:
  explicit NoLocks(int error) : error_(error) { records::disk::admit(this); }
  ~NoLocks() override { records::disk::admit(nullptr); }
  NoLocks(const NoLocks&) = delete;
  NoLocks& operator=(const NoLocks&) = delete;
  records::disk::Ruling before(records::disk::Call call) override {
    return {call == records::disk::Call::lock ? error_ : 0, std::numeric_limits<std::size_t>::max()};
  }
  void after(records::disk::Call) override {}

 private:
  int error_;
};

TEST_F(Fetch, works_where_there_are_no_locks) {
  serve_files();
  for (const int error : {ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL, EIO}) {
    const NoLocks disk(error);
    EXPECT_EQ(run(true).written.size(), 4u) << std::strerror(error);
  }
}

TEST_F(Fetch, replaces_a_damaged_file) {
  serve_files();
  run();
  write_file(data_.path() / tiny_.paths[3], {1});
  EXPECT_FALSE(run().was_there);
  EXPECT_EQ(read_file(data_.path() / tiny_.paths[3]), tiny_.contents[3]);
}

TEST_F(Fetch, goes_to_the_next_address_when_the_first_does_not_have_it) {
  serve_files();
  tiny_.entry.urls = {server_.url() + "/nothing", server_.url()};
  EXPECT_EQ(fetch(tiny_.entry, data_.path(), {}).written.size(), 4u);
  tiny_.entry.urls = {server_.url() + "/nothing", server_.url() + "/nowhere"};
  expect_error<RunError>([&] { fetch(tiny_.entry, data_.path(), {"", true, {}}); }, {server_.url() + "/nowhere/train-images.gz", "404"});
}

TEST_F(Fetch, unpacks_the_members_of_an_archive_and_removes_it) {
  serve_archive({{"tiny/readme.html", {1, 2}}, {"../outside", {3}}});
  EXPECT_EQ(run().written.size(), 4u);
  EXPECT_EQ(files(), (std::vector<std::string>{"tiny/test-images", "tiny/test-labels", "tiny/train-images", "tiny/train-labels"}));
  EXPECT_FALSE(std::filesystem::exists(data_.path().parent_path() / "outside"));
  EXPECT_TRUE(run().was_there);
}

TEST_F(Fetch, an_archive_is_resumed_when_the_connection_is_cut_half_way) {
  serve_archive();
  server_.cut_next({archive_.size() / 2});
  run();
  EXPECT_EQ(server_.requests(),
            (std::vector<std::string>{"/tiny.tar.gz", "/tiny.tar.gz bytes=" + std::to_string(archive_.size() / 2) + "-"}));
  EXPECT_TRUE(run().was_there);
}

TEST_F(Fetch, an_archive_with_a_wrong_digest_leaves_nothing) {
  serve_archive();
  tiny_.entry.archive.sha256[0] ^= 1;
  expect_error([&] { run(); }, {server_.url() + "/tiny.tar.gz", tiny_.entry.archive.sha256});
  EXPECT_TRUE(files().empty());
}

TEST_F(Fetch, an_archive_whose_members_are_wrong_or_missing_leaves_no_member) {
  std::vector<Member> members;
  for (std::size_t i = 0; i < 4; ++i) members.push_back({tiny_.paths[i], tiny_.contents[i]});
  members[0].content[20] ^= 1;
  serve_archive_of(members);
  expect_error([&] { run(); }, {"SHA-256 " + tiny_.file(0).sha256});
  EXPECT_FALSE(std::filesystem::exists(data_.path() / tiny_.paths[0]));
  members.erase(members.begin());
  serve_archive_of(members);
  std::filesystem::remove(data_.path() / "tiny.tar.gz.part");
  expect_error([&] { run(); }, {"tiny.tar.gz.part", "no tiny/train-images"});
  EXPECT_EQ(files(), (std::vector<std::string>{"tiny.tar.gz.part"}));
}

TEST_F(Fetch, drawn_sets_are_always_there_and_unknown_names_are_named) {
  EXPECT_TRUE(fetch("synthetic-gray28", data_.path(), {}).was_there);
  expect_error([&] { fetch("imagenet", data_.path(), {}); }, {"'imagenet'"});
}

TEST_F(Fetch, unpacking_names_a_damaged_archive) {
  serve_archive();
  Bytes damaged = archive_;
  damaged.resize(damaged.size() / 2);
  const auto path = write_file(scratch_.path() / "b.tar.gz", damaged);
  expect_error([&] { unpack_members(path, {tiny_.paths[0], tiny_.paths[3]}, scratch_.path()); }, {path.string()});
  const auto foreign = write_file(scratch_.path() / "c.tar.gz", {'h', 'e', 'l', 'l', 'o'});
  expect_error([&] { unpack_members(foreign, {"a"}, scratch_.path()); }, {foreign.string()});
}

}  // namespace
}  // namespace reprise::datasets
