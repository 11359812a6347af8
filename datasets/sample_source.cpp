#include "datasets/sample_source.hpp"

#include <immintrin.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "datasets/augmentation.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

constexpr std::int64_t kBlock = 128;  // images preprocessed at a time; fixed, so that the bits do not depend on threads

/// Round to nearest even. count need not be a multiple of 8.
void to_half(const float* values, std::int64_t count, std::uint16_t* halves) {
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(halves + i), _mm256_cvtps_ph(_mm256_loadu_ps(values + i), _MM_FROUND_TO_NEAREST_INT));
  for (; i < count; ++i) halves[i] = _cvtss_sh(values[i], _MM_FROUND_TO_NEAREST_INT);
}

void from_half(const std::uint16_t* halves, std::int64_t count, float* values) {
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(values + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves + i))));
  for (; i < count; ++i) values[i] = _cvtsh_ss(halves[i]);
}

std::vector<std::uint16_t> preprocess_all(const ImageSet& images, const Preprocessing& preprocessing) {
  const std::int64_t size = images.image_bytes();
  std::vector<std::uint16_t> stored(static_cast<std::size_t>(images.count * size));
  std::atomic<std::int64_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&] {
    try {
      std::vector<float> block(static_cast<std::size_t>(kBlock * size));
      for (std::int64_t first = next.fetch_add(kBlock); first < images.count; first = next.fetch_add(kBlock)) {
        const std::int64_t count = std::min(kBlock, images.count - first);
        preprocessing.apply_batch(images.image(first), count, block.data());
        to_half(block.data(), count * size, stored.data() + first * size);
      }
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      failure = std::current_exception();
    }
  };
  const std::int64_t blocks = (images.count + kBlock - 1) / kBlock;
  const std::int64_t threads = std::min<std::int64_t>(blocks, std::max(1u, std::thread::hardware_concurrency()));
  {
    std::vector<std::jthread> workers;
    for (std::int64_t i = 1; i < threads; ++i) workers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
  return stored;
}

}  // namespace

struct SampleSource::State {
  std::shared_ptr<const ImageSet> images;
  std::shared_ptr<const Preprocessing> preprocessing;
  Augmentations augmentations;
  std::vector<float> outside;         // [C]: what stands beyond the border of a moved image
  std::vector<std::uint16_t> stored;  // [count, H, W, C] in half precision, if preprocessing is expensive

  State(std::shared_ptr<const ImageSet> set, std::shared_ptr<const Preprocessing> pipeline, const std::vector<std::string>& texts)
      : images(std::move(set)),
        preprocessing(std::move(pipeline)),
        augmentations(texts, images->height, images->width),
        outside(static_cast<std::size_t>(images->channels), 0.0f) {
    if (augmentations.fills_black()) {
      if (preprocessing->table() == nullptr)
        throw InputError({"augmentation 'translate(fill=black)'", "preprocessing that treats each pixel by itself (scale, standardize)",
                          "another stage", "Use fill=zeros."});
      for (std::size_t c = 0; c < outside.size(); ++c) outside[c] = preprocessing->table()[c * 256];
    }
    if (preprocessing->is_expensive()) stored = preprocess_all(*images, *preprocessing);
  }

  void fetch_plain(std::int64_t index, float* output) const {
    const std::int64_t size = images->image_bytes();
    if (stored.empty())
      preprocessing->apply(images->image(index), output);
    else
      from_half(stored.data() + index * size, size, output);
  }

  /// Bytes to float and augmentation in one go.
  void fetch_table(std::int64_t index, const AxisMaps& maps, float* output) const {
    const std::int64_t height = images->height, width = images->width, channels = images->channels;
    const std::uint8_t* image = images->image(index);
    const int* columns = maps.columns.data();
    for (std::int64_t y = 0; y < height; ++y, output += width * channels) {
      const std::int64_t row = maps.rows[static_cast<std::size_t>(y)];
      if (row == AxisMaps::kOutside) {
        for (std::int64_t x = 0; x < width; ++x) std::copy(outside.begin(), outside.end(), output + x * channels);
        continue;
      }
      for (std::int64_t c = 0; c < channels; ++c) {
        const float* table = preprocessing->table() + c * 256;
        const std::uint8_t* source = image + (c * height + row) * width;
        const float beyond = outside[static_cast<std::size_t>(c)];
        for (std::int64_t x = 0; x < width; ++x)
          output[x * channels + c] = columns[x] == AxisMaps::kOutside ? beyond : table[source[columns[x]]];
      }
    }
  }

  void fetch_moved(const float* image, const AxisMaps& maps, float* output) const {
    const std::int64_t width = images->width, channels = images->channels;
    for (const int row : maps.rows)
      for (const int column : maps.columns) {
        const bool is_outside = row == AxisMaps::kOutside || column == AxisMaps::kOutside;
        const std::int64_t source = is_outside ? 0 : (row * width + column) * channels;
        for (std::int64_t c = 0; c < channels; ++c) *output++ = is_outside ? 0.0f : image[source + c];
      }
  }
};

SampleSource::SampleSource(std::shared_ptr<const ImageSet> images, std::shared_ptr<const Preprocessing> preprocessing,
                           const std::vector<std::string>& augmentations)
    : state_(std::make_unique<State>(std::move(images), std::move(preprocessing), augmentations)) {}
SampleSource::~SampleSource() = default;

std::int64_t SampleSource::count() const {
  return state_->images->count;
}
int SampleSource::classes() const {
  return state_->images->classes;
}
SampleShape SampleSource::shape() const {
  return {state_->images->height, state_->images->width, state_->images->channels};
}
std::int32_t SampleSource::label(std::int64_t index) const {
  return state_->images->labels[static_cast<std::size_t>(index)];
}
const ImageSet& SampleSource::images() const {
  return *state_->images;
}
std::int64_t SampleSource::bytes_held() const {
  return static_cast<std::int64_t>(state_->stored.size() * sizeof(std::uint16_t));
}

void SampleSource::fetch(std::int64_t index, const FetchKey* key, float* output) const {
  if (key == nullptr || state_->augmentations.is_empty()) return state_->fetch_plain(index, output);
  thread_local AxisMaps maps;
  state_->augmentations.draw(key->seed, key->epoch, static_cast<std::uint64_t>(index), maps);
  fetch(index, maps, output);
}

void SampleSource::fetch(std::int64_t index, const AxisMaps& maps, float* output) const {
  if (state_->preprocessing->table() != nullptr) return state_->fetch_table(index, maps, output);
  thread_local std::vector<float> plain;
  plain.resize(static_cast<std::size_t>(state_->images->image_bytes()));
  state_->fetch_plain(index, plain.data());
  state_->fetch_moved(plain.data(), maps, output);
}

}  // namespace reprise::datasets
