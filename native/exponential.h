// The exponential function of vectors (vectors.h), and the ends of arrays that fill none.

#pragma once

#include "vectors.h"

namespace tidefall {

// e^x for x <= 0, to two units in the last place; 0 where it has no normal number; NaN for NaN.
// 2^n e^r with |r| <= log(2) / 2, e^r by its Taylor series, whose rest is 2^-27.
template <class P>
TIDEFALL_INLINE typename P::Floats exponential(typename P::Floats x) {
  using Floats = typename P::Floats;
  using Ints = typename P::Ints;
  const Floats magic = P::all(12582912.f);  // 1.5 * 2^23: what is added to it is rounded
  const Floats lowest = P::all(-87.3f);
  Floats shifted = x * 1.44269504f + magic;
  Floats n = shifted - magic;
  Floats r = x - n * 0.693359375f + n * 2.12194440e-4f;
  Floats p = P::all(1.f / 5040);
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

// The last elements of an array, filled up.
template <class P>
TIDEFALL_INLINE typename P::Floats load_some(const float* from, int64_t count, float fill) {
  typename P::Floats v = P::all(fill);
  for (int64_t i = 0; i < count; ++i) v[i] = from[i];
  return v;
}

template <class P>
TIDEFALL_INLINE void store_some(float* to, typename P::Floats v, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = v[i];
}

}  // namespace tidefall
