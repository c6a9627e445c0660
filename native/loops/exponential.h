// The exponential function of vectors.

#pragma once

#include "vectors.h"

namespace tidefall {
namespace {

// e^x for x <= 0, to two units in the last place; 0 where it has no normal number; NaN for NaN.
// 2^n e^r with |r| <= log(2) / 2, e^r by its Taylor series, whose rest is 2^-27.
TIDEFALL_INLINE Floats exponential(Floats x) {
  const Floats magic = all(12582912.f);  // 1.5 * 2^23: what is added to it is rounded
  const Floats lowest = all(-87.3f);
  Floats shifted = x * 1.44269504f + magic;
  Floats n = shifted - magic;
  Floats r = x - n * 0.693359375f + n * 2.12194440e-4f;
  Floats p = all(1.f / 5040);
  p = p * r + 1.f / 720;
  p = p * r + 1.f / 120;
  p = p * r + 1.f / 24;
  p = p * r + 1.f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.f;
  p = p * r + 1.f;
  Ints power = ((Ints)shifted - (Ints)magic + 127) << 23;
  Floats result = p * (Floats)power;
  return x < lowest ? Floats{} : result;
}

// log(x) of a normal number or NaN: n log(2) + log(m) with m from sqrt(1/2) to sqrt(2), and log(m) by its
// series in (m - 1) / (m + 1). It is written out as these loops are not linked to a C library.
TIDEFALL_INLINE float logarithm(float x) {
  int32_t bits, power;
  __builtin_memcpy(&bits, &x, sizeof(bits));
  power = ((bits - 0x3f3504f3) >> 23) << 23;
  bits -= power;
  float m;
  __builtin_memcpy(&m, &bits, sizeof(m));
  const float n = static_cast<float>(power >> 23), t = (m - 1.f) / (m + 1.f), square = t * t;
  const float series = square * (1.f / 3 + square * (1.f / 5 + square * (1.f / 7 + square / 9)));
  const float result = n * 0.693359375f + (2.f * t * series + (2.f * t - n * 2.12194440e-4f));
  return x != x ? x : result;
}

}  // namespace
}  // namespace tidefall
