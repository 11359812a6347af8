#include "suite/kernels/onednn/inner_product.hpp"

#include <algorithm>
#include <string>

#include "suite/kernels/onednn/adapter.hpp"
#include "suite/kernels/onednn/matrix_product.hpp"
#include "suite/kernels/onednn/tiles.hpp"
#include "suite/kernels/onednn/widening.hpp"

namespace reprise::kernels {

using namespace onednn;
using Desc = dnnl::memory::desc;

namespace {

/// Weights in any format: the primitive chooses.
dnnl::inner_product_forward::primitive_desc forward_of(const InnerProductShape& shape, Type type, bool has_bias) {
  const auto [n, d, k] = shape;
  const Desc input({n, d}, type, Tag::ab), weight({k, d}, type, Tag::any), output({n, k}, type, Tag::ab);
  const Desc bias = has_bias ? Desc({k}, Type::f32, Tag::x) : Desc();
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), dnnl::prop_kind::forward_training, input, weight, bias, output, attributes()};
#else
  return {{dnnl::prop_kind::forward_training, input, weight, bias, output}, attributes(), engine()};
#endif
}

/// The inner product primitive, weights in the format it asks for.
class PrimitiveProduct final : public InnerProduct {
 public:
  PrimitiveProduct(const InnerProductShape& shape, Precision precision, bool has_bias, bool wants_grad_input);
  std::size_t packed_bytes() const override { return s_.forward_bytes + s_.input_bytes; }
  std::size_t scratch_bytes() const override { return s_.scratch_bytes + s_.wide.bytes(s_.inputs) + s_.wide.bytes(s_.outputs); }
  void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const override;
  void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const override;
  void backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias, std::byte* scratch) const override;
  void pack(const float* weight, std::byte* packed) const override;

 private:
  struct State {
    Desc input, output, bias, plain;
    Widening wide;
    std::int64_t inputs = 0, outputs = 0;  ///< values
    std::int64_t rows = 0, columns = 0;
    bool has_bias = false;
    dnnl::inner_product_forward::primitive_desc forward_desc;
    dnnl::inner_product_backward_data::primitive_desc input_desc;
    dnnl::inner_product_backward_weights::primitive_desc weight_desc;
    dnnl::inner_product_forward forward;
    dnnl::inner_product_backward_data input_gradient;
    dnnl::inner_product_backward_weights weight;
    dnnl::reorder pack_forward, pack_input, unpack_gradient;
    Tiles forward_tiles, input_tiles, gradient_tiles;
    bool gradient_is_plain = false, one_packing = false;
    std::size_t forward_bytes = 0, input_bytes = 0, gradient_bytes = 0, scratch_bytes = 0;

    /// Rooms of widened values, after the scratch of the primitives.
    std::byte* room_of_input(std::byte* scratch) const { return scratch + scratch_bytes; }
    std::byte* room_of_output(std::byte* scratch) const { return room_of_input(scratch) + wide.bytes(inputs); }
  } s_;
};

PrimitiveProduct::PrimitiveProduct(const InnerProductShape& shape, Precision precision, bool has_bias, bool wants_grad_input) {
  const OneThread guard;
  State& s = s_;
  s.wide = Widening(precision);
  const Type type = s.wide.type(precision);
  const auto [n, d, k] = shape;
  s.rows = k;
  s.columns = d;
  s.inputs = n * d;
  s.outputs = n * k;
  s.has_bias = has_bias;
  s.forward_desc = forward_of(shape, type, has_bias);
  s.input = s.forward_desc.src_desc();
  s.output = s.forward_desc.dst_desc();
  s.bias = has_bias ? s.forward_desc.bias_desc() : Desc();
  s.plain = Desc({k, d}, Type::f32, Tag::ab);
  const Desc weight({k, d}, type, Tag::any), weight_gradient({k, d}, Type::f32, Tag::any), grad_input({n, d}, type, Tag::ab);
  const auto attr = attributes();
#if DNNL_VERSION_MAJOR >= 3
  s.weight_desc = {engine(), s.input, weight_gradient, s.bias, s.output, s.forward_desc, attr};
  if (wants_grad_input) s.input_desc = {engine(), grad_input, weight, s.output, s.forward_desc, attr};
#else
  s.weight_desc = {{s.input, weight_gradient, s.bias, s.output}, attr, engine(), s.forward_desc};
  if (wants_grad_input) s.input_desc = {{grad_input, weight, s.output}, attr, engine(), s.forward_desc};
#endif
  s.forward = dnnl::inner_product_forward(s.forward_desc);
  s.weight = dnnl::inner_product_backward_weights(s.weight_desc);
  s.pack_forward = dnnl::reorder({engine(), s.plain, engine(), s.forward_desc.weights_desc()});
  s.forward_bytes = aligned(s.forward_desc.weights_desc().get_size());
  std::size_t pads = std::max(s.forward_desc.scratchpad_desc().get_size(), s.weight_desc.scratchpad_desc().get_size());
  if (wants_grad_input) {
    s.input_gradient = dnnl::inner_product_backward_data(s.input_desc);
    s.one_packing = same(s.input_desc.weights_desc(), s.forward_desc.weights_desc());
    s.input_bytes = s.one_packing ? 0 : aligned(s.input_desc.weights_desc().get_size());
    s.pack_input = dnnl::reorder({engine(), s.plain, engine(), s.input_desc.weights_desc()});
    pads = std::max(pads, s.input_desc.scratchpad_desc().get_size());
  }
  s.gradient_is_plain = same(s.weight_desc.diff_weights_desc(), s.plain);
  s.gradient_bytes = s.gradient_is_plain ? 0 : aligned(s.weight_desc.diff_weights_desc().get_size());
  if (!s.gradient_is_plain) s.unpack_gradient = dnnl::reorder({engine(), s.weight_desc.diff_weights_desc(), engine(), s.plain});
  s.scratch_bytes = aligned(pads) + s.gradient_bytes;
  s.forward_tiles = Tiles(s.plain, s.forward_desc.weights_desc(), type, k, d);
  if (s.input_bytes > 0) s.input_tiles = Tiles(s.plain, s.input_desc.weights_desc(), type, k, d);
  if (!s.gradient_is_plain) s.gradient_tiles = Tiles(s.plain, s.weight_desc.diff_weights_desc(), Type::f32, k, d);
}

void PrimitiveProduct::pack(const float* weight, std::byte* packed) const {
  const State& s = s_;
  Memory rounded;
  const float* source = s.wide.weights(weight, s.rows * s.columns, rounded);
  const auto pack_one = [&](const Tiles& tiles, const dnnl::reorder& reorder, const Desc& format, std::byte* to) {
    if (tiles.usable()) return tiles.pack(source, s.rows, to);
    auto plain = wrap(s.plain, source), target = wrap(format, to);
    reorder.execute(stream(), plain, target);
  };
  pack_one(s.forward_tiles, s.pack_forward, s.forward_desc.weights_desc(), packed);
  if (s.input_bytes > 0) pack_one(s.input_tiles, s.pack_input, s.input_desc.weights_desc(), packed + s.forward_bytes);
}

void PrimitiveProduct::forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const {
  const State& s = s_;
  std::unordered_map<int, dnnl::memory> args{{DNNL_ARG_SRC, wrap(s.input, s.wide.read(input, s.inputs, s.room_of_input(scratch)))},
                                             {DNNL_ARG_WEIGHTS, wrap(s.forward_desc.weights_desc(), packed)},
                                             {DNNL_ARG_DST, wrap(s.output, s.wide.target(output, s.room_of_output(scratch)))},
                                             {DNNL_ARG_SCRATCHPAD, wrap(s.forward_desc.scratchpad_desc(), scratch)}};
  if (s.has_bias) args.emplace(DNNL_ARG_BIAS, wrap(s.bias, bias));
  s.forward.execute(stream(), args);
  s.wide.write(s.room_of_output(scratch), output, s.outputs);
}

void PrimitiveProduct::backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const {
  const State& s = s_;
  s.input_gradient.execute(stream(),
                           {{DNNL_ARG_DIFF_DST, wrap(s.output, s.wide.read(grad_output, s.outputs, s.room_of_output(scratch)))},
                            {DNNL_ARG_WEIGHTS, wrap(s.input_desc.weights_desc(), s.one_packing ? packed : packed + s.forward_bytes)},
                            {DNNL_ARG_DIFF_SRC, wrap(s.input_desc.diff_src_desc(), s.wide.target(grad_input, s.room_of_input(scratch)))},
                            {DNNL_ARG_SCRATCHPAD, wrap(s.input_desc.scratchpad_desc(), scratch)}});
  s.wide.write(s.room_of_input(scratch), grad_input, s.inputs);
}

void PrimitiveProduct::backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias,
                                       std::byte* scratch) const {
  const State& s = s_;
  std::byte* gradient = s.gradient_is_plain ? reinterpret_cast<std::byte*>(grad_weight) : scratch;
  std::unordered_map<int, dnnl::memory> args{
      {DNNL_ARG_SRC, wrap(s.input, s.wide.read(input, s.inputs, s.room_of_input(scratch)))},
      {DNNL_ARG_DIFF_DST, wrap(s.output, s.wide.read(grad_output, s.outputs, s.room_of_output(scratch)))},
      {DNNL_ARG_DIFF_WEIGHTS, wrap(s.weight_desc.diff_weights_desc(), gradient)},
      {DNNL_ARG_SCRATCHPAD, wrap(s.weight_desc.scratchpad_desc(), scratch + s.gradient_bytes)}};
  if (s.has_bias) args.emplace(DNNL_ARG_DIFF_BIAS, wrap(s.bias, grad_bias));
  s.weight.execute(stream(), args);
  if (s.gradient_is_plain) return;
  if (s.gradient_tiles.usable()) return s.gradient_tiles.unpack(gradient, s.rows, grad_weight);
  auto from = wrap(s.weight_desc.diff_weights_desc(), gradient), to = wrap(s.plain, grad_weight);
  s.unpack_gradient.execute(stream(), from, to);
}

}  // namespace

std::unique_ptr<InnerProduct> make_inner_product(const InnerProductShape& shape, Precision precision, bool has_bias,
                                                 bool wants_grad_input) {
  // Where oneDNN has no kernel of its own (below AVX-512 in version 2), its primitive calls the general matrix product on plain rows,
  // which falls to half the speed when rows are a power of two apart. The same product on padded rows does not.
  const Type type = Widening(precision).type(precision);
  const std::string made_of = forward_of(shape, type, has_bias).impl_info_str();
  const bool general = made_of.find("gemm") != std::string::npos && made_of.find("brgemm") == std::string::npos;
  if (general && type == Type::f32) return make_matrix_product(shape, precision, has_bias);
  return std::make_unique<PrimitiveProduct>(shape, precision, has_bias, wants_grad_input);
}

}  // namespace reprise::kernels
