// Products of many small matrices that may lie anywhere in their arrays, as in attention: heads side
// by side in a row are read and written where they are, where XLA makes a transposed copy of each
// operand and result.
//
// Settings: the count of batch dimensions; for each of them its size and the steps from one matrix
// to the next in a, b and the result; then rows, columns and inner size of the product, the steps of
// a along rows and inner, of b along inner and columns, of the result along rows. Steps are counted
// in elements. Results have their columns side by side; a has its rows or the inner dimension so.

#include <xmmintrin.h>

#include <algorithm>

#include "onednn.h"
#include "vectors.h"

namespace tidefall {
namespace {

struct Product {
  int64_t rows, columns, inner, a_row, a_inner, b_inner, b_column, c_row;
  const float *a, *b;
  float *c, *panel;  // room for `inner` times two vectors, and for a result of one tile
};

// A result of `rows` by two vectors, over the whole inner dimension. `unit` says that a's inner
// dimension lies side by side, else its rows do: with that known, addresses are cheap.
template <class P, int rows, bool unit>
TIDEFALL_INLINE void tile(const Product& g, const float* a, const float* b, int64_t b_step,
                          float* c, int64_t c_step) {
  typename P::Floats left[rows] = {}, right[rows] = {};
  const int64_t row_step = unit ? g.a_row : 1, inner_step = unit ? 1 : g.a_inner;
  for (int64_t k = 0; k < g.inner; ++k) {
    auto b0 = P::load(b), b1 = P::load(b + P::kLanes);
    for (int i = 0; i < rows; ++i) {
      const float x = a[i * row_step];
      left[i] += x * b0;
      right[i] += x * b1;
    }
    a += inner_step;
    b += b_step;
  }
  for (int i = 0; i < rows; ++i) {
    P::store(c + i * c_step, left[i]);
    P::store(c + i * c_step + P::kLanes, right[i]);
  }
}

template <class P, bool unit>
TIDEFALL_INLINE void tiles(const Product& g, int64_t rows, const float* a, const float* b,
                           int64_t b_step, float* c, int64_t c_step) {
  switch (rows) {
    case 8:
      return tile<P, 8, unit>(g, a, b, b_step, c, c_step);
    case 4:
      return tile<P, 4, unit>(g, a, b, b_step, c, c_step);
    case 2:
      return tile<P, 2, unit>(g, a, b, b_step, c, c_step);
    default:
      return tile<P, 1, unit>(g, a, b, b_step, c, c_step);
  }
}

// Some columns of b one after the other, and zeros up to two vectors.
template <class P>
TIDEFALL_INLINE void pack(const Product& g, const float* b, int64_t columns) {
  constexpr int64_t kWidth = 2 * P::kLanes;
  int64_t column = 0;
  if (g.b_inner == 1)
    for (; column + 4 <= columns; column += 4) {
      const float* from = b + column * g.b_column;
      float* to = g.panel + column;
      int64_t k = 0;
      for (; k + 4 <= g.inner; k += 4) {
        __m128 v[4];
        for (int i = 0; i < 4; ++i) v[i] = _mm_loadu_ps(from + i * g.b_column + k);
        _MM_TRANSPOSE4_PS(v[0], v[1], v[2], v[3]);
        for (int i = 0; i < 4; ++i) _mm_storeu_ps(to + (k + i) * kWidth, v[i]);
      }
      for (; k < g.inner; ++k)
        for (int i = 0; i < 4; ++i) to[k * kWidth + i] = from[i * g.b_column + k];
    }
  for (int64_t k = 0; k < g.inner; ++k) {
    float* to = g.panel + k * kWidth;
    for (int64_t j = column; j < columns; ++j) to[j] = b[k * g.b_inner + j * g.b_column];
    for (int64_t j = columns; j < kWidth; ++j) to[j] = 0;
  }
}

template <class P>
TIDEFALL_INLINE void multiply(const Product& g) {
  constexpr int64_t kWidth = 2 * P::kLanes;
  float* rest = g.panel + g.inner * kWidth;
  for (int64_t j = 0; j < g.columns; j += kWidth) {
    const int64_t columns = std::min(kWidth, g.columns - j);
    const float* b = g.b + j * g.b_column;
    int64_t b_step = g.b_inner;
    if (g.b_column != 1 || columns < kWidth) {
      pack<P>(g, b, columns);
      b = g.panel;
      b_step = kWidth;
    }
    for (int64_t i = 0, rows = P::kRows; i < g.rows; i += rows) {
      while (rows > g.rows - i) rows /= 2;
      const float* a = g.a + i * g.a_row;
      float* c = g.c + i * g.c_row + j;
      float* to = columns < kWidth ? rest : c;
      const int64_t c_step = columns < kWidth ? kWidth : g.c_row;
      if (g.a_inner == 1)
        tiles<P, true>(g, rows, a, b, b_step, to, c_step);
      else
        tiles<P, false>(g, rows, a, b, b_step, to, c_step);
      if (columns < kWidth)
        for (int64_t r = 0; r < rows; ++r)
          std::copy_n(rest + r * kWidth, columns, c + r * g.c_row);
    }
  }
}

TIDEFALL_FOR_PROCESSORS(multiply_for, multiply, Product)

struct Dimension {
  int64_t size, a, b, c;
};

}  // namespace

static void batched_product(const Call& call) {
  call.expect(2, 1);
  Settings settings(call);
  std::vector<Dimension> batch;
  int64_t count = 1;
  for (int64_t left = settings.next(); left; --left) {
    auto v = settings.next(4);
    batch.push_back({v[0], v[1], v[2], v[3]});
    count *= v[0];
  }
  auto v = settings.next(8);
  const Product whole{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7],
                      call.inputs[0].floats(), call.inputs[1].floats(),
                      call.outputs[0].floats(), nullptr};
  if (whole.a_inner != 1 && whole.a_row != 1)
    throw std::invalid_argument("neither rows nor inner dimension of a lie side by side");
  constexpr int64_t kWidest = 2 * Avx512::kLanes;
  const int64_t parts = std::min(count, 4 * call.threads.count());
  call.threads.run(parts, [&](int64_t part) {
    Product g = whole;
    g.panel = static_cast<float*>(
        scratch(0, sizeof(float) * kWidest * (g.inner + Avx512::kRows)));
    for (int64_t at = count * part / parts; at < count * (part + 1) / parts; ++at) {
      int64_t rest = at, a = 0, b = 0, c = 0;
      for (auto d = batch.rbegin(); d != batch.rend(); ++d) {
        const int64_t i = rest % d->size;
        rest /= d->size;
        a += i * d->a;
        b += i * d->b;
        c += i * d->c;
      }
      g.a = whole.a + a;
      g.b = whole.b + b;
      g.c = whole.c + c;
      multiply_for(g);
    }
  });
}

TIDEFALL_KERNEL(batched_product)

}  // namespace tidefall
