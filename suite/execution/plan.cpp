#include "suite/execution/plan.hpp"

#include <algorithm>

#include "suite/execution/buffer_uses.hpp"
#include "suite/execution/growing_chains.hpp"

namespace reprise::execution {

namespace {

bool has_trained_parameters(const graph::Node& node) {
  return std::any_of(node.parameters.begin(), node.parameters.end(), [](const auto& p) { return p.trains; });
}

/// Builds the stages of one plan, noting for every buffer where it is used.
class Builder {
 public:
  Builder(const PreparedNet& net, Plan& plan) : net_(net), graph_(net.graph), plan_(plan), buffers_(plan) {
    const std::size_t nodes = graph_.nodes().size();
    plan_.values = gradients_ = saved_ = graph::NodeMap<BufferId>(nodes, kNoBuffer);
    heads_ = is_maps() ? 0 : is_train() ? static_cast<int>(net_.heads.size()) : 1;
    std::vector<graph::NodeId> ends;
    if (is_maps()) ends.push_back(plan_.options.map_node);
    for (int h = 0; h < heads_; ++h) ends.push_back(head(h).node);
    needed_ = graph_.needed_by(ends);
    end_ = *std::max_element(ends.begin(), ends.end());
    const bool keeps = net_.options.keeps_everything;
    chain_ = keeps ? graph::NodeMap<graph::NodeId>(nodes, -1) : growing_chains(graph_, needed_, ends);
    chain_values_ = first_part_ = again_ = graph::NodeMap<BufferId>(nodes, kNoBuffer);
    is_summed_ = runs_again_ = graph::NodeMap<bool>(nodes, false);
    // Values that are cheap to compute are computed twice where memory is what a net is short of: where concatenations grow. Elsewhere it
    // takes more time than to keep them.
    const bool grows = std::any_of(chain_.begin(), chain_.end(), [](graph::NodeId last) { return last >= 0; });
    for (graph::NodeId n = 1; n <= end_; ++n) runs_again_[n] = needed_[n] && is_train() && grows && can_run_again(n);
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
      buffers_.keep_to_the_end(plan_.input_gradient, position_);
      buffers_[buffers_.root(plan_.input_gradient)].crosses_stages = true;
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
  int this_stage() const { return static_cast<int>(plan_.stages.size()) - 1; }

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

  std::int64_t channels(graph::NodeId n) const { return graph_.node(n).shape.channels; }
  std::size_t value_bytes(graph::NodeId n) const {
    return static_cast<std::size_t>(graph_.node(n).shape.size() * net_.options.shard) * bytes_of(net_.options.precision);
  }

  /// By the operation that comes next.
  void use(BufferId id) { buffers_.use(id, position_); }

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
    plan_.values[0] = buffers_.add(value_bytes(0));
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
    if (node.shape.size() != graph_.node(input).shape.size() || chain_[input] >= 0) return false;
    if (input == 0 && any_head([](const graph::Head& h) { return h.target == losses::Target::input; })) return false;
    if (!runs_backward()) return true;
    if (node.layer->needs().input && needs_gradient(n)) return false;
    return input == 0 || !graph_.node(input).layer->needs().output;
  }

  /// On the way back, from inputs that are kept for its own gradient or can be computed again.
  bool can_run_again(graph::NodeId n) const {
    const graph::Node& node = graph_.node(n);
    if (!node.layer->runs_again()) return false;
    return node.layer->needs().input ||
           std::all_of(node.inputs.begin(), node.inputs.end(), [&](graph::NodeId i) { return runs_again_[i]; });
  }

  BufferId new_value(graph::NodeId n) {
    const graph::NodeId last = chain_[n];
    if (last < 0) return buffers_.add(value_bytes(n));
    BufferId& whole = chain_values_[last];
    if (whole == kNoBuffer) {
      whole = buffers_.add(value_bytes(last));
      first_part_[graph_.node(n).inputs[0]] = buffers_.add_first_channels(whole, channels(last));
    }
    return n == last ? whole : buffers_.add_first_channels(whole, channels(last));
  }

  /// Sums of the channels of all parts that are not known yet.
  void sum_channels(const std::vector<graph::NodeId>& parts) {
    for (const graph::NodeId part : parts) {
      if (is_summed_[part]) continue;
      is_summed_[part] = true;
      Operation operation{
          .kind = Operation::Kind::channel_sums, .node = part, .inputs = {plan_.values[part]}, .grad_inputs = {}, .accumulate = {}};
      add_sums(std::move(operation), static_cast<std::size_t>(2 * channels(part)));
    }
  }

  void add_sums(Operation operation, std::size_t doubles) {
    operation.sums_at = stage().sums;
    add(std::move(operation));
    stage().sums += doubles;
  }

  void forward(graph::NodeId n) {
    const auto& layer = net_.prepared[n];
    BufferId& value = plan_.values[n];
    value = new_value(n);
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
    if (forward_in_place(n)) buffers_[value].alias_of = plan_.values[graph_.node(n).inputs[0]];
    if (is_train() && layer->statistics() > 0) {
      std::vector<graph::NodeId> parts;
      if (layer->has_channel_statistics() && !net_.options.keeps_everything) parts = graph_.parts(graph_.node(n).inputs[0]);
      sum_channels(parts);
      if (parts.empty())
        add_sums({.kind = Operation::Kind::statistics, .node = n, .inputs = values_of_inputs(n), .grad_inputs = {}, .accumulate = {}},
                 static_cast<std::size_t>(layer->statistics()));
      close(Stage::Kind::finish_forward, n);
      stage().parts = std::move(parts);
      open_shards();
    }
    if (runs_backward() && layer->saved_bytes() > 0) saved_[n] = buffers_.add(aligned(layer->saved_bytes()));
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
      operation.grad_output = buffers_.add(value_bytes(node));
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
    gradients_[end] = buffers_.add(value_bytes(end));
    add({.kind = Operation::Kind::seed_gradient,
         .node = end,
         .inputs = {plan_.values[end]},
         .grad_output = gradients_[end],
         .grad_inputs = {},
         .accumulate = {}});
  }

  /// A node's value on the way back: its buffer, or one of this stage for which it is computed again.
  BufferId value_again(graph::NodeId n, bool wide = false) {
    if (wide && first_part_[n] != kNoBuffer) return first_part_[n];
    if (!runs_again_[n] || buffers_.begins_in(plan_.values[n], this_stage())) return plan_.values[n];
    if (again_[n] != kNoBuffer && buffers_.begins_in(again_[n], this_stage())) return again_[n];
    const graph::Node& node = graph_.node(n);
    Operation operation{.kind = Operation::Kind::forward, .node = n, .inputs = {}, .grad_inputs = {}, .accumulate = {}};
    for (const graph::NodeId input : node.inputs) operation.inputs.push_back(value_again(input, node.layer->reads_wide_rows()));
    again_[n] = buffers_.add(value_bytes(n));
    if (forward_in_place(n)) buffers_[again_[n]].alias_of = operation.inputs[0];
    operation.output = again_[n];
    add(std::move(operation));
    return again_[n];
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
    const auto read_values = [&] {
      if (node.layer->needs().input)
        for (std::size_t i = 0; i < node.inputs.size(); ++i)
          operation.inputs[i] = value_again(node.inputs[i], node.layer->reads_wide_rows());
      if (node.layer->needs().output) operation.output = value_again(n);
    };
    read_values();
    if (is_train() && layer.grad_statistics() > 0) {
      Operation sums = operation;
      sums.kind = Operation::Kind::grad_statistics;
      add_sums(std::move(sums), static_cast<std::size_t>(layer.grad_statistics()));
      close(Stage::Kind::finish_backward, n);
      open_shards();
      read_values();
    }
    for (const graph::NodeId input : node.inputs) {
      BufferId& gradient = gradients_[input];
      BufferId written = kNoBuffer, added_to = kNoBuffer;
      if (needs_gradient(input) && chain_[n] >= 0 && chain_[input] == chain_[n]) {
        gradient = written = buffers_.add_first_channels(gradients_[n], channels(chain_[n]));
      } else if (needs_gradient(input)) {
        written = buffers_.add(value_bytes(input));
        if (gradient == kNoBuffer)
          gradient = written;
        else
          added_to = gradient;
        const bool in_place = node.layer->backward_in_place() && node.inputs.size() == 1 && added_to == kNoBuffer &&
                              graph_.node(input).shape.size() == node.shape.size();
        if (in_place) buffers_[written].alias_of = operation.grad_output;
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
      stage().partial = buffers_.add(
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
    const BufferId written = buffers_.add(value_bytes(input));
    const BufferId added_to = gradient;
    if (gradient == kNoBuffer) gradient = written;
    add({.kind = Operation::Kind::sum_blocks, .node = n, .inputs = {partial}, .grad_inputs = {written}, .accumulate = {added_to}});
  }

  void allocate() {
    buffers_.place_all(net_.options.shards());
    for (const auto& layer : net_.partitions)
      if (layer) plan_.scratch_bytes = std::max(plan_.scratch_bytes, layer->scratch_bytes());
  }

  const PreparedNet& net_;
  const graph::Graph& graph_;
  Plan& plan_;
  BufferUses buffers_;
  int heads_ = 0;          ///< that are planned, the first ones
  graph::NodeId end_ = 0;  ///< the last node that is computed
  graph::NodeMap<bool> needed_;
  graph::NodeMap<int> consumers_;  ///< nodes computed here that read it
  graph::NodeMap<BufferId> gradients_, saved_;
  graph::NodeMap<graph::NodeId> chain_;    ///< of concatenations that grow in one place: growing_chains
  graph::NodeMap<BufferId> chain_values_;  ///< of the last one of a chain: where it grows
  graph::NodeMap<BufferId> first_part_;    ///< of the node that a chain begins with: its copy there
  graph::NodeMap<BufferId> again_;         ///< where its value was last computed again
  graph::NodeMap<bool> is_summed_;         ///< the sums of its channels are known
  graph::NodeMap<bool> runs_again_;        ///< its value is not kept for the way back but computed again
  int position_ = 0;
};

}  // namespace

Plan::Plan(const PreparedNet& net, const PlanOptions& options_in) : options(options_in) {
  Builder(net, *this).build();
}

}  // namespace reprise::execution
