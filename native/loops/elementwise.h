// Functions of elements, of ufuncs.cc; the compiler turns them into vectors by itself.

#pragma once

#include "row_ops.h"

namespace tidefall {
namespace {

// e^x - 1 for x <= 0, which keeps all digits near zero.
TIDEFALL_INLINE float expm1_below_zero(float x) {
  const Parts parts(x < -20.f ? -20.f : x);
  const float scale = power_of_two(parts.n);
  return scale * expm1_series(parts.rest) + (scale - 1.f);
}

// NaN if either is, as for NumPy's functions; written so that compilers find vectors for it.
TIDEFALL_INLINE float largest(float a, float b) {
  const float larger = a > b ? a : b;
  return a != a ? a : larger;
}
TIDEFALL_INLINE float smallest(float a, float b) {
  const float smaller = a < b ? a : b;
  return a != a ? a : smaller;
}

void apply(Function function, int64_t n, float* __restrict y, const float* a, const float* b,
           const float* c) {
#define EACH(kind, value)                         \
  case Function::kind:                            \
    for (int64_t i = 0; i < n; ++i) y[i] = value; \
    return;
  switch (function) {
    EACH(sigmoid, logistic_of(a[i]))
    EACH(relu, largest(a[i], 0.f))
    EACH(elu, a[i] < 0.f ? expm1_below_zero(a[i]) : a[i])
    EACH(clip, largest(smallest(a[i], c[i]), b[i]))
    EACH(rsqrt, 1.f / __builtin_sqrtf(a[i]))
    EACH(squared_difference, (a[i] - b[i]) * (a[i] - b[i]))
    EACH(relu_grad, b[i] > 0.f ? a[i] : 0.f)
    EACH(elu_grad, b[i] < 0.f ? (b[i] + 1.f) * a[i] : a[i])
    EACH(sqrt_grad, b[i] * 0.5f / a[i])
    EACH(rsqrt_grad, a[i] * a[i] * a[i] * (b[i] * -0.5f))
    EACH(tanh_grad, b[i] * (1.f - a[i] * a[i]))
    EACH(sigmoid_grad, b[i] * (a[i] * (1.f - a[i])))
  }
#undef EACH
}

}  // namespace
}  // namespace tidefall
