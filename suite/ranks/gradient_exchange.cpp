#include "suite/ranks/gradient_exchange.hpp"

#include <algorithm>
#include <cstring>

namespace reprise::ranks {

namespace {

/// A slice is worked on in pieces that stay in the cache while several vectors are added up.
constexpr std::int64_t kPiece = 8 * 1024;

std::vector<parallel::Subtree> subtrees_in(const Range& leaves, int count) {
  return parallel::subtrees_of(static_cast<int>(leaves.first), static_cast<int>(leaves.last), count);
}

void for_pieces(const Range& range, const std::function<void(std::int64_t first, std::int64_t count)>& body) {
  for (std::int64_t first = range.first; first < range.last; first += kPiece) body(first, std::min(kPiece, range.last - first));
}

/// Ranks that are bound to unlike numbers of cores have unlike numbers of threads, but where each one's buffers lie must be the same to
/// all.
std::int64_t max_threads_of_node(Team& team, int threads) {
  const Memory shared = team.memory(static_cast<std::size_t>(team.local_size()) * sizeof(std::int64_t));
  auto* each = reinterpret_cast<std::int64_t*>(shared.data());
  each[team.local_rank()] = threads;
  team.synchronise("threads of the ranks");
  return *std::max_element(each, each + team.local_size());
}

}  // namespace

GradientExchange::GradientExchange(Team& team, int max_leaves, std::int64_t floats, int threads, Add add)
    : team_(team),
      floats_(floats),
      stride_(static_cast<std::int64_t>(aligned(static_cast<std::size_t>(floats) * sizeof(float)) / sizeof(float))),
      add_(std::move(add)) {
  std::int64_t node_parts = 1, all_parts = 1;
  for (int leaves = 1; leaves <= max_leaves; ++leaves) {
    std::int64_t sum = 0;
    for (int n = 0; n < team.nodes(); ++n) {
      const auto parts = static_cast<std::int64_t>(subtrees_in(team.node_share(leaves, n), leaves).size());
      if (n == team.node()) node_parts = std::max(node_parts, parts);
      sum += parts;
    }
    all_parts = std::max(all_parts, sum);
    for (int r = 0; r < team.size(); ++r) max_parts_ = std::max(max_parts_, subtrees_in(share_of(leaves, r, team.size()), leaves).size());
  }
  // A buffer for each thread at work and for the sums that wait in the tree; where that is too few, the pool makes private ones.
  const std::int64_t buffers = max_threads_of_node(team, threads) + static_cast<std::int64_t>(max_parts_) + 2;
  windows_ = team.memory(static_cast<std::size_t>(team.local_size() * buffers * stride_) * sizeof(float));
  places_ = team.memory(static_cast<std::size_t>(team.local_size()) * max_parts_ * sizeof(std::int64_t));
  std::vector<std::byte*> mine;
  for (std::int64_t i = buffers; i-- > 0;)
    mine.push_back(reinterpret_cast<std::byte*>(windows_.floats() + (team.local_rank() * buffers + i) * stride_));
  pool_ = std::make_unique<parallel::BufferPool>(static_cast<std::size_t>(stride_) * sizeof(float), std::move(mine));
  if (team.nodes() == 1) return;
  packed_ = team.memory(static_cast<std::size_t>(node_parts * (stride_ + team.nodes())) * sizeof(float));
  result_ = team.memory(static_cast<std::size_t>(stride_) * sizeof(float));
  if (team.leads_node()) arrived_ = Memory(static_cast<std::size_t>(all_parts * chunk(team.node()).count()) * sizeof(float));
}

void GradientExchange::put(int leaves, std::span<std::byte* const> sums) {
  for (std::byte* buffer : lent_) pool_->give(buffer);
  lent_.clear();
  auto* places = reinterpret_cast<std::int64_t*>(places_.data()) + static_cast<std::size_t>(team_.local_rank()) * max_parts_;
  const auto in_window = [&](const std::byte* buffer) { return buffer >= windows_.data() && buffer < windows_.data() + windows_.size(); };
  for (std::byte* sum : sums) {
    std::byte* buffer = sum;
    if (!in_window(sum)) {  // only sums are out now, so the window has room
      buffer = pool_->take_within(in_window);
      std::memcpy(buffer, sum, static_cast<std::size_t>(floats_) * sizeof(float));
      pool_->give(sum);
    }
    *places++ = reinterpret_cast<float*>(buffer) - windows_.floats();
    lent_.push_back(buffer);
  }
  leaves_ = leaves;
}

/// Where the vectors for node `node` start in packed_: [node][part][chunk].
std::size_t GradientExchange::packed(int node) const {
  return static_cast<std::size_t>(parts_of(team_.node()) * chunk(node).first);
}

int GradientExchange::parts_of(int node) const {
  return static_cast<int>(subtrees_in(team_.node_share(leaves_, node), leaves_).size());
}

bool GradientExchange::combine(const Take& take) {
  const int leaves = leaves_;
  team_.synchronise("sums of the ranks");
  std::vector<parallel::Subtree> parts;
  std::vector<float*> vectors;
  const Range positions = team_.ranks_of(team_.node());
  for (int local = 0; local < team_.local_size(); ++local) {
    const auto* places = reinterpret_cast<const std::int64_t*>(places_.data()) + static_cast<std::size_t>(local) * max_parts_;
    for (const parallel::Subtree& part : subtrees_in(share_of(leaves, static_cast<int>(positions.first) + local, team_.size()), leaves)) {
      parts.push_back(part);
      vectors.push_back(windows_.floats() + *places++);
    }
  }
  const auto wanted = subtrees_in(team_.node_share(leaves, team_.node()), leaves);
  for_pieces(team_.local_share(floats_), [&](std::int64_t first, std::int64_t count) {
    const auto vector = [&](int part) { return part < 0 ? nullptr : vectors[static_cast<std::size_t>(part)] + first; };
    for (std::size_t w = 0; w < wanted.size(); ++w) {
      const auto [left, right] =
          parallel::fold_to_two(wanted[w], parts, leaves, [&](int l, int r) { add_(vector(l), vector(r), vector(l), count); });
      if (team_.nodes() == 1)
        take(first, count, vector(left), vector(right));
      else
        pack(static_cast<std::int64_t>(w), first, count, vector(left), vector(right));
    }
  });
  if (team_.nodes() == 1) return false;
  team_.synchronise("combining gradients");
  start();
  return true;
}

/// A piece of the node's w-th sum to where it is sent from.
void GradientExchange::pack(std::int64_t w, std::int64_t first, std::int64_t count, const float* left, const float* right) {
  for (int n = 0; n < team_.nodes(); ++n) {
    const Range theirs = chunk(n);
    const std::int64_t begin = std::max(first, theirs.first), end = std::min(first + count, theirs.last);
    if (begin >= end) continue;
    float* to = packed_.floats() + static_cast<std::int64_t>(packed(n)) + w * theirs.count() + begin - theirs.first;
    if (right != nullptr)
      add_(left + begin - first, right + begin - first, to, end - begin);
    else
      std::memcpy(to, left + begin - first, static_cast<std::size_t>(end - begin) * sizeof(float));
  }
}

void GradientExchange::start() {
  if (!team_.leads_node()) return;
  std::vector<Team::Bytes> to, from;
  std::size_t at = 0;
  for (int n = 0; n < team_.nodes(); ++n) {
    const auto bytes = [](std::int64_t floats) { return static_cast<std::size_t>(floats) * sizeof(float); };
    to.push_back({reinterpret_cast<std::byte*>(packed_.floats() + packed(n)), bytes(parts_of(team_.node()) * chunk(n).count())});
    const std::int64_t theirs = parts_of(n) * chunk(team_.node()).count();
    from.push_back({arrived_.data() + at, bytes(theirs)});
    at += bytes(theirs);
  }
  const auto own = static_cast<std::size_t>(team_.node());
  if (to[own].size > 0)
    std::memcpy(from[own].data, to[own].data, to[own].size);  // a node whose shards are none has nothing, and no memory for it
  messages_ = team_.send_across(to, from, "exchange of gradients");
}

void GradientExchange::poll() {
  if (messages_ == nullptr || polling_.test_and_set(std::memory_order_acquire)) return;
  messages_->poll();
  polling_.clear(std::memory_order_release);
}

void GradientExchange::finish() {
  if (messages_ == nullptr) return;
  messages_->finish();
  messages_.reset();
  const Range mine = chunk(team_.node());
  std::vector<parallel::Subtree> parts;
  for (int n = 0; n < team_.nodes(); ++n) {
    const auto theirs = subtrees_in(team_.node_share(leaves_, n), leaves_);
    parts.insert(parts.end(), theirs.begin(), theirs.end());
  }
  const auto vector = [&](int part) { return arrived_.floats() + part * mine.count(); };
  for_pieces({0, mine.count()}, [&](std::int64_t first, std::int64_t count) {
    const int at = parallel::fold({0, leaves_}, parts, leaves_, [&](int left, int right) {
      add_(vector(left) + first, vector(right) + first, vector(left) + first, count);
    });
    std::memcpy(result_.floats() + mine.first + first, vector(at) + first, static_cast<std::size_t>(count) * sizeof(float));
  });
  std::vector<Team::Bytes> from;
  for (int n = 0; n < team_.nodes(); ++n)
    from.push_back(
        {reinterpret_cast<std::byte*>(result_.floats() + chunk(n).first), static_cast<std::size_t>(chunk(n).count()) * sizeof(float)});
  team_.send_across(std::vector<Team::Bytes>(from.size(), from[static_cast<std::size_t>(team_.node())]), from, "exchange of gradients")
      ->finish();
}

void GradientExchange::finish(std::span<GradientExchange* const> started, const TakeFinished& take) {
  if (started.empty()) return;
  for (GradientExchange* exchange : started) exchange->finish();
  started.front()->team_.synchronise("exchange of gradients");
  for (std::size_t i = 0; i < started.size(); ++i) {
    const GradientExchange& exchange = *started[i];
    const Range mine = exchange.team_.local_share(exchange.floats_);
    take(i, mine.first, mine.count(), exchange.result_.floats() + mine.first);
  }
}

}  // namespace reprise::ranks
