// Minimal filtering in two dimensions (Winograd 1980; Lavin & Gray 2016, arXiv 1509.09308): tiles of 6 x 6 values are transformed,
// multiplied channel by channel, and transformed back. F(4 x 4, 3 x 3) takes 36 products where a plain convolution takes 144,
// F(2 x 2, 5 x 5) 36 where it takes 100; F(4 x 4, 2 x 2), on tiles of 5 x 5, takes 25 where it takes 64.
//
// Tiles of 6 go through the points 0, +-a, +-b and infinity, those of 5 leave out the 0; a = 5/8 and b = 3/2 keep the error of float32
// smaller than the usual +-1, +-2. With m outputs and r taps in one dimension, d data, g taps, y gradients of the outputs, p the points:
//   outputs = A' [(G g) * (B' d)],  A'[i][p] = p^i,  G[p][k] = p^k / prod_{q != p} (p - q),  B'[p] = coefficients of prod_{q != p} (x - q);
//   infinity adds the last output, the last tap and prod (x - q).
// Gradients are the adjoints: of the taps G' [(B' d) * (A y)], of the data B [(G g) * (A y)], which adds up where tiles overlap.
//
// A filter of stride 2 is four filters of stride 1 and half the size, one for each phase of the rows and columns; their products add up.

#include "suite/kernels/vector/winograd_tiles.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

constexpr float a = 0.625F, b = 1.5F, a2 = a * a, b2 = b * b, a3 = a2 * a, b3 = b2 * b;

/// Tiles that filters of kTaps go with.
template <int kTaps>
constexpr int kSideOf = kTaps == 2 ? 5 : 6;

// clang-format off: one line an operation reads best.
// Vectors of points: [0 of a tile of 6,] a, -a, b, -b, infinity. kFirst is the place of a.
template <int kSide>
constexpr int kFirst = kSide - 5;

/// B' d of kSide values.
template <int kSide>
LANES void transform_data(const F16* d, F16* v) {
  constexpr int last = kSide - 1;
  if constexpr (kSide == 6) v[0] = fma(set(a2 * b2), d[0], fnma(set(a2 + b2), d[2], d[4]));
  v[last] = fma(set(a2 * b2), d[last - 4], fnma(set(a2 + b2), d[last - 2], d[last]));
  d += kFirst<kSide>, v += kFirst<kSide>;
  const F16 even_a = fnma(set(b2), d[1], d[3]), odd_a = fnma(set(b2), d[0], d[2]);
  const F16 even_b = fnma(set(a2), d[1], d[3]), odd_b = fnma(set(a2), d[0], d[2]);
  v[0] = fma(set(a), odd_a, even_a);
  v[1] = fnma(set(a), odd_a, even_a);
  v[2] = fma(set(b), odd_b, even_b);
  v[3] = fnma(set(b), odd_b, even_b);
}
/// Sums and differences of what the points of a pair hold.
struct Pairs {
  F16 sum_a, less_a, sum_b, less_b;
};
template <int kSide>
LANES Pairs pairs_of(const F16* points) {
  const F16* m = points + kFirst<kSide>;
  return {m[0] + m[1], m[0] - m[1], m[2] + m[3], m[2] - m[3]};
}
/// B v: the adjoint of transform_data.
template <int kSide>
LANES void spread_data(const F16* v, F16* d) {
  const Pairs m = pairs_of<kSide>(v);
  const F16 infinity = v[kSide - 1];
  if constexpr (kSide == 6) *d++ = set(a2 * b2) * v[0];
  d[0] = fma(set(a2 * b2), infinity, fnma(set(a * b2), m.less_a, set(-b * a2) * m.less_b));
  d[1] = fnma(set(b2), m.sum_a, kSide == 6 ? fnma(set(a2), m.sum_b, set(-a2 - b2) * v[0]) : set(-a2) * m.sum_b);
  d[2] = fma(set(a), m.less_a, fma(set(b), m.less_b, set(-a2 - b2) * infinity));
  d[3] = kSide == 6 ? v[0] + (m.sum_a + m.sum_b) : m.sum_a + m.sum_b;
  d[4] = infinity;
}
/// A' m of kSide products: kOut outputs.
template <int kSide, int kOut>
LANES void transform_back(const F16* v, F16* y) {
  const Pairs m = pairs_of<kSide>(v);
  const F16 infinity = v[kSide - 1];
  y[0] = kSide == 6 ? v[0] + (m.sum_a + m.sum_b) : m.sum_a + m.sum_b;
  if constexpr (kOut == 2) {
    y[1] = fma(set(a), m.less_a, fma(set(b), m.less_b, infinity));
  } else {
    y[1] = fma(set(a), m.less_a, set(b) * m.less_b);
    y[2] = fma(set(a2), m.sum_a, set(b2) * m.sum_b);
    y[3] = fma(set(a3), m.less_a, fma(set(b3), m.less_b, infinity));
  }
}
/// A y of kOut gradients.
template <int kSide, int kOut>
LANES void transform_gradient(const F16* y, F16* m) {
  F16 even_a = y[0], even_b = y[0], odd_a = set(a) * y[1], odd_b = set(b) * y[1];
  if constexpr (kOut == 4) {
    even_a = fma(set(a2), y[2], even_a), even_b = fma(set(b2), y[2], even_b);
    odd_a = fma(set(a3), y[3], odd_a), odd_b = fma(set(b3), y[3], odd_b);
  }
  if constexpr (kSide == 6) *m++ = y[0];
  m[0] = even_a + odd_a, m[1] = even_a - odd_a;
  m[2] = even_b + odd_b, m[3] = even_b - odd_b;
  m[4] = y[kOut - 1];
}

constexpr float kZero = 1 / (a2 * b2), kA = 1 / (2 * a2 * (a2 - b2)), kB = 1 / (2 * b2 * (b2 - a2));  // 1 / prod (p - q), tiles of 6
constexpr float kA5 = 1 / (2 * a * (a2 - b2)), kB5 = 1 / (2 * b * (b2 - a2));                         // and of 5; its sign is that of p
/// G g of kTaps taps.
template <int kTaps>
LANES void transform_taps(const F16* g, F16* u) {
  if constexpr (kTaps == 2) {
    u[0] = set(kA5) * fma(set(a), g[1], g[0]), u[1] = set(kA5) * fma(set(a), g[1], set(-1.0F) * g[0]);
    u[2] = set(kB5) * fma(set(b), g[1], g[0]), u[3] = set(kB5) * fma(set(b), g[1], set(-1.0F) * g[0]);
    u[4] = g[1];
    return;
  }
  F16 even_a = fma(set(a2), g[2], g[0]), even_b = fma(set(b2), g[2], g[0]), odd_a = g[1], odd_b = g[1];
  if constexpr (kTaps == 5) {
    even_a = fma(set(a2 * a2), g[4], even_a), even_b = fma(set(b2 * b2), g[4], even_b);
    odd_a = fma(set(a2), g[3], odd_a), odd_b = fma(set(b2), g[3], odd_b);
  }
  u[0] = set(kZero) * g[0];
  u[1] = set(kA) * fma(set(a), odd_a, even_a), u[2] = set(kA) * fnma(set(a), odd_a, even_a);
  u[3] = set(kB) * fma(set(b), odd_b, even_b), u[4] = set(kB) * fnma(set(b), odd_b, even_b);
  u[5] = g[kTaps - 1];
}
/// G' u: the gradient of kTaps taps.
template <int kTaps>
LANES void gather_taps(const F16* u, F16* g) {
  if constexpr (kTaps == 2) {
    const Pairs m = pairs_of<5>(u);
    g[0] = fma(set(kA5), m.less_a, set(kB5) * m.less_b);
    g[1] = fma(set(kA5 * a), m.sum_a, fma(set(kB5 * b), m.sum_b, u[4]));
    return;
  }
  const Pairs m = pairs_of<6>(u);
  const F16 sum_a = set(kA) * m.sum_a, less_a = set(kA * a) * m.less_a, sum_b = set(kB) * m.sum_b, less_b = set(kB * b) * m.less_b;
  g[0] = fma(set(kZero), u[0], sum_a + sum_b);
  g[1] = less_a + less_b;
  g[2] = fma(set(a2), sum_a, set(b2) * sum_b);
  if constexpr (kTaps == 3) {
    g[2] = g[2] + u[5];
  } else {
    g[3] = fma(set(a2), less_a, set(b2) * less_b);
    g[4] = fma(set(a2 * a2), sum_a, fma(set(b2 * b2), sum_b, u[5]));
  }
}
// clang-format on

template <int kSize, int kSide, class T, class F>
LANES void transform_tiles(const T* data, const TilePlane& plane, const TileRange& range, float* transformed, F transform) {
  for (Index t = 0; t < range.tiles; ++t)
    for (Index phase = 0; phase < plane.stride * plane.stride; ++phase) {
      const T* position[kSize * kSize];
      find_positions<kSize>(plane, range.first + t, phase, data, position);
      float* to = transformed + t * range.row + phase * plane.channels;
      for (Index c = 0; c < plane.channels; c += 16) {
        const Index lanes = plane.channels - c;
        F16 values[kSize * kSize], points[kSide * kSide];
        for (int i = 0; i < kSize * kSize; ++i) values[i] = position[i] == nullptr ? set(0.0F) : load_some(position[i] + c, lanes);
        in_two_dimensions<kSize, kSide>(values, points, transform);
        for (int p = 0; p < kSide * kSide; ++p) store(to + p * range.point + c, points[p]);
      }
    }
}

template <class T>
void data_tiles(const T* data, const TilePlane& plane, const TileRange& range, float* transformed) {
  if (plane.side == 6)
    transform_tiles<6, 6>(data, plane, range, transformed, [](const F16* d, F16* v) { transform_data<6>(d, v); });
  else
    transform_tiles<5, 5>(data, plane, range, transformed, [](const F16* d, F16* v) { transform_data<5>(d, v); });
}

template <class T>
void gradient_tiles(const T* gradient, const TilePlane& plane, const TileRange& range, float* transformed) {
  if (plane.side == 5)
    transform_tiles<4, 5>(gradient, plane, range, transformed, [](const F16* y, F16* m) { transform_gradient<5, 4>(y, m); });
  else if (plane.step == 4)
    transform_tiles<4, 6>(gradient, plane, range, transformed, [](const F16* y, F16* m) { transform_gradient<6, 4>(y, m); });
  else
    transform_tiles<2, 6>(gradient, plane, range, transformed, [](const F16* y, F16* m) { transform_gradient<6, 2>(y, m); });
}

template <int kSide, int kOut, class T>
LANES void put_outputs(const float* products, const TilePlane& plane, const TileRange& range, const float* bias, T* output) {
  for (Index t = 0; t < range.tiles; ++t) {
    T* position[kOut * kOut];
    find_positions<kOut>(plane, range.first + t, 0, output, position);
    for (Index c = 0; c < plane.channels; c += 16) {
      const Index lanes = plane.channels - c;
      F16 points[kSide * kSide], values[kOut * kOut];
      for (int p = 0; p < kSide * kSide; ++p) points[p] = load(products + p * range.point + t * range.row + c);
      in_two_dimensions<kSide, kOut>(points, values, [](const F16* m, F16* y) { transform_back<kSide, kOut>(m, y); });
      const F16 shift = bias == nullptr ? set(0.0F) : load_some(bias + c, lanes);
      for (int i = 0; i < kOut * kOut; ++i)
        if (position[i] != nullptr) store_some(position[i] + c, values[i] + shift, lanes);
    }
  }
}

template <class T>
void output_tiles(const float* products, const TilePlane& plane, const TileRange& range, const float* bias, T* output) {
  if (plane.side == 5)
    put_outputs<5, 4>(products, plane, range, bias, output);
  else if (plane.step == 4)
    put_outputs<6, 4>(products, plane, range, bias, output);
  else
    put_outputs<6, 2>(products, plane, range, bias, output);
}

template <int kSide>
LANES void add_tiles(const float* products, const TilePlane& plane, const TileRange& range, float* grad_data) {
  constexpr int kPoints = kSide * kSide;
  for (Index t = 0; t < range.tiles; ++t)
    for (Index phase = 0; phase < plane.stride * plane.stride; ++phase) {
      float* position[kPoints];
      find_positions<kSide>(plane, range.first + t, phase, grad_data, position);
      const float* from = products + t * range.row + phase * plane.channels;
      for (Index c = 0; c < plane.channels; c += 16) {
        const Index lanes = plane.channels - c;
        F16 points[kPoints], values[kPoints];
        for (int p = 0; p < kPoints; ++p) points[p] = load(from + p * range.point + c);
        in_two_dimensions<kSide, kSide>(points, values, [](const F16* v, F16* d) { spread_data<kSide>(v, d); });
        for (int i = 0; i < kPoints; ++i)
          if (position[i] != nullptr) store_some(position[i] + c, load_some(position[i] + c, lanes) + values[i], lanes);
      }
    }
}

void add_data_tiles(const float* products, const TilePlane& plane, const TileRange& range, float* grad_data) {
  if (plane.side == 5)
    add_tiles<5>(products, plane, range, grad_data);
  else
    add_tiles<6>(products, plane, range, grad_data);
}

/// Where tap i of a phase is in the plain filter; -1 where the phase has no such tap.
template <int kTaps>
LANES void find_taps(const FilterLayout& layout, Index phase, Index* place) {
  for (int i = 0; i < kTaps * kTaps; ++i) {
    const Index row = i / kTaps * layout.stride + phase / layout.stride, column = i % kTaps * layout.stride + phase % layout.stride;
    place[i] = row < layout.size && column < layout.size ? row * layout.size + column : -1;
  }
}

/// Up to 16 filters side by side through the transform.
template <int kTaps>
LANES void transform_filters(const FilterLayout& layout, const float* weight, float* transformed) {
  constexpr int kArea = kTaps * kTaps, kSide = kSideOf<kTaps>, kPoints = kSide * kSide;
  const Index phases = layout.stride * layout.stride, outer_phases = layout.input_outside ? phases : 1,
              depth_phases = layout.input_outside ? 1 : phases;
  float* to = transformed;
  for (Index outer_phase = 0; outer_phase < outer_phases; ++outer_phase)
    for (Index panel = 0; panel < layout.outer; panel += 16)
      for (Index depth_phase = 0; depth_phase < depth_phases; ++depth_phase) {
        const Index lanes = layout.outer - panel < 16 ? layout.outer - panel : 16;
        Index place[kArea];
        find_taps<kTaps>(layout, outer_phase + depth_phase, place);
        for (Index d = 0; d < layout.depth; ++d, to += 16) {
          float side_by_side[kArea * 16] = {};
          const float* first = weight + panel * layout.outer_step + d * layout.depth_step;
          for (Index l = 0; l < lanes; ++l)
            for (int i = 0; i < kArea; ++i)
              if (place[i] >= 0) side_by_side[i * 16 + l] = first[l * layout.outer_step + place[i]];
          F16 taps[kArea], points[kPoints];
          for (int i = 0; i < kArea; ++i) {
            taps[i] = load(side_by_side + i * 16);
            if (layout.rounds) taps[i] = rounded_to_bf16(taps[i]);
          }
          in_two_dimensions<kTaps, kSide>(taps, points, [](const F16* g, F16* u) { transform_taps<kTaps>(g, u); });
          for (int p = 0; p < kPoints; ++p) store(to + p * layout.point, points[p]);
        }
      }
}

void filters(const FilterLayout& layout, const float* weight, float* transformed) {
  if (layout.taps == 2)
    transform_filters<2>(layout, weight, transformed);
  else if (layout.taps == 3)
    transform_filters<3>(layout, weight, transformed);
  else
    transform_filters<5>(layout, weight, transformed);
}

template <int kTaps>
LANES void put_filter_gradients(const float* products, const FilterLayout& layout, Index phase, Index row, float* gradient) {
  constexpr int kArea = kTaps * kTaps, kSide = kSideOf<kTaps>, kPoints = kSide * kSide;
  Index place[kArea];
  find_taps<kTaps>(layout, phase, place);
  for (Index panel = 0; panel < layout.outer; panel += 16)
    for (Index d = 0; d < layout.depth; ++d) {
      const Index lanes = layout.outer - panel < 16 ? layout.outer - panel : 16;
      F16 points[kPoints], taps[kArea];
      for (int p = 0; p < kPoints; ++p) points[p] = load(products + p * layout.point + d * row + panel);
      in_two_dimensions<kSide, kTaps>(points, taps, [](const F16* u, F16* g) { gather_taps<kTaps>(u, g); });
      float side_by_side[kArea * 16];
      for (int i = 0; i < kArea; ++i) store(side_by_side + i * 16, taps[i]);
      float* first = gradient + panel * layout.outer_step + d * layout.depth_step;
      for (Index l = 0; l < lanes; ++l)
        for (int i = 0; i < kArea; ++i)
          if (place[i] >= 0) first[l * layout.outer_step + place[i]] = side_by_side[i * 16 + l];
    }
}

void filter_gradients(const float* products, const FilterLayout& layout, Index phase, Index row, float* gradient) {
  if (layout.taps == 2)
    put_filter_gradients<2>(products, layout, phase, row, gradient);
  else if (layout.taps == 3)
    put_filter_gradients<3>(products, layout, phase, row, gradient);
  else
    put_filter_gradients<5>(products, layout, phase, row, gradient);
}

}  // namespace

void fill_winograd(VectorKernels& table) {
  table.winograd = {add_data_tiles, filters, filter_gradients};
  table.f32.tiles = {data_tiles<float>, gradient_tiles<float>, output_tiles<float>};
  table.b16.tiles = {data_tiles<bf16>, gradient_tiles<bf16>, output_tiles<bf16>};
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
