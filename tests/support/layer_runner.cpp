#include "tests/support/layer_runner.hpp"

#include <algorithm>
#include <cmath>

#include "suite/tensor/memory.hpp"

namespace reprise::tests {

namespace {

using layers::BackwardArgs;
using layers::ForwardArgs;
using layers::Mode;

/// Everything one shard keeps between forward and backward.
struct Shard {
  std::vector<Memory> inputs, grad_inputs;
  std::vector<const void*> input_pointers;
  std::vector<void*> grad_input_pointers;
  Memory output, grad_output, saved;
  std::vector<std::vector<float>> grad_parameters;
  std::vector<float*> grad_parameter_pointers;
  layers::ShardInfo info;
};

Memory memory_with(const Doubles& values, std::int64_t begin, std::int64_t count, Precision precision) {
  Memory memory(std::max<std::size_t>(1, static_cast<std::size_t>(count) * bytes_of(precision)));
  if (values.empty()) return memory;
  const auto bytes = stored_bytes(Doubles(values.begin() + begin, values.begin() + begin + count), precision);
  std::copy(bytes.begin(), bytes.end(), memory.data());
  return memory;
}

class Run {
 public:
  Run(const LayerCase& layer_case, const LayerValues& values, const Doubles& grad_output)
      : case_(layer_case), specs_(case_.layer->parameters(case_.inputs)), wants_backward_(!grad_output.empty()) {
    kernel_ = case_.layer->prepare(case_.inputs, {.precision = case_.precision, .samples = case_.samples, .name_hash = 3});
    for (const Doubles& parameter : values.parameters) parameters_.push_back(stored<float>(parameter));
    for (std::size_t p = 0; p < specs_.size(); ++p) {
      parameter_pointers_.push_back(parameters_[p].data());
      if (!specs_[p].trains) states_.push_back(parameters_[p].data());
    }
    scratch_ = Memory(std::max<std::size_t>(1, kernel_->scratch_bytes()));
    coupled_.resize(kernel_->coupled_floats());
    for (int s = 0; s < case_.shards; ++s) shards_.push_back(make_shard(s, values, grad_output));
  }

  LayerResult run() {
    kernel_->load_weights(parameter_pointers_);
    const bool couples = case_.layer->couples_samples() && case_.mode == Mode::train;
    if (couples)
      couple(
          kernel_->statistics(), [&](Shard& shard, double* sums) { kernel_->shard_statistics(forward_args(shard), sums); },
          [&](const double* sums) { kernel_->finish_forward(sums, case_.count, parameter_pointers_, states_, coupled_.data()); });
    for (Shard& shard : shards_) kernel_->forward(forward_args(shard));
    collect_output();
    if (!wants_backward_) return finished();
    if (couples && kernel_->grad_statistics() > 0) {
      std::vector<float*> gradients;
      for (std::size_t p = 0; p < specs_.size(); ++p)
        gradients.push_back(specs_[p].trains ? shards_[0].grad_parameters[p].data() : nullptr);
      couple(
          kernel_->grad_statistics(), [&](Shard& shard, double* sums) { kernel_->shard_grad_statistics(backward_args(shard), sums); },
          [&](const double* sums) { kernel_->finish_backward(sums, case_.count, parameter_pointers_, gradients, coupled_.data()); });
    }
    for (Shard& shard : shards_) kernel_->backward(backward_args(shard));
    collect_gradients();
    return finished();
  }

 private:
  Shard make_shard(int index, const LayerValues& values, const Doubles& grad_output) {
    Shard shard;
    for (std::size_t i = 0; i < case_.inputs.size(); ++i) {
      const std::int64_t size = case_.inputs[i].size() * case_.samples;
      shard.inputs.push_back(memory_with(values.inputs[i], index * size, size, case_.precision));
      shard.grad_inputs.push_back(memory_with({}, 0, size, case_.precision));
      std::fill_n(shard.grad_inputs.back().data(), shard.grad_inputs.back().size(), std::byte{0x7F});  // must be overwritten
    }
    for (const Memory& input : shard.inputs) shard.input_pointers.push_back(input.data());
    for (const Memory& grad : shard.grad_inputs) shard.grad_input_pointers.push_back(grad.data());
    const std::int64_t size = case_.output().size() * case_.samples;
    shard.output = memory_with({}, 0, size, case_.precision);
    shard.grad_output = memory_with(grad_output, wants_backward_ ? index * size : 0, size, case_.precision);
    shard.saved = Memory(std::max<std::size_t>(1, kernel_->saved_bytes()));
    for (const auto& spec : specs_) shard.grad_parameters.emplace_back(static_cast<std::size_t>(spec.count()), std::nanf(""));
    for (auto& gradient : shard.grad_parameters) shard.grad_parameter_pointers.push_back(gradient.data());
    if (case_.in_place && case_.layer->backward_in_place()) shard.grad_input_pointers[0] = shard.grad_output.data();
    const std::int64_t first = static_cast<std::int64_t>(index) * case_.samples;
    const auto valid = static_cast<int>(std::clamp<std::int64_t>(case_.count - first, 0, case_.samples));
    shard.info = {case_.seed, case_.step, first, valid, case_.mode, case_.relu_rule, case_.count};
    shard.info.progress = case_.progress;
    shard.info.mixing = case_.mixing;
    if (!case_.labels.empty())
      shard.info.labels = std::span(case_.labels).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(valid));
    return shard;
  }

  bool forward_in_place() const { return case_.in_place && case_.layer->forward_in_place(); }
  void* output_of(Shard& shard) const { return forward_in_place() ? shard.inputs[0].data() : shard.output.data(); }

  ForwardArgs forward_args(Shard& shard) {
    return {shard.input_pointers,
            output_of(shard),
            parameter_pointers_,
            case_.mode == Mode::train || wants_backward_ ? shard.saved.data() : nullptr,  // as in evaluation
            scratch_.data(),
            coupled_.empty() ? nullptr : coupled_.data(),
            shard.info};
  }
  BackwardArgs backward_args(Shard& shard) {
    const layers::Needs needs = case_.layer->needs();
    static const std::vector<const void*> none;
    return {needs.input ? std::span<const void* const>(shard.input_pointers) : std::span<const void* const>(none),
            needs.output ? output_of(shard) : nullptr,
            shard.grad_output.data(),
            shard.grad_input_pointers,
            parameter_pointers_,
            shard.grad_parameter_pointers,
            shard.saved.data(),
            scratch_.data(),
            coupled_.empty() ? nullptr : coupled_.data(),
            shard.info};
  }

  template <class Each, class Finish>
  void couple(int count, Each each, Finish finish) {
    std::vector<double> total(static_cast<std::size_t>(count)), sums(total.size());
    for (Shard& shard : shards_) {
      each(shard, sums.data());
      for (std::size_t i = 0; i < total.size(); ++i) total[i] += sums[i];
    }
    finish(total.data());
  }

  void collect_output() {
    const std::int64_t size = case_.output().size() * case_.samples;
    for (Shard& shard : shards_) {
      const Doubles part = read_bytes(static_cast<const std::byte*>(output_of(shard)), size, case_.precision);
      result_.output.insert(result_.output.end(), part.begin(), part.end());
    }
  }

  void collect_gradients() {
    result_.grad_inputs.resize(case_.inputs.size());
    for (Shard& shard : shards_)
      for (std::size_t i = 0; i < case_.inputs.size(); ++i) {
        const Doubles part = read_bytes(static_cast<const std::byte*>(shard.grad_input_pointers[i]), case_.inputs[i].size() * case_.samples,
                                        case_.precision);
        result_.grad_inputs[i].insert(result_.grad_inputs[i].end(), part.begin(), part.end());
      }
    for (std::size_t p = 0; p < specs_.size(); ++p) {
      result_.grad_parameters.emplace_back();
      if (!specs_[p].trains) continue;
      Doubles& total = result_.grad_parameters.back();
      total.assign(static_cast<std::size_t>(specs_[p].count()), 0.0);
      const std::size_t parts = case_.layer->couples_samples() ? 1 : shards_.size();  // a coupled gradient is already the whole batch's
      for (std::size_t s = 0; s < parts; ++s)
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += static_cast<double>(shards_[s].grad_parameters[p][i]);
    }
  }

  LayerResult finished() {
    for (const auto& parameter : parameters_) result_.parameters.emplace_back(parameter.begin(), parameter.end());
    result_.coupled = coupled_;
    return std::move(result_);
  }

  const LayerCase& case_;
  std::vector<layers::ParameterSpec> specs_;
  bool wants_backward_;
  std::unique_ptr<layers::PreparedLayer> kernel_;
  std::vector<std::vector<float>> parameters_;
  std::vector<const float*> parameter_pointers_;
  std::vector<float*> states_;
  Memory scratch_;
  std::vector<float> coupled_;
  std::vector<Shard> shards_;
  LayerResult result_;
};

}  // namespace

LayerResult run_layer(const LayerCase& layer_case, const LayerValues& values, const Doubles& grad_output) {
  return Run(layer_case, values, grad_output).run();
}

LayerValues random_values(const LayerCase& layer_case, std::uint64_t seed) {
  LayerValues values;
  for (std::size_t i = 0; i < layer_case.inputs.size(); ++i) {
    const std::int64_t size = layer_case.inputs[i].size();
    Doubles input = distinct_numbers(seed + i, size * layer_case.rows());
    // Between -4 and 4 whatever the count; a power of two keeps the numbers exact and distinct in float32.
    const double scale = std::exp2(std::floor(std::log2(256.0 / static_cast<double>(input.size()))) + 1);
    for (double& x : input) {
      x *= scale;
      if (layer_case.precision == Precision::bf16) x = static_cast<double>(value_of(nearest_bf16(static_cast<float>(x))));
    }
    std::fill(input.begin() + layer_case.count * size, input.end(), 0.0);
    values.inputs.push_back(std::move(input));
  }
  std::uint64_t stream = seed + 100;
  for (const auto& spec : layer_case.layer->parameters(layer_case.inputs)) {
    Doubles parameter = random_numbers(stream++, spec.count());
    const bool is_variance = spec.name == "running_var";
    for (double& x : parameter) x = is_variance ? 1 + x * x : x * 0.25;
    values.parameters.push_back(read_back(stored<float>(parameter).data(), spec.count()));
  }
  return values;
}

Doubles random_grad_output(const LayerCase& layer_case, std::uint64_t seed) {
  const std::int64_t size = layer_case.output().size();
  Doubles grad = random_numbers(seed, size * layer_case.rows());
  std::fill(grad.begin() + layer_case.count * size, grad.end(), 0.0);
  return grad;
}

}  // namespace reprise::tests
