#include "suite/kernels/onednn/integer_convolution.hpp"

#include "suite/kernels/onednn/adapter.hpp"

namespace reprise::kernels {

namespace {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

class OneDnnIntegerConvolution final : public IntegerConvolution {
 public:
  explicit OneDnnIntegerConvolution(const ConvolutionShape& s) {
    const onednn::OneThread guard;
    const bool grouped = s.groups > 1;
    const Dims weight = grouped ? Dims{s.groups, s.filters / s.groups, s.in_channels / s.groups, s.filter_height, s.filter_width}
                                : Dims{s.filters, s.in_channels, s.filter_height, s.filter_width};
    const Desc input({s.samples, s.in_channels, s.height, s.width}, onednn::Type::u8, onednn::Tag::nhwc);
    const Desc output({s.samples, s.filters, s.out_height(), s.out_width()}, onednn::Type::s32, onednn::Tag::nhwc);
    const Desc any(weight, onednn::Type::s8, onednn::Tag::any);
    const Dims stride{s.stride, s.stride}, before{s.padding, s.padding}, after{s.padding + s.more_below, s.padding + s.more_right};
    const auto kind = dnnl::prop_kind::forward_inference;
    const auto direct = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
    desc_ = {onednn::engine(), kind, direct, input, any, output, stride, before, after, onednn::attributes()};
#else
    desc_ = {{kind, direct, input, any, output, stride, before, after}, onednn::attributes(), onednn::engine()};
#endif
    forward_ = dnnl::convolution_forward(desc_);
    plain_ = Desc(weight, onednn::Type::s8, grouped ? onednn::Tag::goihw : onednn::Tag::oihw);
    pack_ = dnnl::reorder({onednn::engine(), plain_, onednn::engine(), desc_.weights_desc()});
  }

  std::size_t packed_bytes() const override {
    return aligned(desc_.weights_desc().get_size());
  }
  std::size_t scratch_bytes() const override {
    return aligned(desc_.scratchpad_desc().get_size());
  }

  void pack(const std::int8_t* weight, std::byte* packed) const override {
    pack_.execute(onednn::stream(),
                  {{DNNL_ARG_FROM, onednn::wrap(plain_, weight)}, {DNNL_ARG_TO, onednn::wrap(desc_.weights_desc(), packed)}});
    onednn::stream().wait();
  }

  void forward(const std::uint8_t* input, const std::byte* packed, std::int32_t* output, std::byte* scratch) const override {
    forward_.execute(onednn::stream(), {{DNNL_ARG_SRC, onednn::wrap(desc_.src_desc(), input)},
                                        {DNNL_ARG_WEIGHTS, onednn::wrap(desc_.weights_desc(), packed)},
                                        {DNNL_ARG_DST, onednn::wrap(desc_.dst_desc(), output)},
                                        {DNNL_ARG_SCRATCHPAD, onednn::wrap(desc_.scratchpad_desc(), scratch)}});
    onednn::stream().wait();
  }

 private:
  dnnl::convolution_forward::primitive_desc desc_;
  dnnl::convolution_forward forward_;
  dnnl::reorder pack_;
  Desc plain_;
};

}  // namespace

std::unique_ptr<IntegerConvolution> make_integer_convolution(const ConvolutionShape& shape) {
  return std::make_unique<OneDnnIntegerConvolution>(shape);
}

}  // namespace reprise::kernels
