#include "suite/execution/plan.hpp"

#include <algorithm>

#include "suite/execution/arena_placement.hpp"
#include "suite/random/random.hpp"

namespace reprise::execution {

namespace {

std::vector<SampleShape> input_shapes(const graph::Graph& graph, const graph::Node& node) {
  std::vector<SampleShape> shapes;
  for (const graph::NodeId input : node.inputs) shapes.push_back(graph.node(input).shape);
  return shapes;
}

bool has_trained_parameters(const graph::Node& node) {
  return std::any_of(node.parameters.begin(), node.parameters.end(), [](const auto& p) { return p.trains; });
}

}  // namespace

PreparedNet::PreparedNet(const graph::Graph& graph_in, const NetOptions& options_in, bool wants_input_gradient)
    : graph(graph_in), options(options_in) {
  const std::size_t nodes = graph.nodes().size();
  prepared = graph::NodeMap<std::unique_ptr<layers::PreparedLayer>>(nodes);
  partitions = graph::NodeMap<std::unique_ptr<layers::PreparedPartitions>>(nodes);
  needs_gradient = graph::NodeMap<bool>(nodes, wants_input_gradient);
  heads = graph.heads();
  for (graph::NodeId n = 1; n <= graph.last(); ++n) {
    const graph::Node& node = graph.node(n);
    bool input_needs = false;
    for (const graph::NodeId input : node.inputs) input_needs = input_needs || needs_gradient[input];
    needs_gradient[n] = input_needs || has_trained_parameters(node);
    const auto shapes = input_shapes(graph, node);
    layers::PrepareOptions prepare{.precision = options.precision,
                                   .samples = static_cast<int>(options.shard),
                                   .wants_grad_input = input_needs,
                                   .name_hash = random::name_hash(node.name)};
    if (node.layer->output_partitions(shapes) > 0) {
      prepare.samples = static_cast<int>(options.shards() * options.shard);
      partitions[n] = node.layer->prepare_partitions(shapes, prepare);
    } else {
      prepared[n] = node.layer->prepare(shapes, prepare);
    }
  }
}

std::size_t PreparedNet::packed_bytes() const {
  std::size_t bytes = 0;
  for (const auto& layer : prepared) bytes += layer ? layer->packed_bytes() : 0;
  return bytes;
}

namespace {

/// Builds the stages of one plan, noting for every buffer where it is used.
class Builder {
 public:
  Builder(const PreparedNet& net, Plan& plan) : net_(net), graph_(net.graph), plan_(plan) {
    const std::size_t nodes = graph_.nodes().size();
    plan_.values = gradients_ = saved_ = graph::NodeMap<BufferId>(nodes, kNoBuffer);
    heads_ = is_maps() ? 0 : is_train() ? static_cast<int>(net_.heads.size()) : 1;
    std::vector<graph::NodeId> ends;
    if (is_maps()) ends.push_back(plan_.options.map_node);
    for (int h = 0; h < heads_; ++h) ends.push_back(head(h).node);
    needed_ = graph_.needed_by(ends);
    end_ = *std::max_element(ends.begin(), ends.end());
    consumers_ = graph::NodeMap<int>(nodes, 0);
    for (graph::NodeId n = 1; n <= end_; ++n)
      if (needed_[n])
        for (const graph::NodeId input : graph_.node(n).inputs) ++consumers_[input];
  }

  void build() {
    open_shards();
    fetch();
    for (graph::NodeId n = 1; n <= end_; ++n)
      if (needed_[n]) forward(n);
    if (is_maps()) seed_gradient(end_);
    for (int h = 0; h < heads_; ++h) loss(h);
    if (is_train() && any_head([](const graph::Head& head) { return head.threshold > 0; })) gates();
    if (is_train() || is_maps())
      for (graph::NodeId n = end_; n >= 1; --n)
        if (gradients_[n] != kNoBuffer) backward(n);
    if (is_maps()) {
      plan_.input_gradient = gradients_[0];
      keep_to_the_end(plan_.input_gradient);
      buffer(root(plan_.input_gradient)).crosses_stages = true;
    }
    std::erase_if(plan_.stages, [](const Stage& s) { return s.kind == Stage::Kind::shards && s.operations.empty(); });
    allocate();
  }

 private:
  bool is_train() const { return plan_.options.purpose == PlanOptions::Purpose::train; }
  bool is_maps() const { return plan_.options.purpose == PlanOptions::Purpose::maps; }
  bool runs_backward() const { return is_train() || is_maps(); }
  bool needs_gradient(graph::NodeId n) const { return is_maps() || net_.needs_gradient[n]; }
  Stage& stage() { return plan_.stages.back(); }
  Buffer& buffer(BufferId id) { return plan_.buffers[static_cast<std::size_t>(id)]; }
  const Buffer& buffer(BufferId id) const { return plan_.buffer(id); }

  const graph::Head& head(int h) const { return net_.heads[static_cast<std::size_t>(h)]; }

  template <class Wanted>
  bool any_head(Wanted wanted) const {
    return std::any_of(net_.heads.begin(), net_.heads.begin() + heads_, wanted);
  }

  void open_shards() { plan_.stages.push_back({}); }

  void close(Stage::Kind kind, graph::NodeId node) {
    Stage between;
    between.kind = kind;
    between.node = node;
    plan_.stages.push_back(between);
  }

  BufferId root(BufferId id) const {
    while (buffer(id).alias_of != kNoBuffer) id = buffer(id).alias_of;
    return id;
  }

  BufferId new_buffer(std::size_t bytes, bool whole = false) {
    Buffer fresh;
    fresh.bytes = aligned(std::max<std::size_t>(bytes, 1));
    if (!whole && bytes > 0) fresh.bytes = bytes;  // slices of a batch buffer must be contiguous
    fresh.whole = whole;
    plan_.buffers.push_back(fresh);
    return static_cast<BufferId>(plan_.buffers.size()) - 1;
  }

  std::size_t value_bytes(graph::NodeId n) const {
    return static_cast<std::size_t>(graph_.node(n).shape.size() * net_.options.shard) * bytes_of(net_.options.precision);
  }

  /// Notes a use of a buffer by the operation that comes next.
  void use(BufferId id) {
    if (id == kNoBuffer) return;
    Buffer& b = buffer(root(id));
    const int s = static_cast<int>(plan_.stages.size()) - 1;
    if (b.first_stage < 0) b.first_stage = s, b.first_position = position_;
    if (b.first_stage != s) b.crosses_stages = true;
    b.last_stage = s;
    b.last_position = position_;
    if (stage().kind != Stage::Kind::shards) b.crosses_stages = true;
  }

  void keep_to_the_end(BufferId id) {
    Buffer& b = buffer(root(id));
    b.last_stage = static_cast<int>(plan_.stages.size()) - 1;
    b.last_position = position_;
  }

  Operation& add(Operation operation) {
    for (const BufferId id : operation.inputs) use(id);
    use(operation.output);
    use(operation.grad_output);
    for (const BufferId id : operation.grad_inputs) use(id);
    for (const BufferId id : operation.accumulate) use(id);
    use(operation.saved);
    ++position_;
    stage().operations.push_back(std::move(operation));
    return stage().operations.back();
  }

  void fetch() {
    plan_.values[0] = new_buffer(value_bytes(0));
    add({.kind = Operation::Kind::fetch, .node = 0, .inputs = {}, .output = plan_.values[0], .grad_inputs = {}, .accumulate = {}});
  }

  std::vector<BufferId> values_of_inputs(graph::NodeId n) const {
    std::vector<BufferId> ids;
    for (const graph::NodeId input : graph_.node(n).inputs) ids.push_back(plan_.values[input]);
    return ids;
  }

  bool forward_in_place(graph::NodeId n) const {
    const graph::Node& node = graph_.node(n);
    const graph::NodeId input = node.inputs[0];
    if (!node.layer->forward_in_place() || node.inputs.size() != 1 || consumers_[input] != 1 ||
        any_head([&](const graph::Head& h) { return h.node == input; }))
      return false;
    if (node.shape.size() != graph_.node(input).shape.size()) return false;
    if (input == 0 && any_head([](const graph::Head& h) { return h.target == losses::Target::input; })) return false;
    if (!runs_backward()) return true;
    if (node.layer->needs().input && needs_gradient(n)) return false;
    return input == 0 || !graph_.node(input).layer->needs().output;
  }

  void forward(graph::NodeId n) {
    const auto& layer = net_.prepared[n];
    BufferId& value = plan_.values[n];
    value = new_buffer(value_bytes(n));
    if (layer == nullptr) {
      close(Stage::Kind::blocks_forward, n);
      stage().input = values_of_inputs(n)[0];
      stage().output = value;
      use(stage().input);
      use(stage().output);
      ++position_;
      open_shards();
      return;
    }
    if (forward_in_place(n)) buffer(value).alias_of = plan_.values[graph_.node(n).inputs[0]];
    if (is_train() && layer->statistics() > 0) {
      add({.kind = Operation::Kind::statistics, .node = n, .inputs = values_of_inputs(n), .grad_inputs = {}, .accumulate = {}});
      stage().statistics_node = n;
      close(Stage::Kind::finish_forward, n);
      open_shards();
    }
    if (runs_backward() && layer->saved_bytes() > 0) saved_[n] = new_buffer(aligned(layer->saved_bytes()));
    add({.kind = Operation::Kind::forward,
         .node = n,
         .inputs = values_of_inputs(n),
         .output = value,
         .grad_inputs = {},
         .accumulate = {},
         .saved = saved_[n]});
    plan_.scratch_bytes = std::max(plan_.scratch_bytes, layer->scratch_bytes());
  }

  /// After the whole way forward, so that one stage has the losses of all heads.
  void loss(int h) {
    const graph::NodeId node = head(h).node;
    Operation operation{
        .kind = Operation::Kind::loss, .node = node, .head = h, .inputs = {plan_.values[node]}, .grad_inputs = {}, .accumulate = {}};
    if (head(h).target == losses::Target::input) operation.inputs.push_back(plan_.values[0]);
    if (is_train()) {
      operation.grad_output = new_buffer(value_bytes(node));
      operation.accumulate = {gradients_[node]};
      if (gradients_[node] == kNoBuffer) gradients_[node] = operation.grad_output;
    }
    add(std::move(operation));
  }

  /// In a stage of their own: the mean loss of the whole batch decides.
  void gates() {
    open_shards();
    for (int h = 0; h < heads_; ++h)
      if (head(h).threshold > 0)
        add({.kind = Operation::Kind::gate,
             .node = head(h).node,
             .head = h,
             .inputs = {},
             .grad_output = gradients_[head(h).node],
             .grad_inputs = {},
             .accumulate = {}});
  }

  void seed_gradient(graph::NodeId end) {
    gradients_[end] = new_buffer(value_bytes(end));
    add({.kind = Operation::Kind::seed_gradient,
         .node = end,
         .inputs = {plan_.values[end]},
         .grad_output = gradients_[end],
         .grad_inputs = {},
         .accumulate = {}});
  }

  void backward(graph::NodeId n) {
    const graph::Node& node = graph_.node(n);
    if (!needs_gradient(n)) return;
    if (net_.prepared[n] == nullptr) {
      backward_blocks(n);
      return;
    }
    const auto& layer = *net_.prepared[n];
    Operation operation{.kind = Operation::Kind::backward,
                        .node = n,
                        .inputs = {},
                        .grad_output = gradients_[n],
                        .grad_inputs = {},
                        .accumulate = {},
                        .saved = saved_[n]};
    operation.inputs.assign(node.inputs.size(), kNoBuffer);
    if (node.layer->needs().input) operation.inputs = values_of_inputs(n);
    if (node.layer->needs().output) operation.output = plan_.values[n];
    if (is_train() && layer.grad_statistics() > 0) {
      Operation sums = operation;
      sums.kind = Operation::Kind::grad_statistics;
      add(std::move(sums));
      stage().statistics_node = n;
      close(Stage::Kind::finish_backward, n);
      open_shards();
    }
    for (const graph::NodeId input : node.inputs) {
      BufferId& gradient = gradients_[input];
      BufferId written = kNoBuffer, added_to = kNoBuffer;
      if (needs_gradient(input)) {
        written = new_buffer(value_bytes(input));
        if (gradient == kNoBuffer)
          gradient = written;
        else
          added_to = gradient;
        const bool in_place = node.layer->backward_in_place() && node.inputs.size() == 1 && added_to == kNoBuffer &&
                              graph_.node(input).shape.size() == node.shape.size();
        if (in_place) buffer(written).alias_of = operation.grad_output;
      }
      operation.grad_inputs.push_back(written);
      operation.accumulate.push_back(added_to);
    }
    add(std::move(operation));
    if (is_train() && has_trained_parameters(node) && layer.grad_statistics() == 0) sum_gradients(n);
  }

  void sum_gradients(graph::NodeId n) {
    for (std::size_t p = 0; p < graph_.node(n).parameters.size(); ++p) {
      const auto& spec = graph_.node(n).parameters[p];
      if (!spec.trains) continue;
      stage().gradients.push_back(parameter_index(n, static_cast<int>(p)));
      stage().gradient_offsets.push_back(stage().gradient_floats);
      stage().gradient_floats += static_cast<std::int64_t>(aligned(static_cast<std::size_t>(spec.count()) * sizeof(float)) / sizeof(float));
    }
  }

  int parameter_index(graph::NodeId n, int p) const {
    int index = 0;
    for (graph::NodeId before = 0; before < n; ++before) index += static_cast<int>(graph_.node(before).parameters.size());
    return index + p;
  }

  void backward_blocks(graph::NodeId n) {
    const graph::Node& node = graph_.node(n);
    const graph::NodeId input = node.inputs[0];
    const auto& layer = *net_.partitions[n];
    close(Stage::Kind::blocks_backward, n);
    stage().input = plan_.values[input];
    stage().grad_output = gradients_[n];
    if (needs_gradient(input)) {
      const std::size_t rows = static_cast<std::size_t>(net_.options.shards() * net_.options.shard);
      stage().partial = new_buffer(
          static_cast<std::size_t>(layer.partitions()) * rows * static_cast<std::size_t>(graph_.node(input).shape.size()) * sizeof(float),
          true);
    }
    use(stage().input);
    use(stage().grad_output);
    use(stage().partial);
    const BufferId partial = stage().partial;
    ++position_;
    open_shards();
    if (partial == kNoBuffer) return;
    BufferId& gradient = gradients_[input];
    const BufferId written = new_buffer(value_bytes(input));
    const BufferId added_to = gradient;
    if (gradient == kNoBuffer) gradient = written;
    add({.kind = Operation::Kind::sum_blocks, .node = n, .inputs = {partial}, .grad_inputs = {written}, .accumulate = {added_to}});
  }

  void allocate() {
    for (const bool batch : {false, true}) {
      std::vector<Interval> intervals;
      std::vector<Buffer*> owners;
      for (Buffer& b : plan_.buffers) {
        if (b.alias_of != kNoBuffer || b.first_stage < 0 || b.crosses_stages != batch) continue;
        const std::size_t bytes = b.whole ? b.bytes
                                  : batch ? aligned(b.bytes * static_cast<std::size_t>(net_.options.shards()))
                                          : aligned(b.bytes);
        intervals.push_back({bytes, batch ? b.first_stage : b.first_position, batch ? b.last_stage : b.last_position});
        owners.push_back(&b);
      }
      (batch ? plan_.batch_arena_bytes : plan_.thread_arena_bytes) = place(intervals);
      for (std::size_t i = 0; i < owners.size(); ++i) owners[i]->offset = intervals[i].offset;
    }
    for (std::size_t i = 0; i < plan_.buffers.size(); ++i) {
      Buffer& b = plan_.buffers[i];
      if (b.alias_of == kNoBuffer) continue;
      const Buffer& owner = buffer(root(static_cast<BufferId>(i)));
      b.offset = owner.offset;
      b.crosses_stages = owner.crosses_stages;
    }
    for (const auto& layer : net_.partitions)
      if (layer) plan_.scratch_bytes = std::max(plan_.scratch_bytes, layer->scratch_bytes());
  }

  const PreparedNet& net_;
  const graph::Graph& graph_;
  Plan& plan_;
  int heads_ = 0;          ///< that are planned, the first ones
  graph::NodeId end_ = 0;  ///< the last node that is computed
  graph::NodeMap<bool> needed_;
  graph::NodeMap<int> consumers_;  ///< nodes computed here that read it
  graph::NodeMap<BufferId> gradients_, saved_;
  int position_ = 0;
};

}  // namespace

Plan::Plan(const PreparedNet& net, const PlanOptions& options_in) : options(options_in) {
  Builder(net, *this).build();
}

}  // namespace reprise::execution
