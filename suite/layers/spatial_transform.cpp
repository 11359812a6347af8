#include "suite/layers/spatial_transform.hpp"

#include <fmt/format.h>

#include <string>
#include <type_traits>
#include <utility>

#include "suite/errors.hpp"
#include "suite/layers/bilinear_sampler.hpp"
#include "suite/layers/float_buffers.hpp"
#include "suite/layers/sampled_places.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedSpatialTransform : public PreparedLayer {
 public:
  PreparedSpatialTransform(const SpatialTransform::Options& options, const SampleShape& image, const SampleShape& output, int samples)
      : places_(options.transform, image, output, options.scale),
        sampler_({image.height, image.width, image.channels, output.positions()}),
        image_(image),
        output_(output),
        numbers_(numbers_of(options.transform)),
        samples_(samples) {}

  /// Taps; rows and columns of places; an image, an output and the numbers, which 16-bit storage is read into.
  std::size_t scratch_bytes() const override {
    return sampler_.scratch_bytes() +
           static_cast<std::size_t>(2 * output_.positions() + 2 * image_.size() + output_.size() + 2 * numbers_) * sizeof(float);
  }

  void forward(const ForwardArgs& args) const override {
    const Room room = room_of(args.scratch);
    for (int n = 0; n < samples_; ++n) {
      locate(read<T>(typed<T>(args.inputs[1]) + n * numbers_, numbers_, room.numbers), room);
      const float* image = read<T>(typed<T>(args.inputs[0]) + n * image_.size(), image_.size(), room.image);
      T* output = typed<T>(args.output) + n * output_.size();
      float* values = buffer_for(output, room.output);
      sampler_.sample(image, room.taps, values);
      write<T>(values, output_.size(), output);
    }
  }

  void backward(const BackwardArgs& args) const override {
    const Room room = room_of(args.scratch);
    for (int n = 0; n < samples_; ++n) {
      const float* numbers = read<T>(typed<T>(args.inputs[1]) + n * numbers_, numbers_, room.numbers);
      locate(numbers, room);
      const float* gradient = read<T>(typed<T>(args.grad_output) + n * output_.size(), output_.size(), room.output);
      if (args.grad_inputs[1] != nullptr) {
        const float* image = read<T>(typed<T>(args.inputs[0]) + n * image_.size(), image_.size(), room.image);
        sampler_.place_gradient(image, room.taps, gradient, room.rows, room.columns);
        places_.gradient(numbers, room.rows, room.columns, room.grad_numbers);
        write<T>(room.grad_numbers, numbers_, typed<T>(args.grad_inputs[1]) + n * numbers_);
      }
      if (args.grad_inputs[0] != nullptr) {
        T* grad_image = typed<T>(args.grad_inputs[0]) + n * image_.size();
        float* sums = buffer_for(grad_image, room.grad_image);
        sampler_.image_gradient(room.taps, gradient, sums);
        write<T>(sums, image_.size(), grad_image);
      }
    }
  }

 private:
  struct Room {
    std::byte* taps;
    float *rows, *columns, *image, *grad_image, *output, *numbers, *grad_numbers;
  };

  Room room_of(std::byte* scratch) const {
    float* next = floats(scratch + sampler_.scratch_bytes());
    const auto take = [&](std::int64_t count) { return std::exchange(next, next + count); };
    Room room{};
    room.taps = scratch;
    room.rows = take(output_.positions()), room.columns = take(output_.positions());
    room.image = take(image_.size()), room.grad_image = take(image_.size()), room.output = take(output_.size());
    room.numbers = take(numbers_), room.grad_numbers = take(numbers_);
    return room;
  }

  /// The data itself if it is float32.
  static float* buffer_for(T* data, float* buffer) {
    if constexpr (std::is_same_v<T, float>) return data;
    return buffer;
  }

  void locate(const float* numbers, const Room& room) const {
    places_.locate(numbers, room.rows, room.columns);
    sampler_.locate(room.rows, room.columns, room.taps);
  }

  SampledPlaces places_;
  BilinearSampler sampler_;
  SampleShape image_, output_;
  std::int64_t numbers_;
  int samples_;
};

}  // namespace

SpatialTransform::SpatialTransform(Options options) : options_(options) {
  if (options_.out_height < 0 || options_.out_width < 0)
    throw InputError(Complaint{"spatial_transform output", "at least 1 x 1, or 0 for the input's size",
                               fmt::format("{} x {}", options_.out_height, options_.out_width), "Choose a size"});
  if (!(options_.scale > 0))
    throw InputError(Complaint{"spatial_transform scale", "a positive number", fmt::format("{}", options_.scale), "1 keeps the size"});
}

SampleShape SpatialTransform::output_shape(std::span<const SampleShape> inputs) const {
  if (inputs.size() != 2)
    throw ShapeError(Complaint{"spatial_transform", "two inputs, images and numbers", std::to_string(inputs.size()), "Name both"});
  const std::int64_t numbers = numbers_of(options_.transform);
  if (inputs[1].size() != numbers)
    throw ShapeError(Complaint{"spatial_transform", fmt::format("{} numbers of the {} transform", numbers, name_of(options_.transform)),
                               inputs[1].text(), "Let the branch that localises end in a dense layer of that size"});
  return {options_.out_height > 0 ? options_.out_height : inputs[0].height, options_.out_width > 0 ? options_.out_width : inputs[0].width,
          inputs[0].channels};
}

/// Four pixels a value; on the way back both derivatives of the place; then the places' own sums.
Cost SpatialTransform::cost(std::span<const SampleShape> inputs) const {
  const SampleShape output = output_shape(inputs);
  const std::int64_t places = output.positions() * numbers_of(options_.transform);
  return {4 * output.size() + places, 4 * output.size() + 8 * output.size() + places, 0};
}

std::vector<Fact> SpatialTransform::facts() const {
  std::vector<Fact> facts{{"transform", std::string(name_of(options_.transform)), fmt::format(" {}", name_of(options_.transform))}};
  if (options_.transform == Transform::translation) facts.push_back({"scale", options_.scale, fmt::format(", scale {}", options_.scale)});
  if (options_.out_height > 0 || options_.out_width > 0) {
    facts.push_back({"out_height", options_.out_height, fmt::format(", to {}", options_.out_height)});
    facts.push_back({"out_width", options_.out_width, fmt::format("x{}", options_.out_width)});
  }
  return facts;
}

std::unique_ptr<PreparedLayer> SpatialTransform::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedSpatialTransform>(options.precision, options_, inputs[0], output_shape(inputs), options.samples);
}

}  // namespace reprise::layers
