#include "suite/hebbian/plastic_net.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "suite/errors.hpp"
#include "suite/execution/weight_packing.hpp"
#include "suite/hebbian/plastic_part.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/random/random.hpp"

namespace reprise::hebbian {

namespace {

struct RowUnit {
  int layer;
  std::int64_t unit;
};

}  // namespace

struct PlasticNet::State {
  State(const graph::Graph& graph_in, graph::NodeId features_in, const execution::NetOptions& options_in, graph::Parameters& parameters_in,
        parallel::Workers& workers_in, ranks::Team& team_in)
      : graph(graph_in), last(features_in), options(options_in), parameters(parameters_in), workers(workers_in), team(team_in) {
    check_chain();
    const auto nodes = static_cast<std::size_t>(last) + 1;
    prepared = graph::NodeMap<std::unique_ptr<layers::PreparedLayer>>(nodes);
    coupled = graph::NodeMap<std::vector<float>>(nodes);
    crossing = graph::NodeMap<Memory>(nodes);
    for (graph::NodeId n = 1; n <= last; ++n) prepare(n);
    packing = execution::WeightPacking(prepared, parameters);
    if (parts.empty())
      throw InputError(
          Complaint{"procedure hebbian", "a net with a plastic layer before its features", "none", "Choose another model or procedure"});
    for (Memory& rows : statistics) rows = team.memory(statistics_width * static_cast<std::size_t>(options.shards()) * sizeof(double));
    for (std::size_t t = 0; t < 2 * static_cast<std::size_t>(workers.threads()); ++t) ping_pong.emplace_back(largest_value_bytes());
    for (int t = 0; t < workers.threads(); ++t) scratches.emplace_back(scratch_bytes);
  }

  void check_chain() const {
    for (graph::NodeId n = 1; n <= last; ++n)
      if (graph.node(n).inputs != std::vector<graph::NodeId>{n - 1})
        throw InputError(Complaint{fmt::format("procedure hebbian, node '{}'", graph.node(n).name), "a chain of layers up to the features",
                                   "other inputs than the layer before", "Choose another model or procedure"});
  }

  void prepare(graph::NodeId n) {
    const graph::Node& node = graph.node(n);
    const layers::PrepareOptions prepare{.precision = options.precision,
                                         .samples = static_cast<int>(options.shard),
                                         .wants_grad_input = false,
                                         .name_hash = random::name_hash(node.name)};
    const SampleShape& input = graph.node(n - 1).shape;
    auto& layer = prepared[n];
    if (const auto* learns = dynamic_cast<const layers::PlasticLayer*>(node.layer.get())) {
      auto plastic = learns->prepare_plastic(std::span(&input, 1), prepare);
      parts.emplace_back(n, node.name, learns->plasticity(), *plastic, parameters, options.shards(), team);
      layer = std::move(plastic);
    } else {
      layer = node.layer->prepare(std::span(&input, 1), prepare);
    }
    scratch_bytes = std::max(scratch_bytes, aligned(layer->scratch_bytes()));
    coupled[n].resize(layer->coupled_floats());
    statistics_width = std::max(statistics_width, static_cast<std::size_t>(layer->statistics()));
    if (layer->statistics() > 0) crossing[n - 1] = Memory(static_cast<std::size_t>(options.shards()) * value_bytes(n - 1));
  }

  std::size_t value_bytes(graph::NodeId n) const {
    return static_cast<std::size_t>(options.shard * graph.node(n).shape.size()) * bytes_of(options.precision);
  }

  std::size_t largest_value_bytes() const {
    std::size_t bytes = 0;
    for (graph::NodeId n = 0; n <= last; ++n) bytes = std::max(bytes, aligned(value_bytes(n)));
    // The input stage converts one image from float32 beside it.
    return bytes + static_cast<std::size_t>(graph.node(0).shape.size()) * sizeof(float);
  }

  // ------------------------------------------------------------------------------------------------------------- one shard

  /// What a shard is computed for.
  struct Pass {
    const execution::BatchReader* reader = nullptr;
    std::int64_t count = 0;  ///< images of the batch
    std::uint64_t seed = 0, step = 0;
    int first = 0, last = -1;          ///< plastic layers that learn; none if last < first
    double progress = 0;               ///< of the layers' epochs
    graph::NodeId first_learning = 0;  ///< batch norm at this node or behind it uses the batch
  };

  layers::ShardInfo info(const Pass& pass, std::int64_t shard, bool trains) const {
    return {.seed = pass.seed,
            .step = pass.step,
            .first_slot = shard * options.shard,
            .valid = static_cast<int>(std::min(options.shard, pass.count - shard * options.shard)),
            .mode = trains ? layers::Mode::train : layers::Mode::infer};
  }

  std::byte* buffer(int thread, int which) const { return ping_pong[static_cast<std::size_t>(2 * thread + which)].data(); }

  void fetch(const Pass& pass, std::int64_t shard, int thread, std::byte* output) const {
    const std::int64_t size = graph.node(0).shape.size();
    const std::size_t bytes = static_cast<std::size_t>(size) * bytes_of(options.precision);
    const int valid = info(pass, shard, false).valid;
    for (int n = 0; n < valid; ++n) {
      std::byte* to = output + static_cast<std::size_t>(n) * bytes;
      if (options.precision == Precision::f32) {
        pass.reader->fetch(shard * options.shard + n, reinterpret_cast<float*>(to));
      } else {
        float* floats = reinterpret_cast<float*>(buffer(thread, 1));
        pass.reader->fetch(shard * options.shard + n, floats);
        kernels::vector_kernels().b16.from_float(floats, reinterpret_cast<kernels::bf16*>(to), size);
      }
    }
    std::memset(output + static_cast<std::size_t>(valid) * bytes, 0,
                (static_cast<std::size_t>(options.shard) - static_cast<std::size_t>(valid)) * bytes);
  }

  /// Runs nodes [begin, end) of a shard; `input` is what node begin reads. The result is written to `output` (null: where it falls).
  /// Returns where it is.
  const std::byte* run_nodes(const Pass& pass, graph::NodeId begin, graph::NodeId end, const std::byte* input, std::byte* output,
                             std::int64_t shard, int thread) {
    for (graph::NodeId n = begin; n < end; ++n) {
      const auto& layer = *prepared[n];
      // In place only in a buffer of this thread: what crosses stages is read again.
      const bool mine = input == buffer(thread, 0) || input == buffer(thread, 1);
      std::byte* to = mine && graph.node(n).layer->forward_in_place() ? const_cast<std::byte*>(input)
                                                                      : buffer(thread, input == buffer(thread, 0) ? 1 : 0);
      if (n + 1 == end && output != nullptr) to = output;
      const void* inputs[1] = {input};
      layers::ForwardArgs args;
      args.inputs = inputs;
      args.output = to;
      args.parameters = parameters.node_values(n);
      args.scratch = scratches[static_cast<std::size_t>(thread)].data();
      args.coupled = coupled[n].data();
      args.shard = info(pass, shard, trains(pass, n));
      layer.forward(args);
      if (PlasticPart* part = learning_part(pass, n)) part->take_shard(args, shard);
      input = to;
    }
    return input;
  }

  bool trains(const Pass& pass, graph::NodeId n) const { return pass.last >= pass.first && n >= pass.first_learning; }

  PlasticPart* learning_part(const Pass& pass, graph::NodeId n) {
    for (int layer = pass.first; layer <= pass.last; ++layer) {
      PlasticPart& part = parts[static_cast<std::size_t>(layer)];
      if (part.node() == n) return part.learns() ? &part : nullptr;
    }
    return nullptr;
  }

  // -------------------------------------------------------------------------------------------------------------- learning

  bool couples(const Pass& pass, graph::NodeId n) const { return trains(pass, n) && prepared[n]->statistics() > 0; }

  double learn(const execution::Batch& batch, int first, int last_layer, double progress) {
    const Pass pass{batch.reader, batch.count, batch.seed, batch.step,
                    first,        last_layer,  progress,   first == 0 ? 0 : parts[static_cast<std::size_t>(first) - 1].node() + 1};
    const std::int64_t shards = (batch.count + options.shard - 1) / options.shard;
    const graph::NodeId end = parts[static_cast<std::size_t>(last_layer)].node() + 1;
    std::vector<graph::NodeId> cuts{0};
    for (graph::NodeId n = 1; n < end; ++n)
      if (couples(pass, n)) cuts.push_back(n);
    cuts.push_back(end);
    double changed = 0;
    workers.enter([&] {
      for (std::size_t i = 0; i + 1 < cuts.size(); ++i) run_stage(pass, cuts[i], cuts[i + 1], i + 2 < cuts.size(), shards);
      changed = update(pass, shards);
    });
    return changed;
  }

  /// Nodes [begin, end) of all shards, begin 0 standing for the images. `gathers`: node `end` couples samples and takes its statistics.
  void run_stage(const Pass& pass, graph::NodeId begin, graph::NodeId end, bool gathers, std::int64_t shards) {
    const std::size_t width = gathers ? static_cast<std::size_t>(prepared[end]->statistics()) : 0;
    // In turn: while a slow rank still reads the rows of one stage, others may write those of the next.
    auto* rows = reinterpret_cast<double*>(statistics[turn].data());
    const ranks::Range mine = team.share(shards);
    workers.for_each(mine.count(), [&](std::int64_t i, int thread) {
      const std::int64_t shard = mine.first + i;
      std::byte* output = gathers ? crossed(end - 1, shard) : nullptr;
      std::byte* input = begin > 0 ? crossed(begin - 1, shard) : gathers && end == 1 ? output : buffer(thread, 0);
      if (begin == 0) fetch(pass, shard, thread, input);
      run_nodes(pass, std::max(begin, 1), end, input, output, shard, thread);
      if (!gathers) return;
      const void* inputs[1] = {output};
      layers::ForwardArgs args;
      args.inputs = inputs;
      args.scratch = scratches[static_cast<std::size_t>(thread)].data();
      args.shard = info(pass, shard, true);
      prepared[end]->shard_statistics(args, rows + static_cast<std::size_t>(shard) * width);
    });
    if (gathers) finish(pass, end, summed_rows(team, rows, shards, width, "batch statistics"));
    if (gathers) turn = 1 - turn;
  }

  std::byte* crossed(graph::NodeId n, std::int64_t shard) const {
    return crossing[n].data() + static_cast<std::size_t>(shard) * value_bytes(n);
  }

  void finish(const Pass& pass, graph::NodeId n, const std::vector<double>& sums) {
    std::vector<float*> states;
    std::vector<std::vector<float>> spare;  // all ranks do the same; one of each node writes what they share
    for (const int p : parameters.of_node(n)) {
      const graph::Parameter& parameter = parameters.list()[static_cast<std::size_t>(p)];
      if (parameter.spec.trains) continue;
      if (!team.leads_node()) spare.emplace_back(parameters.of(parameter), parameters.of(parameter) + parameter.count);
      states.push_back(team.leads_node() ? parameters.of(parameter) : spare.back().data());
    }
    prepared[n]->finish_forward(sums.data(), pass.count, parameters.node_values(n), states, coupled[n].data());
  }

  /// From the shards' changes to new weights, unit of rows by unit of rows.
  /// Returns the sum of the layers' largest changes.
  double update(const Pass& pass, std::int64_t shards) {
    std::vector<RowUnit> units;
    for (int layer = pass.first; layer <= pass.last; ++layer) {
      PlasticPart& part = parts[static_cast<std::size_t>(layer)];
      if (!part.learns()) continue;
      part.gather(shards, team);
      for (std::int64_t unit = 0; unit < part.units(); ++unit) units.push_back({layer, unit});
    }
    if (units.empty()) return 0;
    const ranks::Range mine = team.local_share(static_cast<std::int64_t>(units.size()));
    workers.for_each(mine.count(), [&](std::int64_t i, int) {
      const RowUnit& row = units[static_cast<std::size_t>(mine.first + i)];
      parts[static_cast<std::size_t>(row.layer)].sum_unit(row.unit, shards);
    });
    team.synchronise("largest changes");
    std::vector<float> largest(parts.size(), 0.0f);
    for (int layer = pass.first; layer <= pass.last; ++layer)
      largest[static_cast<std::size_t>(layer)] = parts[static_cast<std::size_t>(layer)].largest_change(pass.step);
    workers.for_each(mine.count(), [&](std::int64_t i, int) {
      const RowUnit& row = units[static_cast<std::size_t>(mine.first + i)];
      parts[static_cast<std::size_t>(row.layer)].move_unit(row.unit, largest[static_cast<std::size_t>(row.layer)], pass.progress);
    });
    team.synchronise("new weights");
    packing.run(workers, parts[static_cast<std::size_t>(pass.first)].node(), parts[static_cast<std::size_t>(pass.last)].node());
    return std::accumulate(largest.begin(), largest.end(), 0.0);
  }

  const graph::Graph& graph;
  graph::NodeId last;
  execution::NetOptions options;
  graph::Parameters& parameters;
  parallel::Workers& workers;
  ranks::Team& team;
  graph::NodeMap<std::unique_ptr<layers::PreparedLayer>> prepared;  ///< null for the images
  execution::WeightPacking packing;
  std::vector<PlasticPart> parts;
  graph::NodeMap<std::vector<float>> coupled;  ///< what batch norm computed of the batch
  graph::NodeMap<Memory> crossing;             ///< [shards, samples, ...]: what a layer that couples samples reads
  std::vector<Memory> ping_pong, scratches;    ///< of threads
  Memory statistics[2];                        ///< [shards, statistics] doubles, shared by the ranks of a node, used in turn
  std::size_t statistics_width = 0, turn = 0;
  std::size_t scratch_bytes = 0;
};

PlasticNet::PlasticNet(const graph::Graph& graph, graph::NodeId features, const execution::NetOptions& options,
                       graph::Parameters& parameters, parallel::Workers& workers, ranks::Team& team)
    : state_(std::make_unique<State>(graph, features, options, parameters, workers, team)) {
  load_weights();
}

PlasticNet::~PlasticNet() = default;

int PlasticNet::layers() const {
  return static_cast<int>(state_->parts.size());
}

graph::NodeId PlasticNet::node_of(int layer) const {
  return state_->parts[static_cast<std::size_t>(layer)].node();
}

void PlasticNet::load_weights() {
  state_->team.synchronise("new weights");
  state_->packing.run(state_->workers);
}

double PlasticNet::learn(const execution::Batch& batch, int first, int last, double progress) {
  return state_->learn(batch, first, last, progress);
}

double PlasticNet::learning_flops(int first, int last) const {
  double macs = 0;
  const graph::NodeId end = node_of(last);
  for (graph::NodeId n = 1; n <= end; ++n) macs += static_cast<double>(state_->graph.node(n).cost.forward_macs);
  for (int layer = first; layer <= last; ++layer)
    if (state_->parts[static_cast<std::size_t>(layer)].learns())
      macs += static_cast<double>(state_->graph.node(node_of(layer)).cost.grad_weight_macs);
  return 2 * macs;
}

double PlasticNet::feature_flops() const {
  double macs = 0;
  for (graph::NodeId n = 1; n <= state_->last; ++n) macs += static_cast<double>(state_->graph.node(n).cost.forward_macs);
  return 2 * macs;
}

void PlasticNet::features(const execution::BatchReader& reader, std::int64_t count, const Sink& sink) {
  State& s = *state_;
  const State::Pass pass{.reader = &reader, .count = count};
  const ranks::Range mine = s.team.share((count + s.options.shard - 1) / s.options.shard);
  s.workers.for_each(mine.count(), [&](std::int64_t i, int thread) {
    const std::int64_t shard = mine.first + i;
    std::byte* images = s.buffer(thread, 0);
    s.fetch(pass, shard, thread, images);
    const std::byte* values = s.run_nodes(pass, 1, s.last + 1, images, nullptr, shard, thread);
    sink(shard * s.options.shard, s.info(pass, shard, false).valid, values);
  });
}

std::vector<std::int64_t> PlasticNet::first_slots(std::int64_t count) const {
  std::vector<std::int64_t> slots;
  for (std::int64_t slot = 0; slot < count; slot += state_->options.shard) slots.push_back(slot);
  slots.push_back(count);
  return slots;
}

std::vector<double> PlasticNet::norms(int layer) const {
  return state_->parts[static_cast<std::size_t>(layer)].norms();
}

std::size_t PlasticNet::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& layer : state_->prepared) bytes += layer == nullptr ? 0 : layer->packed_bytes();
  for (const PlasticPart& part : state_->parts) bytes += part.memory_bytes();
  for (const Memory& memory : state_->crossing) bytes += memory.size();
  for (const auto* memories : {&state_->ping_pong, &state_->scratches})
    for (const Memory& memory : *memories) bytes += memory.size();
  return bytes;
}

}  // namespace reprise::hebbian
