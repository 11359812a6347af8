#include "datasets/isolated_bytes.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

using Send = IsolatedBytes::Send;

TEST(IsolatedBytes, come_as_they_were_sent_whatever_the_pieces) {
  std::vector<int> sent(1000000);
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<int>(i * 7);
  IsolatedBytes bytes([&](const Send& send) {
    send(sent.data(), 12);
    send(sent.data() + 3, 0);
    send(sent.data() + 3, (sent.size() - 3) * sizeof(int));
  });
  EXPECT_EQ(bytes.value<int>(), 0);
  std::vector<int> received(sent.size() - 1);
  bytes.read(received.data(), received.size() * sizeof(int));
  EXPECT_TRUE(std::equal(received.begin(), received.end(), sent.begin() + 1));
}

TEST(IsolatedBytes, errors_of_the_child_are_thrown_here_with_their_text) {
  IsolatedBytes input([](const Send&) { throw InputError("bad input"); });
  expect_error([&] { input.value<int>(); }, {"bad input"});
  IsolatedBytes other([](const Send& send) {
    send("1234", 4);
    throw std::runtime_error("bad world");
  });
  other.value<int>();
  EXPECT_THROW(other.value<int>(), RunError);
}

/// What ChildEnded says when `produce` runs.
std::string end_of(const std::function<void(const Send&)>& produce, std::chrono::seconds patience = std::chrono::seconds(60)) {
  try {
    IsolatedBytes(produce, patience).value<int>();
  } catch (const ChildEnded& ended) {
    return ended.what();
  }
  return "nothing was thrown";
}

TEST(IsolatedBytes, crash_early_end_and_hang_of_the_child_are_told) {
  EXPECT_EQ(end_of([](const Send&) { ::raise(SIGSEGV); }), "signal 11 (Segmentation fault)");
  EXPECT_EQ(end_of([](const Send& send) { send("12", 2); }), "an early end");
  EXPECT_EQ(end_of([](const Send&) { ::pause(); }, std::chrono::seconds(1)), "no progress for 1 s");
}

TEST(IsolatedBytes, a_child_nobody_reads_from_goes_away) {
  const auto never_ending = [](const Send& send) {
    for (;;) send("12345678", 8);
  };
  { IsolatedBytes bytes(never_ending); }
  SUCCEED() << "the destructor waited for it";
}

}  // namespace
}  // namespace reprise::datasets
