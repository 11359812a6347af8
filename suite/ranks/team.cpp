#include "suite/ranks/team.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "suite/clock.hpp"
#include "suite/errors.hpp"
#include "suite/ranks/team_state.hpp"

namespace reprise::ranks {

Range share_of(std::int64_t count, int part, int parts) {
  const auto start = [&](std::int64_t p) { return (count * p + parts - 1) / parts; };
  return {start(part), start(part + 1)};
}

void Team::gather(std::byte* base, std::size_t item_bytes, std::int64_t count, const char* what) {
  if (nodes() == 1) return synchronise(what);
  std::vector<std::size_t> offsets(static_cast<std::size_t>(count) + 1);
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] = i * item_bytes;
  gather(base, offsets, what);
}

void Team::gather(std::byte* base, std::span<const std::size_t> offsets, const char* what) {
  synchronise(what);
  if (nodes() == 1) return;
  if (leads_node()) {
    const auto part_of = [&](int n) {
      const Range items = node_share(static_cast<std::int64_t>(offsets.size()) - 1, n);
      const std::size_t first = offsets[static_cast<std::size_t>(items.first)];
      return Bytes{base + first, offsets[static_cast<std::size_t>(items.last)] - first};
    };
    std::vector<Bytes> from;
    for (int n = 0; n < nodes(); ++n) from.push_back(part_of(n));
    send_across(std::vector<Bytes>(static_cast<std::size_t>(nodes()), part_of(node())), from, what)->finish();
  }
  synchronise(what);
}

std::vector<std::byte> Team::broadcast(std::vector<std::byte> data, const char* what) {
  std::uint64_t size = data.size();
  broadcast(&size, sizeof size, what);
  data.resize(size);
  broadcast(data.data(), data.size(), what);
  return data;
}

void Team::on_root(const std::function<void()>& action, const char* what) {
  enum Outcome : std::uint8_t { done, bad_input, failed };
  std::vector<std::byte> report(1, std::byte{done});
  std::exception_ptr mine;
  const auto note = [&](Outcome outcome, const char* text) {
    mine = std::current_exception();
    report.assign(1, std::byte{outcome});
    const auto* bytes = reinterpret_cast<const std::byte*>(text);
    report.insert(report.end(), bytes, bytes + std::strlen(text));
  };
  if (is_root()) {
    try {
      action();
    } catch (const InputError& error) {
      note(bad_input, error.what());
    } catch (const std::exception& error) {
      note(failed, error.what());
    }
  }
  report = broadcast(std::move(report), what);
  if (mine) std::rethrow_exception(mine);
  const std::string text(reinterpret_cast<const char*>(report.data()) + 1, report.size() - 1);
  if (report[0] == std::byte{bad_input}) throw InputError(text);
  if (report[0] == std::byte{failed}) throw RunError(text);
}

#ifdef REPRISE_HAS_MPI

namespace {

constexpr int kTag = 1;
constexpr std::size_t kMaxBytes = std::size_t{1} << 30;  ///< of one MPI message: its length is an int

class NoMessages : public Messages {
 public:
  bool poll() override { return true; }
  void finish() override {}
};

class NodeMessages : public Messages {
 public:
  NodeMessages(const Team::State& state, const std::vector<Team::Bytes>& to, const std::vector<Team::Bytes>& from, const char* what)
      : state_(state), what_(what) {
    for (int n = 0; n < state.nodes; ++n) {
      if (n == state.node) continue;
      pieces(from[static_cast<std::size_t>(n)], n, [&](std::byte* at, int bytes, int peer, MPI_Request* request) {
        MPI_Irecv(at, bytes, MPI_BYTE, peer, kTag, state.comm, request);
      });
    }
    for (int n = 0; n < state.nodes; ++n) {
      if (n == state.node) continue;
      pieces(to[static_cast<std::size_t>(n)], n, [&](std::byte* at, int bytes, int peer, MPI_Request* request) {
        MPI_Isend(at, bytes, MPI_BYTE, peer, kTag, state.comm, request);
      });
    }
  }

  bool poll() override {
    int done = 0;
    MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE);
    return done != 0;
  }

  void finish() override {
    const double begun = now_seconds();
    for (int tries = 0; !poll(); ++tries) {
      if (tries > 1000) usleep(20);
      if (state_.watchdog_seconds > 0 && now_seconds() - begun > state_.watchdog_seconds) complain();
    }
  }

 private:
  template <typename Post>
  void pieces(const Team::Bytes& bytes, int n, const Post& post) {
    for (std::size_t at = 0; at < bytes.size; at += kMaxBytes) {
      requests_.push_back(MPI_REQUEST_NULL);
      nodes_.push_back(n);
      post(bytes.data + at, static_cast<int>(std::min(kMaxBytes, bytes.size - at)),
           static_cast<int>(state_.node_ranks[static_cast<std::size_t>(n)].first), &requests_.back());
    }
  }

  [[noreturn]] void complain() {
    std::vector<int> missing;
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      const int leader = static_cast<int>(state_.node_ranks[static_cast<std::size_t>(nodes_[i])].first);
      int done = 0;
      MPI_Test(&requests_[i], &done, MPI_STATUS_IGNORE);  // MPI_Testall leaves all as they are until the last is done
      if (done == 0 && (missing.empty() || missing.back() != leader)) missing.push_back(leader);
    }
    state_.complain(missing, what_.c_str());
  }

  const Team::State& state_;
  std::string what_;
  std::vector<MPI_Request> requests_;
  std::vector<int> nodes_;
};

}  // namespace

bool completes_within(MPI_Request& request, double seconds) {
  const double begun = now_seconds();
  for (int tries = 0;; ++tries) {
    int done = 0;
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done != 0) return true;
    if (tries > 1000) usleep(20);
    if (seconds > 0 && now_seconds() - begun > seconds) return false;
  }
}

void Team::State::wait(MPI_Request& request, const char* what) const {
  if (!completes_within(request, watchdog_seconds)) complain({}, what);
}

void Team::State::complain(const std::vector<int>& missing, const char* what) const {
  std::vector<std::string> who;
  for (const int position : missing) who.push_back(names[static_cast<std::size_t>(position)]);
  throw RunError(Complaint{fmt::format("{} (waiting on {})", what, names[static_cast<std::size_t>(rank)]),
                           fmt::format("all {} ranks within {:g} s", size, watchdog_seconds),
                           who.empty() ? "some are missing" : fmt::format("missing: {}", fmt::join(who, ", ")),
                           "They hang, or the network between is cut. --watchdog sets how long to wait"});
}

Team& Team::alone() {
  static Team team([] {
    auto state = std::make_unique<State>();
    state->names.push_back("rank 0");
    return state;
  }());
  return team;
}

Team::Team(std::unique_ptr<State> state) : state_(std::move(state)) {}

Team::~Team() {
  if (!state_->has_mpi) return;
  for (MPI_Comm* comm : {&state_->comm, &state_->node_comm, &state_->last_comm})
    if (*comm != MPI_COMM_NULL) MPI_Comm_free(comm);
}

int Team::rank() const {
  return state_->rank;
}
int Team::size() const {
  return state_->size;
}
int Team::node() const {
  return state_->node;
}
int Team::nodes() const {
  return state_->nodes;
}
int Team::local_rank() const {
  return state_->local_rank;
}
int Team::local_size() const {
  return state_->local_size;
}
Range Team::ranks_of(int of_node) const {
  return state_->node_ranks[static_cast<std::size_t>(of_node)];
}
std::string Team::name_of(int position) const {
  return state_->names[static_cast<std::size_t>(position)];
}
void Team::set_watchdog(double seconds) {
  state_->watchdog_seconds = seconds;
}

Range Team::node_share(std::int64_t count, int of_node) const {
  const Range ranks = ranks_of(of_node);
  return {share_of(count, static_cast<int>(ranks.first), size()).first, share_of(count, static_cast<int>(ranks.last) - 1, size()).last};
}

Memory Team::memory(std::size_t bytes) {
  if (local_size() == 1) return Memory(bytes);
  if (bytes == 0) return {};
  struct Offer {
    std::array<char, 64> name{};
    std::array<char, 512> error{};
  } offer;
  Memory made;
  if (leads_node()) {
    // The time too: a killed job leaves its names, and process numbers come again.
    const auto now = static_cast<std::int64_t>(1e9 * now_seconds());
    fmt::format_to_n(offer.name.data(), offer.name.size() - 1, "/reprise-{}-{}-{:x}", getpid(), state_->memories, now);
    try {
      made = make_shared_memory(offer.name.data(), bytes);
    } catch (const RunError& error) {
      std::strncpy(offer.error.data(), error.what(), offer.error.size() - 1);
    }
  }
  ++state_->memories;
  MPI_Request request;
  MPI_Ibcast(&offer, sizeof offer, MPI_BYTE, 0, state_->node_comm, &request);
  state_->wait(request, "shared memory");
  if (offer.error[0] != '\0') throw RunError(std::string(offer.error.data()));
  if (!leads_node()) made = map_shared_memory(offer.name.data(), bytes);
  MPI_Ibarrier(state_->node_comm, &request);
  state_->wait(request, "shared memory");
  if (leads_node()) unlink_shared_memory(offer.name.data());
  return made;
}

void Team::synchronise(const char* what) {
  if (local_size() == 1) return;
  const std::vector<int> missing = state_->barrier->wait(state_->watchdog_seconds);
  if (missing.empty()) return;
  std::vector<int> positions;
  for (const int local : missing) positions.push_back(static_cast<int>(ranks_of(node()).first) + local);
  state_->complain(positions, what);
}

std::unique_ptr<Messages> Team::send_across(const std::vector<Bytes>& to, const std::vector<Bytes>& from, const char* what) {
  if (nodes() == 1) return std::make_unique<NoMessages>();
  return std::make_unique<NodeMessages>(*state_, to, from, what);
}

void Team::broadcast(void* data, std::size_t bytes, const char* what) {
  if (size() == 1) return;
  for (std::size_t at = 0; at < bytes; at += kMaxBytes) {
    MPI_Request request;
    MPI_Ibcast(static_cast<std::byte*>(data) + at, static_cast<int>(std::min(kMaxBytes, bytes - at)), MPI_BYTE, 0, state_->comm, &request);
    state_->wait(request, what);
  }
}

bool Team::any(bool mine, const char* what) {
  if (size() == 1) return mine;
  int own = mine ? 1 : 0, any = 0;
  MPI_Request request;
  MPI_Iallreduce(&own, &any, 1, MPI_INT, MPI_MAX, state_->comm, &request);
  state_->wait(request, what);
  return any != 0;
}

bool Team::all_arrive(double seconds) {
  if (size() == 1) return true;
  MPI_Request request;
  MPI_Ibarrier(state_->last_comm, &request);
  return completes_within(request, seconds);
}

#else

namespace {
class NoMessages : public Messages {
 public:
  bool poll() override { return true; }
  void finish() override {}
};
}  // namespace

Team& Team::alone() {
  static Team team(std::make_unique<State>());
  return team;
}
Team::Team(std::unique_ptr<State> state) : state_(std::move(state)) {}
Team::~Team() = default;
int Team::rank() const {
  return 0;
}
int Team::size() const {
  return 1;
}
int Team::node() const {
  return 0;
}
int Team::nodes() const {
  return 1;
}
int Team::local_rank() const {
  return 0;
}
int Team::local_size() const {
  return 1;
}
Range Team::ranks_of(int) const {
  return {0, 1};
}
std::string Team::name_of(int) const {
  return "rank 0";
}
void Team::set_watchdog(double) {}
Range Team::node_share(std::int64_t count, int) const {
  return {0, count};
}
Memory Team::memory(std::size_t bytes) {
  return Memory(bytes);
}
void Team::synchronise(const char*) {}
std::unique_ptr<Messages> Team::send_across(const std::vector<Bytes>&, const std::vector<Bytes>&, const char*) {
  return std::make_unique<NoMessages>();
}
void Team::broadcast(void*, std::size_t, const char*) {}
bool Team::any(bool mine, const char*) {
  return mine;
}
bool Team::all_arrive(double) {
  return true;
}

#endif

}  // namespace reprise::ranks
