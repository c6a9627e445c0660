// Functions of elements, of ufuncs.cc; the compiler turns them into vectors by itself.

#pragma once

#include "exponential.h"
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

// That of every number: -infinity of 0, NaN below. Those too small for `logarithm` are made larger.
TIDEFALL_INLINE float log_of(float x) {
  const bool tiny = x < 1.17549435e-38f;
  const float result = logarithm(tiny ? x * 8388608.f : x) - (tiny ? 15.9423847f : 0.f);
  const float inf = __builtin_inff();
  return x > 0.f ? (x < inf ? result : x) : x == 0.f ? -inf : __builtin_nanf("");
}

// log(1 + e^x), by e^-|x|, for whose sum with 1 the digits that it loses are put back.
TIDEFALL_INLINE float softplus_of(float x) {
  const float e = exp_of(-__builtin_fabsf(x)), sum = 1.f + e, lost = e - (sum - 1.f);
  return largest(x, 0.f) + (logarithm(sum) + lost / sum);
}

// A rational approximation, x P(x^2) / Q(x^2), to a few units in the last place; beyond 3.92 it is 1.
TIDEFALL_INLINE float erf_of(float x) {
  const float limit = 3.7439211627767994f;
  float c = x > limit ? limit : x;
  c = c < -limit ? -limit : c;
  const float s = c * c;
  float p = 2.2905065861350646e-4f;
  p = p * s + 3.4082910107109506e-3f;
  p = p * s + 5.0955695062380861e-2f;
  p = p * s + 1.8520832239976145e-1f;
  p = p * s + 1.128379143519084f;
  float q = -1.1791602954361697e-7f;
  q = q * s + 2.3547966471313185e-5f;
  q = q * s + 1.0179625278914885e-3f;
  q = q * s + 1.4070470171167667e-2f;
  q = q * s + 1.1098505178285362e-1f;
  q = q * s + 4.9746925110067538e-1f;
  q = q * s + 1.f;
  const float result = c * p / q;
  return __builtin_fabsf(x) > 3.92f ? __builtin_copysignf(1.f, x) : result;
}

void is_finite(int64_t n, const float* x, uint8_t* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = __builtin_fabsf(x[i]) < __builtin_inff();
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
    EACH(exp, exp_of(a[i]))
    EACH(log, log_of(a[i]))
    EACH(tanh, tanh_of(a[i]))
    EACH(sqrt, __builtin_sqrtf(a[i]))
    EACH(sign, a[i] != a[i] ? a[i] : (a[i] > 0.f ? 1.f : 0.f) - (a[i] < 0.f ? 1.f : 0.f))
    EACH(erf, erf_of(a[i]))
    EACH(softplus, softplus_of(a[i]))
    EACH(silu, a[i] * logistic_of(a[i]))
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
