// The product of two small matrices, wherever they lie.

#pragma once

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "loops.h"
#include "vectors.h"

namespace tidefall {
namespace {

constexpr int64_t kTile = 2 * kLanes;
constexpr int kMostRows = kRegisters / 4;
static_assert(kTile <= kWidestTile && kMostRows <= kMostTileRows, "tiles outgrow their room");

// A result of `rows` by two vectors, over the whole inner dimension. `unit` says that a's inner
// dimension lies side by side, else its rows do: with that known, addresses are cheap.
template <int rows, bool unit>
TIDEFALL_INLINE void small_tile(const SmallProduct& g, const float* a, const float* b, int64_t b_step,
                                float* c, int64_t c_step) {
  Floats left[rows] = {}, right[rows] = {};
  const int64_t row_step = unit ? g.a_row : 1, inner_step = unit ? 1 : g.a_inner;
  for (int64_t k = 0; k < g.inner; ++k) {
    const Floats b0 = load(b), b1 = load(b + kLanes);
    for (int i = 0; i < rows; ++i) {
      const float x = a[i * row_step];
      left[i] += x * b0;
      right[i] += x * b1;
    }
    a += inner_step;
    b += b_step;
  }
  for (int i = 0; i < rows; ++i) {
    store(c + i * c_step, left[i]);
    store(c + i * c_step + kLanes, right[i]);
  }
}

template <bool unit>
TIDEFALL_INLINE void small_tiles(const SmallProduct& g, int64_t rows, const float* a, const float* b,
                                 int64_t b_step, float* c, int64_t c_step) {
  switch (rows) {
    case 8:
      return small_tile<8, unit>(g, a, b, b_step, c, c_step);
    case 4:
      return small_tile<4, unit>(g, a, b, b_step, c, c_step);
    case 2:
      return small_tile<2, unit>(g, a, b, b_step, c, c_step);
    default:
      return small_tile<1, unit>(g, a, b, b_step, c, c_step);
  }
}

// Four by four numbers of columns that each lie side by side, laid out by rows.
TIDEFALL_INLINE void transpose(const float* from, int64_t column, float* to) {
#ifdef __SSE2__
  __m128 v[4];
  for (int i = 0; i < 4; ++i) v[i] = _mm_loadu_ps(from + i * column);
  _MM_TRANSPOSE4_PS(v[0], v[1], v[2], v[3]);
  for (int i = 0; i < 4; ++i) _mm_storeu_ps(to + i * kTile, v[i]);
#else
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) to[i * kTile + j] = from[j * column + i];
#endif
}

// Some columns of b one after the other, and zeros up to two vectors.
TIDEFALL_INLINE void pack_columns(const SmallProduct& g, const float* b, int64_t columns) {
  int64_t column = 0;
  if (g.b_inner == 1)
    for (; column + 4 <= columns; column += 4) {
      const float* from = b + column * g.b_column;
      float* to = g.panel + column;
      int64_t k = 0;
      for (; k + 4 <= g.inner; k += 4) transpose(from + k, g.b_column, to + k * kTile);
      for (; k < g.inner; ++k)
        for (int i = 0; i < 4; ++i) to[k * kTile + i] = from[i * g.b_column + k];
    }
  for (int64_t k = 0; k < g.inner; ++k) {
    float* to = g.panel + k * kTile;
    for (int64_t j = column; j < columns; ++j) to[j] = b[k * g.b_inner + j * g.b_column];
    for (int64_t j = columns; j < kTile; ++j) to[j] = 0;
  }
}

void multiply_small(const SmallProduct& g) {
  float* rest = g.panel + g.inner * kTile;
  for (int64_t j = 0; j < g.columns; j += kTile) {
    const int64_t columns = g.columns - j < kTile ? g.columns - j : kTile;
    const float* b = g.b + j * g.b_column;
    int64_t b_step = g.b_inner;
    if (g.b_column != 1 || columns < kTile) {
      pack_columns(g, b, columns);
      b = g.panel;
      b_step = kTile;
    }
    for (int64_t i = 0, rows = kMostRows; i < g.rows; i += rows) {
      while (rows > g.rows - i) rows /= 2;
      const float* a = g.a + i * g.a_row;
      float* c = g.c + i * g.c_row + j;
      float* to = columns < kTile ? rest : c;
      const int64_t c_step = columns < kTile ? kTile : g.c_row;
      if (g.a_inner == 1)
        small_tiles<true>(g, rows, a, b, b_step, to, c_step);
      else
        small_tiles<false>(g, rows, a, b, b_step, to, c_step);
      if (columns < kTile)
        for (int64_t r = 0; r < rows; ++r)
          for (int64_t k = 0; k < columns; ++k) c[r * g.c_row + k] = rest[r * kTile + k];
    }
  }
}

}  // namespace
}  // namespace tidefall
