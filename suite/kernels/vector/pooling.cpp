// Maximum and average pooling. A block of 16 channels stays in registers while it walks its window.

#include "suite/kernels/vector/windows.hpp"

// clang-format off: it unfolds lambdas with attributes.
namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

LANES void store_argmax(std::uint8_t* p, I16 x, Index m) {
  if (m >= 16) return store_bytes(p, x);
  std::uint8_t copy[16];
  store_bytes(copy, x);
  for (Index i = 0; i < m; ++i) p[i] = copy[i];
}
LANES I16 load_argmax(const std::uint8_t* p, Index m) {
  if (m >= 16) return load_bytes(p);
  std::uint8_t copy[16] = {};
  for (Index i = 0; i < m; ++i) copy[i] = p[i];
  return load_bytes(copy);
}

template <class T>
void max_pool(const T* input, const WindowGeometry& g, T* output, std::uint8_t* argmax) {
  for_each_window(
      g, [&](const Cells& cells, Index at) __attribute__((always_inline)) {
        for_each_channel_block(
            g.channels, [&](Index c, Index m) __attribute__((always_inline)) {
              // The window's first cell starts as the winner, so that NaN in every cell stays NaN.
              const Index start = (cells.row_begin * g.width + cells.column_begin) * g.channels;
              F16 best = load_some(input + start + c, m);
              I16 winner =
                  set_int(static_cast<std::int32_t>((cells.row_begin - cells.top) * g.window_width + cells.column_begin - cells.left));
              for_each_cell(
                  g, cells, [&](Index cell, Index position) __attribute__((always_inline)) {
                    const F16 x = load_some(input + cell + c, m);
                    const M16 larger = x > best;
                    best = select(larger, x, best);
                    winner = select(larger, set_int(static_cast<std::int32_t>(position)), winner);
                  });
              store_exact_some(output + at + c, best, m);
              if (argmax != nullptr) store_argmax(argmax + at + c, winner, m);
            });
      });
}

/// Scatters share(position) of each window to its cells: written when windows are disjoint, else summed in float32.
template <class T, class F>
LANES void scatter(const WindowGeometry& g, T* grad_input, float* sums, F share) {
  const Index total = g.height * g.width * g.channels;
  if (g.disjoint()) {
    if (!covers_input(g)) __builtin_memset(grad_input, 0, static_cast<std::size_t>(total) * sizeof(T));
    for_each_window(
        g, [&](const Cells& cells, Index at) __attribute__((always_inline)) {
          for_each_channel_block(
              g.channels, [&](Index c, Index m) __attribute__((always_inline)) {
                const auto value = share(cells, at + c, m);
                for_each_cell(
                    g, cells, [&](Index cell, Index position) __attribute__((always_inline)) {
                      store_some(grad_input + cell + c, value(position), m);
                    });
              });
        });
    return;
  }
  __builtin_memset(sums, 0, static_cast<std::size_t>(total) * sizeof(float));
  for_each_window(
      g, [&](const Cells& cells, Index at) __attribute__((always_inline)) {
        for_each_channel_block(
            g.channels, [&](Index c, Index m) __attribute__((always_inline)) {
              const auto value = share(cells, at + c, m);
              for_each_cell(
                  g, cells, [&](Index cell, Index position) __attribute__((always_inline)) {
                    float* sum = sums + cell + c;
                    store_some(sum, load_some(sum, m) + value(position), m);
                  });
            });
      });
  if (static_cast<const void*>(sums) != static_cast<const void*>(grad_input)) map(sums, grad_input, total, [](F16 x) { return x; });
}

template <class T>
void max_pool_grad(const T* grad_output, const std::uint8_t* argmax, const WindowGeometry& g, T* grad_input, float* sums) {
  scatter(
      g, grad_input, sums, [&](const Cells&, Index at, Index m) __attribute__((always_inline)) {
        const F16 dy = load_some(grad_output + at, m);
        const I16 winner = load_argmax(argmax + at, m);
        return [=](Index position) __attribute__((always_inline)) {
          return keep_where(winner == set_int(static_cast<std::int32_t>(position)), dy);
        };
      });
}

/// What a cell weighs in the mean of its window.
LANES float share_of(const WindowGeometry& g, const Cells& cells) {
  return 1.0f / static_cast<float>(g.counts_padding ? g.window_height * g.window_width : cells.count());
}

template <class T>
void average_pool(const T* input, const WindowGeometry& g, T* output) {
  for_each_window(
      g, [&](const Cells& cells, Index at) __attribute__((always_inline)) {
        const F16 share = set(share_of(g, cells));
        for_each_channel_block(
            g.channels, [&](Index c, Index m) __attribute__((always_inline)) {
              F16 sum = set(0.0f);
              for_each_cell(
                  g, cells, [&](Index cell, Index) __attribute__((always_inline)) { sum = sum + load_some(input + cell + c, m); });
              store_some(output + at + c, sum * share, m);
            });
      });
}

template <class T>
void average_pool_grad(const T* grad_output, const WindowGeometry& g, T* grad_input, float* sums) {
  scatter(
      g, grad_input, sums, [&](const Cells& cells, Index at, Index m) __attribute__((always_inline)) {
        const F16 share = load_some(grad_output + at, m) * set(share_of(g, cells));
        return [=](Index) __attribute__((always_inline)) {
          return share;
        };
      });
}

template <class T>
void global_max(const T* input, Index rows, Index channels, T* output, std::uint16_t* argmax) {
  for_each_channel_block(
      channels, [&](Index c, Index m) __attribute__((always_inline)) {
        F16 best = load_some(input + c, m);
        I16 winner = set_int(0);
        for (Index r = 1; r < rows; ++r) {
          const F16 x = load_some(input + r * channels + c, m);
          const M16 larger = x > best;
          best = select(larger, x, best);
          winner = select(larger, set_int(static_cast<std::int32_t>(r)), winner);
        }
        store_exact_some(output + c, best, m);
        if (argmax == nullptr) return;
        std::uint16_t copy[16];
        store_halves(copy, winner);
        for (Index i = 0; i < m; ++i) argmax[c + i] = copy[i];
      });
}

template <class T>
void global_max_grad(const T* grad_output, const std::uint16_t* argmax, Index rows, Index channels, T* grad_input) {
  __builtin_memset(grad_input, 0, static_cast<std::size_t>(rows * channels) * sizeof(T));
  for (Index c = 0; c < channels; ++c) grad_input[argmax[c] * channels + c] = grad_output[c];
}

template <class T>
void fill(StorageKernels<T>& kernels) {
  kernels.max_pool = max_pool<T>;
  kernels.max_pool_grad = max_pool_grad<T>;
  kernels.average_pool = average_pool<T>;
  kernels.average_pool_grad = average_pool_grad<T>;
  kernels.global_max = global_max<T>;
  kernels.global_max_grad = global_max_grad<T>;
}

}  // namespace

void fill_pooling(VectorKernels& table) {
  fill(table.f32);
  fill(table.b16);
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
