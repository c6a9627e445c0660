// The operations of row_loop.cc on rows of numbers; the compiler turns them into vectors by itself.

#pragma once

#include "loops.h"
#include "vectors.h"

namespace tidefall {
namespace {

TIDEFALL_INLINE float from_bits(int32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

// x = n ln 2 + rest, with n whole and the rest at most ln 2 / 2 to either side. Adding 1.5 * 2^23 rounds to
// a whole number and leaves it in the last bits.
struct Parts {
  int32_t n;
  float rest;

  TIDEFALL_INLINE explicit Parts(float x) {
    const float shift = 12582912.f, shifted = x * 1.44269504f + shift;
    __builtin_memcpy(&n, &shifted, sizeof(n));
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
  float size = __builtin_fabsf(x);
  size = size > 20.f ? 20.f : size;
  const Parts parts(-2.f * size);
  const float scale = power_of_two(parts.n);
  const float e = scale * expm1_series(parts.rest) + (scale - 1.f);
  return __builtin_copysignf(-e / (2.f + e), x);
}

void row_op(RowOp op, int64_t n, float* __restrict y, const float* a, const float* b,
            const float* c) {
#define EACH(kind, value)                         \
  case RowOp::kind:                               \
    for (int64_t i = 0; i < n; ++i) y[i] = value; \
    return;
#define TEST(kind, condition) EACH(kind, (condition) ? 1.f : 0.f)
  switch (op) {
    EACH(copy, a[i])
    EACH(spread, a[0])
    EACH(neg, -a[i])
    EACH(abs, __builtin_fabsf(a[i]))
    EACH(square, a[i] * a[i])
    EACH(exp, exp_of(a[i]))
    EACH(logistic, logistic_of(a[i]))
    EACH(tanh, tanh_of(a[i]))
    EACH(sqrt, __builtin_sqrtf(a[i]))
    EACH(rsqrt, 1.f / __builtin_sqrtf(a[i]))
    EACH(add, a[i] + b[i])
    EACH(sub, a[i] - b[i])
    EACH(mul, a[i] * b[i])
    EACH(div, a[i] / b[i])
    EACH(max, a[i] > b[i] || a[i] != a[i] ? a[i] : b[i])
    EACH(min, a[i] < b[i] || a[i] != a[i] ? a[i] : b[i])
    TEST(less, a[i] < b[i])
    TEST(less_equal, a[i] <= b[i])
    TEST(greater, a[i] > b[i])
    TEST(greater_equal, a[i] >= b[i])
    TEST(equal, a[i] == b[i])
    TEST(not_equal, a[i] != b[i])
    TEST(both, a[i] != 0 && b[i] != 0)
    TEST(either, a[i] != 0 || b[i] != 0)
    TEST(differ, (a[i] != 0) != (b[i] != 0))
    EACH(select, a[i] != 0 ? c[i] : b[i])
    EACH(column_sums, y[i] + a[i])
    default:  // the others are the program's own
      return;
  }
#undef TEST
#undef EACH
}

}  // namespace
}  // namespace tidefall
