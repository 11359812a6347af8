#include "suite/kernels/onednn/direct_convolution.hpp"

#include <algorithm>

#include "suite/kernels/onednn/adapter.hpp"
#include "suite/kernels/onednn/widening.hpp"

namespace reprise::kernels::onednn {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

namespace {

struct Problem {
  Desc input, weight, weight_gradient, bias, output, plain;
  Dims stride, padding, padding_end;
};

Problem describe(const ConvolutionShape& s, Type type) {
  const Dims weight = s.groups == 1 ? Dims{s.filters, s.in_channels, s.filter_height, s.filter_width}
                                    : Dims{s.groups, s.filters / s.groups, s.in_channels / s.groups, s.filter_height, s.filter_width};
  Problem p;
  p.input = Desc({s.samples, s.in_channels, s.height, s.width}, type, Tag::nhwc);
  p.output = Desc({s.samples, s.filters, s.out_height(), s.out_width()}, type, Tag::nhwc);
  p.weight = Desc(weight, type, Tag::any);
  p.weight_gradient = Desc(weight, Type::f32, Tag::any);
  p.plain = Desc(weight, Type::f32, s.groups == 1 ? Tag::oihw : Tag::goihw);
  p.bias = Desc({s.filters}, Type::f32, Tag::x);
  p.stride = {s.stride, s.stride};
  p.padding = {s.padding, s.padding};
  p.padding_end = {s.padding + s.more_below, s.padding + s.more_right};
  return p;
}

/// Formats whose outermost dimension is a block of output channels, and its length.
struct BlockedFormat {
  Tag tag;
  std::int64_t rows;
};
constexpr BlockedFormat kBlockedFormats[] = {{Tag::OIhw16i16o, 16}, {Tag::Ohwi16o, 16}, {Tag::Owhi16o, 16}, {Tag::OIhw8i8o, 8},
                                             {Tag::Ohwi8o, 8},      {Tag::oihw, 8},     {Tag::oihw, 1}};

class DirectConvolution final : public Convolution {
 public:
  DirectConvolution(const ConvolutionShape& shape, Precision precision, bool has_bias, bool wants_grad_input);
  std::size_t packed_bytes() const override;
  std::size_t scratch_bytes() const override;
  void pack(const float* weight, std::byte* packed) const override;
  void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const override;
  void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const override;
  void backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias, std::byte* scratch) const override;
  std::int64_t gradient_floats() const override;
  void backward_weight_packed(const void* input, const void* grad_output, float* packed_gradient, std::byte* scratch) const override;
  std::int64_t row_unit() const override;
  void unpack_rows(const float* packed_gradient, std::int64_t unit, float* gradient) const override;

 private:
  struct State {
    Problem problem;
    Widening wide;
    std::int64_t inputs = 0, outputs = 0;  ///< values
    bool has_bias = false, wants_grad_input = false;
    dnnl::convolution_forward::primitive_desc forward_desc;
    dnnl::convolution_backward_data::primitive_desc input_desc;
    dnnl::convolution_backward_weights::primitive_desc weight_desc;
    dnnl::convolution_forward forward;
    dnnl::convolution_backward_data input;
    dnnl::convolution_backward_weights weight;
    dnnl::reorder pack_forward, pack_input, unpack_gradient, unpack_unit;
    Desc unit_packed, unit_plain;
    std::int64_t unit_rows = 0;
    bool gradient_is_plain = false, one_packing = false;
    std::size_t forward_bytes = 0, input_bytes = 0, gradient_bytes = 0, scratch_bytes = 0;

    /// Rooms of widened values, after the scratch of the primitives.
    std::byte* room_of_input(std::byte* scratch) const { return scratch + scratch_bytes; }
    std::byte* room_of_output(std::byte* scratch) const { return room_of_input(scratch) + wide.bytes(inputs); }

    std::size_t packed_gradient_bytes() const { return weight_desc.diff_weights_desc().get_size(); }

    /// Finds the rows that can be unpacked alone: a block of output channels, or all of them in a format of another make.
    void find_unit(const ConvolutionShape& shape) {
      unit_rows = shape.filters;
      unit_packed = weight_desc.diff_weights_desc();
      unit_plain = problem.plain;
      const Dims whole{shape.filters, shape.in_channels, shape.filter_height, shape.filter_width};
      for (const BlockedFormat& format : kBlockedFormats) {
        if (shape.groups != 1 || shape.filters % format.rows != 0 || Desc(whole, Type::f32, format.tag) != weight_desc.diff_weights_desc())
          continue;
        const Dims unit{format.rows, shape.in_channels, shape.filter_height, shape.filter_width};
        unit_rows = format.rows;
        unit_packed = Desc(unit, Type::f32, format.tag);
        unit_plain = Desc(unit, Type::f32, Tag::oihw);
        break;
      }
      unpack_unit = dnnl::reorder({engine(), unit_packed, engine(), unit_plain});
    }
  } s_;
};

DirectConvolution::DirectConvolution(const ConvolutionShape& shape, Precision precision, bool has_bias, bool wants_grad_input) {
  const OneThread guard;
  State& s = s_;
  s.wide = Widening(precision);
  s.problem = describe(shape, s.wide.type(precision));
  s.inputs = shape.samples * shape.in_channels * shape.height * shape.width;
  s.outputs = shape.samples * shape.filters * shape.out_height() * shape.out_width();
  s.has_bias = has_bias;
  s.wants_grad_input = wants_grad_input;
  const Problem& p = s.problem;
  const auto attr = attributes();
  const auto direct = dnnl::algorithm::convolution_direct;
  const Desc bias = has_bias ? p.bias : Desc();
#if DNNL_VERSION_MAJOR >= 3
  s.forward_desc = {
      engine(), dnnl::prop_kind::forward_training, direct, p.input, p.weight, bias, p.output, p.stride, p.padding, p.padding_end, attr};
  s.weight_desc = {engine(), direct, p.input, p.weight_gradient, bias, p.output, p.stride, p.padding, p.padding_end, s.forward_desc, attr};
  if (wants_grad_input)
    s.input_desc = {engine(), direct, p.input, p.weight, p.output, p.stride, p.padding, p.padding_end, s.forward_desc, attr};
#else
  const dnnl::convolution_forward::desc forward(dnnl::prop_kind::forward_training, direct, p.input, p.weight, bias, p.output, p.stride,
                                                p.padding, p.padding_end);
  s.forward_desc = {forward, attr, engine()};
  s.weight_desc = {
      {direct, p.input, p.weight_gradient, bias, p.output, p.stride, p.padding, p.padding_end}, attr, engine(), s.forward_desc};
  if (wants_grad_input)
    s.input_desc = {{direct, p.input, p.weight, p.output, p.stride, p.padding, p.padding_end}, attr, engine(), s.forward_desc};
#endif
  s.forward = dnnl::convolution_forward(s.forward_desc);
  s.weight = dnnl::convolution_backward_weights(s.weight_desc);
  s.forward_bytes = aligned(s.forward_desc.weights_desc().get_size());
  s.pack_forward = dnnl::reorder({engine(), p.plain, engine(), s.forward_desc.weights_desc()});
  std::size_t pads = std::max(s.forward_desc.scratchpad_desc().get_size(), s.weight_desc.scratchpad_desc().get_size());
  if (wants_grad_input) {
    s.input = dnnl::convolution_backward_data(s.input_desc);
    s.one_packing = same(s.input_desc.weights_desc(), s.forward_desc.weights_desc());
    s.input_bytes = s.one_packing ? 0 : aligned(s.input_desc.weights_desc().get_size());
    s.pack_input = dnnl::reorder({engine(), p.plain, engine(), s.input_desc.weights_desc()});
    pads = std::max(pads, s.input_desc.scratchpad_desc().get_size());
  }
  s.gradient_is_plain = same(s.weight_desc.diff_weights_desc(), p.plain);
  if (!s.gradient_is_plain) {
    s.unpack_gradient = dnnl::reorder({engine(), s.weight_desc.diff_weights_desc(), engine(), p.plain});
    s.gradient_bytes = aligned(s.weight_desc.diff_weights_desc().get_size());
  }
  s.scratch_bytes = aligned(pads) + s.gradient_bytes;
  s.find_unit(shape);
}

std::size_t DirectConvolution::packed_bytes() const {
  return s_.forward_bytes + s_.input_bytes;
}
std::size_t DirectConvolution::scratch_bytes() const {
  return s_.scratch_bytes + s_.wide.bytes(s_.inputs) + s_.wide.bytes(s_.outputs);
}

void DirectConvolution::pack(const float* weight, std::byte* packed) const {
  const State& s = s_;
  Memory rounded;
  const auto count = static_cast<std::int64_t>(s.problem.plain.get_size() / sizeof(float));
  auto plain = wrap(s.problem.plain, s.wide.weights(weight, count, rounded));
  auto forward = wrap(s.forward_desc.weights_desc(), packed);
  s.pack_forward.execute(stream(), plain, forward);
  if (s.input_bytes == 0) return;
  auto input = wrap(s.input_desc.weights_desc(), packed + s.forward_bytes);
  s.pack_input.execute(stream(), plain, input);
}

void DirectConvolution::forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const {
  const State& s = s_;
  std::unordered_map<int, dnnl::memory> args{{DNNL_ARG_SRC, wrap(s.problem.input, s.wide.read(input, s.inputs, s.room_of_input(scratch)))},
                                             {DNNL_ARG_WEIGHTS, wrap(s.forward_desc.weights_desc(), packed)},
                                             {DNNL_ARG_DST, wrap(s.problem.output, s.wide.target(output, s.room_of_output(scratch)))},
                                             {DNNL_ARG_SCRATCHPAD, wrap(s.forward_desc.scratchpad_desc(), scratch)}};
  if (s.has_bias) args.emplace(DNNL_ARG_BIAS, wrap(s.problem.bias, bias));
  s.forward.execute(stream(), args);
  s.wide.write(s.room_of_output(scratch), output, s.outputs);
}

void DirectConvolution::backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const {
  const State& s = s_;
  s.input.execute(stream(), {{DNNL_ARG_DIFF_DST, wrap(s.problem.output, s.wide.read(grad_output, s.outputs, s.room_of_output(scratch)))},
                             {DNNL_ARG_WEIGHTS, wrap(s.input_desc.weights_desc(), s.one_packing ? packed : packed + s.forward_bytes)},
                             {DNNL_ARG_DIFF_SRC, wrap(s.problem.input, s.wide.target(grad_input, s.room_of_input(scratch)))},
                             {DNNL_ARG_SCRATCHPAD, wrap(s.input_desc.scratchpad_desc(), scratch)}});
  s.wide.write(s.room_of_input(scratch), grad_input, s.inputs);
}

std::int64_t DirectConvolution::gradient_floats() const {
  return static_cast<std::int64_t>(s_.packed_gradient_bytes() / sizeof(float));
}
std::int64_t DirectConvolution::row_unit() const {
  return s_.unit_rows;
}

void DirectConvolution::backward_weight_packed(const void* input, const void* grad_output, float* packed_gradient,
                                               std::byte* scratch) const {
  const State& s = s_;
  s.weight.execute(stream(), {{DNNL_ARG_SRC, wrap(s.problem.input, s.wide.read(input, s.inputs, s.room_of_input(scratch)))},
                              {DNNL_ARG_DIFF_DST, wrap(s.problem.output, s.wide.read(grad_output, s.outputs, s.room_of_output(scratch)))},
                              {DNNL_ARG_DIFF_WEIGHTS, wrap(s.weight_desc.diff_weights_desc(), packed_gradient)},
                              {DNNL_ARG_SCRATCHPAD, wrap(s.weight_desc.scratchpad_desc(), scratch)}});
}

void DirectConvolution::unpack_rows(const float* packed_gradient, std::int64_t unit, float* gradient) const {
  const State& s = s_;
  const std::int64_t floats = static_cast<std::int64_t>(s.unit_packed.get_size() / sizeof(float));
  auto from = wrap(s.unit_packed, packed_gradient + unit * floats), to = wrap(s.unit_plain, gradient);
  s.unpack_unit.execute(stream(), from, to);
}

void DirectConvolution::backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias,
                                        std::byte* scratch) const {
  const State& s = s_;
  std::byte* packed_gradient = s.gradient_is_plain ? reinterpret_cast<std::byte*>(grad_weight) : scratch;
  std::unordered_map<int, dnnl::memory> args{
      {DNNL_ARG_SRC, wrap(s.problem.input, s.wide.read(input, s.inputs, s.room_of_input(scratch)))},
      {DNNL_ARG_DIFF_DST, wrap(s.problem.output, s.wide.read(grad_output, s.outputs, s.room_of_output(scratch)))},
      {DNNL_ARG_DIFF_WEIGHTS, wrap(s.weight_desc.diff_weights_desc(), packed_gradient)},
      {DNNL_ARG_SCRATCHPAD, wrap(s.weight_desc.scratchpad_desc(), scratch + s.gradient_bytes)}};
  if (s.has_bias) args.emplace(DNNL_ARG_DIFF_BIAS, wrap(s.problem.bias, grad_bias));
  s.weight.execute(stream(), args);
  if (s.gradient_is_plain) return;
  auto from = wrap(s.weight_desc.diff_weights_desc(), packed_gradient);
  auto to = wrap(s.problem.plain, grad_weight);
  s.unpack_gradient.execute(stream(), from, to);
}

}  // namespace

/// To a filter of one value the rows of all samples are the rows of one. oneDNN takes samples one by one and reads the weights for each.
static ConvolutionShape as_one_sample(ConvolutionShape shape) {
  if (shape.filter_height != 1 || shape.filter_width != 1 || shape.stride != 1 || shape.padding != 0 || shape.more_below != 0 ||
      shape.more_right != 0)
    return shape;
  shape.height *= shape.samples;
  shape.samples = 1;
  return shape;
}

std::unique_ptr<Convolution> make_direct_convolution(const ConvolutionShape& whole, Precision precision, bool has_bias,
                                                     bool wants_grad_input) {
  const ConvolutionShape shape = as_one_sample(whole);
  return std::make_unique<DirectConvolution>(shape, precision, has_bias, wants_grad_input);
}

}  // namespace reprise::kernels::onednn
