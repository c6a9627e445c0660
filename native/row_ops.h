// The operations of row_loop.cc on rows of numbers.

#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "vectors.h"

namespace tidefall {

// In the order of tidefall/native/fused_rnn.py.
enum class RowOp : int64_t {
  product, column_sums, fill, copy, spread,
  neg, abs, square, exp, logistic, tanh, sqrt, rsqrt,
  add, sub, mul, div, max, min,
  less, less_equal, greater, greater_equal, equal, not_equal, both, either, differ,
  select,
};

TIDEFALL_INLINE float from_bits(int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// x = n ln 2 + rest, with n whole and the rest at most ln 2 / 2 to either side. Adding 1.5 * 2^23 rounds to
// a whole number and leaves it in the last bits.
struct Parts {
  int32_t n;
  float rest;

  TIDEFALL_INLINE explicit Parts(float x) {
    const float shift = 12582912.f, shifted = x * 1.44269504f + shift;
    std::memcpy(&n, &shifted, sizeof(n));
    n -= 0x4b400000;
    const float whole = shifted - shift;
    rest = (x - whole * 0.693145752f) - whole * 1.42860677e-6f;
  }
};

// e^x - 1 for |x| <= ln 2 / 2: its Taylor series, to less than the rounding of a float.
TIDEFALL_INLINE float expm1_series(float x) {
  float sum = 1.f / 5040;
  sum = sum * x + 1.f / 720;
  sum = sum * x + 1.f / 120;
  sum = sum * x + 1.f / 24;
  sum = sum * x + 1.f / 6;
  sum = sum * x + 0.5f;
  return x + x * x * sum;
}

TIDEFALL_INLINE float power_of_two(int32_t n) { return from_bits((n + 127) << 23); }

// NaN fails every comparison and so stays NaN, here and below.
TIDEFALL_INLINE float exp_of(float x) {
  x = x < -104.f ? -104.f : x;
  x = x > 89.f ? 89.f : x;
  const Parts parts(x);
  const int32_t half = parts.n >> 1;  // in two steps, so that neither over- nor underflows
  return (1.f + expm1_series(parts.rest)) * power_of_two(half) * power_of_two(parts.n - half);
}

TIDEFALL_INLINE float logistic_of(float x) { return 1.f / (1.f + exp_of(-x)); }

// By e^-2|x| - 1, which keeps all digits near zero.
TIDEFALL_INLINE float tanh_of(float x) {
  float size = std::fabs(x);
  size = size > 20.f ? 20.f : size;
  const Parts parts(-2.f * size);
  const float scale = power_of_two(parts.n);
  const float e = scale * expm1_series(parts.rest) + (scale - 1.f);
  return std::copysign(-e / (2.f + e), x);
}

// Computes y[0..n); operands that an operation does not have are not read.
void row_op(RowOp op, int64_t n, float* y, const float* a, const float* b, const float* c);

}  // namespace tidefall
