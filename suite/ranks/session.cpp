#include "suite/ranks/session.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <thread>

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/ranks/team_state.hpp"

namespace reprise::ranks {

bool launched_by_mpi() {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_SIZE"})
    if (std::getenv(variable) != nullptr) return true;
  return false;
}

namespace {

int number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::atoi(text);
}

/// srun without a PMI that this MPI speaks starts N processes, each of which is the only rank of a world of its own.
void require_that_mpi_sees_tasks(int ranks) {
  const int tasks = number_in("SLURM_STEP_NUM_TASKS");
  if (tasks < 2 || ranks > 1 || number_in("OMPI_COMM_WORLD_SIZE") > 0) return;
  throw InputError(Complaint{"ranks", fmt::format("{}, the tasks that srun started", tasks), "1: MPI does not see the others",
                             "Use mpirun, or srun --mpi=pmix where Slurm and MPI were built with PMIx"});
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

#ifdef REPRISE_HAS_MPI

namespace {

constexpr int kAsk = 1, kAnswer = 2;

template <std::size_t Size>
std::array<char, Size> padded(const std::string& text) {
  std::array<char, Size> out{};
  std::strncpy(out.data(), text.c_str(), Size - 1);
  return out;
}

/// A cut of `comm` into nodes: what shares memory, or (for tests of what crosses nodes, on one machine) a fixed number of ranks each.
MPI_Comm cut_into_nodes(MPI_Comm comm, int rank) {
  MPI_Comm node = MPI_COMM_NULL;
  if (const char* each = std::getenv("REPRISE_RANKS_PER_NODE"); each != nullptr && std::atoi(each) > 0)
    MPI_Comm_split(comm, rank / std::atoi(each), rank, &node);
  else
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node);
  return node;
}

/// What a rank tells of itself: enough to order all of them by node.
struct Place {
  int leader = 0, local_rank = 0, world_rank = 0;
  std::array<char, 64> host{};
};

std::vector<Place> all_places(MPI_Comm group, MPI_Comm node) {
  Place mine;
  int rank = 0, size = 0;
  MPI_Comm_rank(group, &rank);
  MPI_Comm_size(group, &size);
  MPI_Comm_rank(node, &mine.local_rank);
  MPI_Comm_rank(MPI_COMM_WORLD, &mine.world_rank);
  mine.leader = rank;
  MPI_Bcast(&mine.leader, 1, MPI_INT, 0, node);
  mine.host = padded<64>(host_name());
  std::vector<Place> places(static_cast<std::size_t>(size));
  MPI_Allgather(&mine, sizeof mine, MPI_BYTE, places.data(), sizeof mine, MPI_BYTE, group);
  return places;
}

}  // namespace

struct Session::State {
  bool has_mpi = false;
  int rank = 0, size = 1;
  MPI_Comm world = MPI_COMM_NULL, counter = MPI_COMM_NULL;
  std::thread server;
  std::atomic<bool> serve{false};
  std::atomic<std::int64_t> next{0};  ///< of rank 0

  /// A thread of rank 0 hands out the numbers. Not MPI_Fetch_and_op: where the network cannot do it alone, Open MPI completes a one-sided
  /// call only while its target is inside MPI, and rank 0 computes for minutes without a call.
  void answer_requests() {
    while (serve.load()) {
      int there = 0;
      MPI_Status status;
      MPI_Iprobe(MPI_ANY_SOURCE, kAsk, counter, &there, &status);
      if (there == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
      MPI_Recv(nullptr, 0, MPI_BYTE, status.MPI_SOURCE, kAsk, counter, MPI_STATUS_IGNORE);
      const std::int64_t number = next.fetch_add(1);
      MPI_Send(&number, 1, MPI_INT64_T, status.MPI_SOURCE, kAnswer, counter);
    }
  }
};

Session::Session() : state_(std::make_unique<State>()) {
  if (!launched_by_mpi()) {
    require_that_mpi_sees_tasks(1);
    return;
  }
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided);
  if (provided < MPI_THREAD_MULTIPLE)
    throw RunError(
        Complaint{"MPI library", "calls from several threads (MPI_THREAD_MULTIPLE)", "a build without", "Use another build of Open MPI"});
  state_->has_mpi = true;
  MPI_Comm_dup(MPI_COMM_WORLD, &state_->world);
  MPI_Comm_rank(state_->world, &state_->rank);
  MPI_Comm_size(state_->world, &state_->size);
  require_that_mpi_sees_tasks(state_->size);
}

Session::~Session() {
  if (!state_->has_mpi) return;
  if (state_->serve.exchange(false)) state_->server.join();
  MPI_Finalize();
}

int Session::rank() const {
  return state_->rank;
}
int Session::size() const {
  return state_->size;
}

std::unique_ptr<Team> Session::team(int group) {
  auto state = std::make_unique<Team::State>();
  state->names.assign(1, fmt::format("rank {} on {}", rank(), host_name()));
  if (!state_->has_mpi) return std::make_unique<Team>(std::move(state));
  MPI_Comm whole = MPI_COMM_NULL;
  MPI_Comm_split(state_->world, group, rank(), &whole);
  int place = 0;
  MPI_Comm_rank(whole, &place);
  MPI_Comm_size(whole, &state->size);
  state->node_comm = cut_into_nodes(whole, place);
  const std::vector<Place> places = all_places(whole, state->node_comm);

  std::vector<int> order(places.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    const Place &x = places[static_cast<std::size_t>(a)], &y = places[static_cast<std::size_t>(b)];
    return std::tie(x.leader, x.local_rank) < std::tie(y.leader, y.local_rank);
  });
  state->node_ranks.clear();
  state->names.clear();
  for (std::size_t position = 0; position < order.size(); ++position) {
    const Place& there = places[static_cast<std::size_t>(order[position])];
    if (there.local_rank == 0) state->node_ranks.push_back({static_cast<std::int64_t>(position), 0});
    state->node_ranks.back().last = static_cast<std::int64_t>(position) + 1;
    if (order[position] == place) {
      state->rank = static_cast<int>(position);
      state->node = static_cast<int>(state->node_ranks.size()) - 1;
      state->local_rank = there.local_rank;
    }
    state->names.push_back(fmt::format("rank {} on {}", there.world_rank, there.host.data()));
  }
  state->nodes = static_cast<int>(state->node_ranks.size());
  state->local_size = static_cast<int>(state->node_ranks[static_cast<std::size_t>(state->node)].count());
  state->has_mpi = true;
  MPI_Comm_split(whole, 0, state->rank, &state->comm);
  MPI_Comm_dup(state->comm, &state->last_comm);
  MPI_Comm_free(&whole);

  if (state->local_size > BarrierCells::kMaxRanks)
    throw InputError(Complaint{"ranks on one node", fmt::format("at most {}", BarrierCells::kMaxRanks), std::to_string(state->local_size),
                               "Use more threads a rank"});
  Team::State& inside = *state;
  auto team = std::make_unique<Team>(std::move(state));
  if (inside.local_size > 1) {
    inside.cells = team->memory(sizeof(BarrierCells));
    const bool cores_suffice = inside.local_size <= sysconf(_SC_NPROCESSORS_ONLN);
    inside.barrier.emplace(*reinterpret_cast<BarrierCells*>(inside.cells.data()), inside.local_rank, inside.local_size, cores_suffice);
  }
  return team;
}

std::vector<std::string> Session::gather(const std::string& mine) {
  if (!state_->has_mpi) return {mine};
  const int length = static_cast<int>(mine.size());
  std::vector<int> lengths(static_cast<std::size_t>(size())), starts(static_cast<std::size_t>(size()));
  MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, state_->world);
  std::exclusive_scan(lengths.begin(), lengths.end(), starts.begin(), 0);
  std::string all(static_cast<std::size_t>(starts.back() + lengths.back()), '\0');
  MPI_Allgatherv(mine.data(), length, MPI_CHAR, all.data(), lengths.data(), starts.data(), MPI_CHAR, state_->world);
  std::vector<std::string> texts;
  for (std::size_t r = 0; r < lengths.size(); ++r)
    texts.push_back(all.substr(static_cast<std::size_t>(starts[r]), static_cast<std::size_t>(lengths[r])));
  return texts;
}

void Session::start_counter() {
  state_->next = 0;
  if (!state_->has_mpi) return;
  MPI_Comm_dup(state_->world, &state_->counter);
  if (rank() != 0) return;
  state_->serve = true;
  state_->server = std::thread([this] { state_->answer_requests(); });
}

std::int64_t Session::take_from_counter() {
  if (!state_->has_mpi || rank() == 0) return state_->next.fetch_add(1);
  std::int64_t number = 0;
  MPI_Send(nullptr, 0, MPI_BYTE, 0, kAsk, state_->counter);
  MPI_Recv(&number, 1, MPI_INT64_T, 0, kAnswer, state_->counter, MPI_STATUS_IGNORE);
  return number;
}

void Session::stop_counter() {
  if (!state_->has_mpi) return;
  MPI_Barrier(state_->counter);
  if (state_->serve.exchange(false)) state_->server.join();
  MPI_Comm_free(&state_->counter);
}

void Session::abort(int code) {
  std::fflush(nullptr);
  if (state_->has_mpi) MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

#else

struct Session::State {
  std::int64_t next = 0;
};

Session::Session() : state_(std::make_unique<State>()) {
  if (!launched_by_mpi()) {
    require_that_mpi_sees_tasks(1);
    return;
  }
  const char* ranks = std::getenv("OMPI_COMM_WORLD_SIZE");
  if (ranks == nullptr) ranks = std::getenv("PMI_SIZE");
  const std::string count = ranks != nullptr ? ranks : "an unknown number of";  // PMIx tells the rank alone
  if (count != "1")
    throw InputError(Complaint{"reprise", "one rank: it was built without MPI", count + " ranks of mpirun or srun",
                               "Start it without them, or configure with -DREPRISE_MPI=ON"});
}
Session::~Session() = default;
int Session::rank() const {
  return 0;
}
int Session::size() const {
  return 1;
}
std::unique_ptr<Team> Session::team(int) {
  return std::make_unique<Team>(std::make_unique<Team::State>());
}
std::vector<std::string> Session::gather(const std::string& mine) {
  return {mine};
}
void Session::start_counter() {
  state_->next = 0;
}
std::int64_t Session::take_from_counter() {
  return state_->next++;
}
void Session::stop_counter() {}
void Session::abort(int code) {
  std::fflush(nullptr);
  std::_Exit(code);
}

#endif

}  // namespace reprise::ranks
